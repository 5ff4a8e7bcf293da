from __future__ import annotations

import pytest

from onggi.lsp.document import Document
from onggi.lsp.navigation import definition, symbols

from .places import MARK, at

FILE = "ARG V\nFROM a:$V AS Build\nRUN <<E\nx\nE\n\nFROM b\nCOPY --from=build a b\nCMD x\n"


def test_symbols_are_the_stages_and_what_is_in_them() -> None:
    argument, first, second = symbols(Document(FILE))
    assert (argument.name, argument.detail, argument.children) == ("ARG", "V", ())
    assert (first.name, first.detail) == ("build", "FROM a:$V")
    assert [(child.name, child.detail) for child in second.children] == [("COPY", "--from=build a b"), ("CMD", "x")]
    assert second.name == "stage 1"
    (run,) = first.children
    assert (run.span.line, run.span.end_line) == (3, 6)
    for symbol in (argument, first, second, run):
        whole, name = symbol.span, symbol.name_span
        assert (whole.line, whole.column) <= (name.line, name.column)
        assert (name.end_line, name.end_column) <= (whole.end_line, whole.end_column)


@pytest.mark.parametrize(
    "text, meant",
    [
        pytest.param("FROM a AS base\nFROM ba│se", "base", id="from"),
        pytest.param("FROM a AS Base\nFROM b\nCOPY --from=bas│e c d", "Base", id="copy"),
        pytest.param("FROM a\nFROM b\nCOPY --from=│0 c d", "a", id="number"),
        pytest.param("FROM a AS x\nFROM b\nRUN --mount=type=bind,fr│om=x,target=/y z", "x", id="mount"),
        pytest.param("FROM a AS x\nFROM b\nONBUILD COPY --from=x│ c d", "x", id="trigger"),
        pytest.param("FROM a AS x\nFROM b AS x\nFROM │x", "x", id="the-last-of-a-name"),
        pytest.param("FROM a\nFROM 0│", None, id="a-base-has-no-number"),
        pytest.param("FROM │a AS a", None, id="itself"),
        pytest.param("FROM a\nRUN│ b", None, id="no-stage"),
        pytest.param("│", None, id="nothing"),
        pytest.param("FROM a AS x\nCOPY --from=x\n│", None, id="broken"),
    ],
)
def test_where_a_stage_is_defined(text: str, meant: str | None) -> None:
    span = definition(*at(text))
    if meant is None:
        assert span is None
    else:
        assert span is not None
        assert Document(text.replace(MARK, "")).source.marked(span) == meant
