from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.dockerfile.format import format as format_dockerfile
from onggi.dockerfile.parse import parse
from onggi.dockerfile.source import DockerfileError, Source, Span
from onggi.dockerfile.syntax import Dockerfile, Origin


def without_places(value: Any) -> Any:
    """The same value, but standing nowhere: spans, the source and the instructions' original text are gone."""
    if isinstance(value, Origin):
        return value.comments
    if isinstance(value, Span | Source):
        return None
    if isinstance(value, tuple):
        return tuple(map(without_places, value))
    if isinstance(value, msgspec.Struct):
        fields = value.__struct_fields__
        return (type(value).__name__, *(without_places(getattr(value, name)) for name in fields))
    return value


def assert_same_after_format(dockerfile: Dockerfile) -> None:
    text = format_dockerfile(dockerfile)
    again = parse(text)
    assert without_places(again) == without_places(dockerfile), text
    assert format_dockerfile(again) == text


def test_format_is_one_line_per_instruction() -> None:
    dockerfile = parse(
        "# syntax = docker/dockerfile:1\n#the base\narg V=1\nfrom  a:$V  as Build\n\nrun x \\\n  # why\n && y\n"
        'copy --from=b "a" ["b c"]\nCOPY ["a b", "c"]\nHEALTHCHECK --timeout=90s CMD ["x"]\nrun <<-E\n\thi\n\tE\n# end'
    )
    assert format_dockerfile(dockerfile) == (
        "# syntax=docker/dockerfile:1\n\n# the base\nARG V=1\n\nFROM a:$V AS build\n# why\nRUN x  && y\n"
        'COPY --from=b ["\\"a\\"", "[\\"b", "c\\"]"]\nCOPY ["a b", "c"]\nHEALTHCHECK --timeout=1m30s CMD ["x"]\n'
        "RUN <<-E\n\thi\nE\n# end\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "# escape=`\nFROM a\nRUN dir `\n C:\\\nWORKDIR C:\\",
        "FROM a\nARG b \\\n# syntax=x\n c",
        "ARG b \\\n# syntax=x\n c\nFROM a",
        "#!/bin/x\nFROM a",
        "FROM a\nCOPY <<A b <<'C' /d/\n1\nA\n2\nC",
        'FROM a\nCOPY <<A b" c" /d/\n1\nA',
        'FROM a\nCOPY ["<<A", "b\\\\"]',
        'FROM a\nRUN --mount="a b" --mount=\\"c -- --d',
        "FROM a\nCMD -- --x\nCOPY -- --a b\nENV -- --a=b",
        "FROM a\nONBUILD COPY --chown=a b <<E c\n1\nE",
        'FROM a\nENV a=b\\\\ c="d\nLABEL e f\\\\\\',
        "FROM a\n##\n# \n#\nRUN b",
        "FROM a\nHEALTHCHECK --interval=1.5s --start-period=1500us --retries=2 CMD [ -f b ]",
    ],
)
def test_what_is_formatted_says_the_same(text: str) -> None:
    assert_same_after_format(parse(text))


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


@given(st.one_of(_FILES, _FILES.map("FROM a\n{}".format), st.text()))
def test_any_text_is_a_dockerfile_or_a_mistake(text: str) -> None:
    try:
        dockerfile = parse(text)
    except DockerfileError as error:
        assert error.sentence
        assert 1 <= error.span.line <= len(error.source.lines)
    else:
        assert_same_after_format(dockerfile)
