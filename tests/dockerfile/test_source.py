from __future__ import annotations

import pytest

from onggi.dockerfile.parse import parse
from onggi.dockerfile.source import DockerfileError


def error_of(text: str) -> DockerfileError:
    with pytest.raises(DockerfileError) as caught:
        parse(text)
    return caught.value


@pytest.mark.parametrize(
    ("line", "sentence", "hint"),
    [
        (
            "RUN\u00a0echo hi",
            "did you mean RUN?",
            "there is a no-break space (U+00A0) after RUN: write an ordinary space",
        ),
        (
            "RUN\u3000echo",
            "did you mean RUN?",
            "there is an ideographic space (U+3000) after RUN: write an ordinary space",
        ),
        ("R\u200bUN echo", "did you mean RUN?", "there is a zero width space (U+200B) after R: delete it"),
        ("\u200bRUN echo", "did you mean RUN?", "there is a zero width space (U+200B): delete it"),
        ("RUN\u200b echo", "did you mean RUN?", "there is a zero width space (U+200B) after RUN: delete it"),
        ("ＲＵＮ echo", "unknown instruction ＲＵＮ; did you mean RUN?", ""),
        ("RUN ––mount=type=tmpfs,target=/x a", "did you mean --mount?", "there is an en dash (U+2013): write -"),
        ("COPY --link —from=a /x /", "did you mean --from?", "there is an em dash (U+2014): write -"),
        ("CMD [“sh”, “-c”]", "typographic", 'there is a left double quotation mark (U+201C) after [: write "'),
    ],
)
def test_what_the_eye_does_not_see_is_named(line: str, sentence: str, hint: str) -> None:
    error = error_of(f"FROM scratch\n{line}")
    assert error.span.line == 2
    assert sentence in error.sentence
    assert error.hint == hint


@pytest.mark.parametrize("line", ["RUN echo –x", "RUN [ “a” = “$b” ]", "COPY –x /", "LABEL a=“b”"])
def test_what_may_be_meant_is_left_alone(line: str) -> None:
    parse(f"FROM scratch\n{line}")


def test_an_oddity_comes_after_the_hint_that_is_there() -> None:
    assert error_of("FROM a\u00a0AS x").hint == (
        "write FROM image, or FROM image AS name; there is a no-break space (U+00A0) after a: write an ordinary space"
    )


@pytest.mark.parametrize(
    ("text", "excerpt", "carets"),
    [
        ("ＦＲＯＭ a", "ＦＲＯＭ a", "^^^^^^^^"),
        ("FROM a\nENV 名前=日本語 漢字", "ENV 名前=日本語 漢字", " " * 16 + "^^^^"),
        ('FROM a\nLABEL a="e\u0301" x', 'LABEL a="e\u0301" x', " " * 12 + "^"),
        ("FROM a\n\tRUNN", "\tRUNN", "\t^^^^"),
    ],
)
def test_carets_are_as_wide_as_the_text(text: str, excerpt: str, carets: str) -> None:
    _, line, below = str(error_of(text)).splitlines()
    assert line.partition(" | ")[2] == excerpt
    assert below.partition(" | ")[2].rstrip() == carets
