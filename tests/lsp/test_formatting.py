from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.dockerfile.format import format as format_dockerfile
from onggi.dockerfile.parse import parse
from onggi.dockerfile.source import DockerfileError, line_end
from onggi.lsp.document import Document
from onggi.lsp.formatting import formatting

_LINES = st.lists(
    st.sampled_from(["FROM a", "from  a", "", "# c", "  # d", "RUN x \\", "run  y", "user b  ", "한국 😀"]), max_size=8
)


def applied(text: str) -> str:
    """As an editor does it."""
    edit = formatting(Document(text))
    if edit is None:
        return text
    lines = [*text.split("\n"), ""]
    begin, end = (
        sum(len(line) + 1 for line in lines[: number - 1]) + column - 1
        for number, column in ((edit.span.line, edit.span.column), (edit.span.end_line, edit.span.end_column))
    )
    return text[:begin] + edit.text.replace("\n", line_end(text)) + text[end:]


@given(_LINES, st.sampled_from(["\n", "\r\n"]))
def test_the_edit_comes_to_what_the_formatter_makes(lines: list[str], end: str) -> None:
    text = end.join(["FROM a", *lines])
    try:
        parse(text)
    except DockerfileError:
        assert formatting(Document(text)) is None
    else:
        assert applied(text) == format_dockerfile(text)


@pytest.mark.parametrize("text", ["", "\n", "FROM", "FROM a\nRUN <<E\n", "\0"])
def test_what_does_not_parse_is_left_alone(text: str) -> None:
    assert formatting(Document(text)) is None


def test_what_is_the_same_around_is_left_alone() -> None:
    edit = formatting(Document("FROM a\nUSER b\nrun x\n\nCMD y\n"))
    assert edit is not None
    assert (edit.span.line, edit.span.end_line, edit.text) == (3, 4, "RUN x\n")
