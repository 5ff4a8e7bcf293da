from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.graphs import graphs

from onggi.dockerfile import glob
from onggi.engine.build.taken import taken
from onggi.graph.op import ContextSource, Copy, Pick
from onggi.graph.vertex import Graph, Output, Vertex
from onggi.oci.config import RunConfig
from onggi.oci.platform import Platform


def of_text(text: str, name: str = "") -> tuple[str, ...]:
    graph = graphs(text)[-1]
    assert isinstance(graph, Graph), graph
    return taken(graph, name)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("FROM a\nRUN true", ()),
        ("FROM a\nCOPY --from=b /x /y\nADD https://example.com/z /", ()),
        ("FROM a\nCOPY <<E /e\ntext\nE", ()),
        ("FROM a\nCOPY . /", (".",)),
        ("FROM a\nCOPY / /", (".",)),
        ("FROM a\nCOPY b/ /", ("b",)),
        ("FROM a\nCOPY package*.json ./src/../tsconfig.json /", ("package*.json", "tsconfig.json")),
        ("FROM a\nADD c.tar b /\nCOPY b /", ("b", "c.tar")),
        ("FROM a\nARG D=dist\nCOPY $D/app /", ("dist/app",)),
        ("FROM a\nCOPY x y z /\nCOPY . /", (".",)),
        ("FROM a\nRUN --mount=type=bind,source=pom.xml,target=/p mvn", ("pom.xml",)),
        ("FROM a\nRUN --mount=type=bind,target=/p mvn", (".",)),
        ("FROM a\nRUN --mount=type=bind,source=a*b,target=/p mvn", (".",)),
        ("FROM a\nCOPY --parents x/./y/z.txt /", ("x/y/z.txt",)),
        ("FROM a\nCOPY --parents **/package.json /", (".",)),
        ("FROM a\nCOPY [ab].txt /", (".",)),
        ("FROM a AS unused\nCOPY . /\nFROM b\nCOPY only /", ("only",)),
        ("FROM a AS first\nCOPY first /f\nFROM b\nCOPY --from=first f /\nCOPY second /", ("first", "second")),
    ],
    ids=range(18),
)
def test_what_a_dockerfile_takes_of_its_context(text: str, found: tuple[str, ...]) -> None:
    assert of_text(text) == found
    assert of_text(text, "other") == ()


PARTS = st.sampled_from(["a", "b*", "?", "a?", "*", "한 글", "[ab]", "[^a]", "*b*", "\\\\a", "a.b"])
NAMES = st.sampled_from(["a", "b", "ba", "ab", "bab", "한 글", "a.b", "a-b"])


@given(
    st.lists(st.lists(PARTS, min_size=1, max_size=2), min_size=1, max_size=3), st.lists(NAMES, min_size=1, max_size=2)
)
def test_no_file_is_left_out_that_a_copy_takes(patterns: list[list[str]], path: list[str]) -> None:
    """Read as who filters files reads them: * and ? within a name."""
    op = Copy(sources=tuple(Pick(0, "/".join(parts)) for parts in patterns), destination="/")
    vertices = (Vertex(op=ContextSource(name="x")), Vertex(op=op, inputs=(0,)))
    output = Output(vertex=1, base=0, config=RunConfig(), steps=(), platform=Platform("amd64"))
    found = taken(Graph(vertices=vertices, output=output), "x")
    is_taken = any(
        len(parts) == len(path)
        and all(glob.compile_part(part).fullmatch(name) for part, name in zip(parts, path, strict=True))
        for parts in patterns
    )
    regexes = (re.escape(each).replace(r"\*", "[^/]*").replace(r"\?", "[^/]") for each in found)
    assert not is_taken or found == (".",) or any(re.fullmatch(each, "/".join(path)) for each in regexes)
