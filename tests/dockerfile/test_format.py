from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.graphs import graphs

from onggi.dockerfile import words
from onggi.dockerfile.format import format as format_dockerfile
from onggi.dockerfile.parse import parse
from onggi.dockerfile.source import DockerfileError, Source, Span
from onggi.dockerfile.syntax import Env, Label, Origin, Pair
from onggi.errors import Invalid

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path.relative_to(ROOT)
    for folder in ("tests", "examples", "scripts")
    for path in (ROOT / folder).rglob("*Dockerfile*")
    if path.is_file()
)


def said(value: Any, escape: str) -> Any:
    """What a Dockerfile says, wherever it says it: no spans, and both forms of ENV and LABEL are the same."""
    if isinstance(value, Origin):
        return value.comments
    if isinstance(value, Span | Source):
        return None
    if isinstance(value, Env | Label):
        return (value.keyword, value.origin.comments, *(expanded(pair, escape) for pair in value.pairs))
    if isinstance(value, tuple):
        return tuple(said(item, escape) for item in value)
    if isinstance(value, msgspec.Struct):
        fields = value.__struct_fields__
        return (type(value).__name__, *(said(getattr(value, name), escape) for name in fields))
    return value


def expanded(pair: Pair, escape: str) -> Any:
    try:
        values: tuple[dict[str, str], ...] = ({}, {"a": "x  y", "b": ""})
        return [words.expand(word.text, known, escape) for known in values for word in (pair.name, pair.value)]
    except Invalid as error:
        return error.message


def assert_says_the_same(text: str) -> None:
    before = parse(text)
    written = format_dockerfile(text)
    after = parse(written)
    assert said(after, after.escape) == said(before, before.escape), written
    assert format_dockerfile(written) == written


BEFORE = r"""

#Syntax = docker/dockerfile:1
 # the base
arg  V=1
from  a:$V  as Build



	run x   \··

  # why
 && y··
# next
·
from --platform=$P  b
#begins
from c
copy   --from=b --link  "a" b
COPY ["a b","c"  ]
env A=1 \
 # the second
	B=2   C="  3 \
  4"
Env D some words
label E "some" words
HEALTHCHECK  --timeout=90s cmd [ "x" ,\
"y"]
onbuild  run  x
run <<-E
	hi··
	E


# end

""".replace("·", " ")
AFTER = r"""
#Syntax = docker/dockerfile:1
# the base
ARG V=1
FROM a:$V AS Build

RUN x   \
  # why
 && y
# next

FROM --platform=$P b

#begins
FROM c
COPY --from=b --link "a" b
COPY ["a b", "c"]
ENV A=1 \
    # the second
    B=2 C="  3 \
  4"
ENV D="some words"
LABEL E "some" words
HEALTHCHECK --timeout=90s CMD ["x", \
    "y"]
ONBUILD run  x
RUN <<-E
	hi··
	E

# end
""".replace("·", " ")


def test_the_style() -> None:
    assert format_dockerfile(BEFORE) == AFTER
    assert_says_the_same(BEFORE)


@pytest.mark.parametrize(
    "before, after",
    [
        pytest.param(
            "# SYNTAX=a\n#  check = skip=all \nFROM a", "# syntax=a\n# check=skip=all\nFROM a\n", id="directives"
        ),
        pytest.param("FROM a\r\nrun b \\\r\n c\nUSER d\r\n", "FROM a\r\nRUN b \\\r\n c\r\nUSER d\r\n", id="crlf"),
        pytest.param("FROM a\nuser b\r\nUSER c\n", "FROM a\nUSER b\nUSER c\n", id="mostly-lf"),
        pytest.param("\ufefffrom a", "FROM a\n", id="byte-order-mark"),
        pytest.param("#!/bin/x  \nfrom a", "#!/bin/x\nFROM a\n", id="interpreter"),
        pytest.param("# escape=`\nFROM a\nrun b  `\n  c", "# escape=`\nFROM a\nRUN b  `\n  c\n", id="escape"),
        pytest.param("FROM a\nRUN b \\\n# c\n", "FROM a\nRUN b \\\n    # c\n", id="comment-behind"),
        pytest.param("FROM a\nRUN b \\\n\\\n\n c", "FROM a\nRUN b \\\n c\n", id="lines-that-say-nothing"),
        pytest.param("FROM a\nRUN ['b',  c]", "FROM a\nRUN ['b',  c]\n", id="no-array"),
        pytest.param(
            'FROM a\nCMD ["\\u0041\\n" , ""]\nCMD [ ]', 'FROM a\nCMD ["\\u0041\\n", ""]\nCMD []\n', id="arrays"
        ),
        pytest.param("FROM a\nENV b \\\n  c", "FROM a\nENV b \\\n  c\n", id="old-form-over-lines"),
        pytest.param("FROM a\nEXPOSE 1  2\tB\nVOLUME a  b", "FROM a\nEXPOSE 1 2 B\nVOLUME a b\n", id="words"),
        pytest.param("ARG a\nFROM b", "ARG a\nFROM b\n", id="arguments-above"),
        pytest.param("FROM a\nFROM b\n# c\nRUN d\n", "FROM a\n\nFROM b\n# c\nRUN d\n", id="stages"),
        pytest.param("FROM 한국  as 옹기\n".replace("옹기", "b"), "FROM 한국 AS b\n", id="not-ascii"),
    ],
)
def test_what_is_written_how(before: str, after: str) -> None:
    assert format_dockerfile(before) == after
    assert_says_the_same(before)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_each_dockerfile_says_and_builds_the_same_after_it(path: Path) -> None:
    text = (ROOT / path).read_bytes().decode(errors="replace")
    try:
        parse(text)
    except DockerfileError:
        with pytest.raises(DockerfileError):
            format_dockerfile(text)
    else:
        assert_says_the_same(text)
        assert graphs(format_dockerfile(text)) == graphs(text)


@pytest.mark.parametrize(
    "text",
    [
        "# escape=`\nFROM a\nRUN dir `\n C:\\\nWORKDIR C:\\",
        "FROM a\nARG b \\\n# syntax=x\n c",
        "ARG b \\\n# syntax=x\n c\nFROM a",
        "\n#!/bin/x\n# escape=`\nFROM a",
        "\\\n# escape=`\nFROM a",
        "# check=a\n\n# check=b\nFROM a",
        "FROM a\n# above\n\\\nFROM b",
        'FROM a\nCOPY <<A b <<"C" /d/\n1  \n\nA\n2\nC',
        'FROM a\nCOPY <<A b" c" /d/\n1\nA',
        'FROM a\nCOPY ["<<A", "b\\\\"]',
        'FROM a\nRUN --mount="a b" --mount=\\"c -- --d',
        "FROM a\nCMD -- --x\nCOPY -- --a b\nENV -- --a=b",
        "FROM a\nONBUILD COPY --chown=a b <<E c\n1\nE",
        'FROM a\nENV a=b\\\\ c="d\nLABEL e f\\\\\\',
        "FROM a\n##\n# \n#\nRUN b",
        "FROM a\nHEALTHCHECK --interval=1.5s --start-period=1500us --retries=2 CMD [ -f b ]",
        "FROM a\nRU\\\nN b\\\nc\\\n d",
        "FROM a\nEXPOSE a\\\v\nUSER b",
        "FROM a\nENV b ${a:-x y}\nENV c $a\nENV d\te",
    ],
)
def test_what_is_formatted_says_the_same(text: str) -> None:
    assert_says_the_same(text)


_ARGUMENT = st.text(alphabet="ab=$\"'\\`[],-<{}:#./\t ", max_size=12)
_FRAGMENTS = st.one_of(
    st.sampled_from(
        [
            "FROM a",
            "FROM a AS b",
            "ARG x",
            "RUN <<E",
            "E",
            "# c",
            "#syntax=x",
            "# escape=`",
            "",
            "\\",
            "x \\",
            '  "y" \\',
            "  # d",
            "ENV a b\\",
            'CMD ["a",\\',
            '"b" ]',
            "ONBUILD RUN x",
        ]
    ),
    st.builds(
        "{} {}{}".format,
        st.sampled_from(
            [
                *(
                    "ADD",
                    "ARG",
                    "CMD",
                    "COPY",
                    "ENTRYPOINT",
                    "ENV",
                    "EXPOSE",
                    "FROM",
                    "HEALTHCHECK",
                    "LABEL",
                    "MAINTAINER",
                ),
                *("ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR", "cmd"),
            ]
        ),
        st.sampled_from(["", "--from=a ", "--chown=a\\ b ", "CMD ", "COPY ", '["a", ', "<<E ", "a b "]),
        _ARGUMENT,
    ),
    st.text(max_size=10),
)
_FILES = st.lists(_FRAGMENTS, max_size=12).map("\n".join)


@given(st.one_of(_FILES, _FILES.map("FROM a\n{}".format), st.text()), st.sampled_from(["\n", "\r\n"]))
def test_any_text_is_a_dockerfile_or_a_mistake(text: str, end: str) -> None:
    text = text.replace("\n", end)
    try:
        parse(text)
    except DockerfileError as error:
        assert error.sentence
        assert 1 <= error.span.line <= len(error.source.lines)
    else:
        assert_says_the_same(text)
