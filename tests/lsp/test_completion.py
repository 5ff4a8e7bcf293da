from __future__ import annotations

import pytest

from onggi.dockerfile.parse import FLAGS
from onggi.dockerfile.syntax import Instruction
from onggi.lsp.completion import Suggestion, complete
from onggi.lsp.manual import MANUALS

from .places import at

FOLDERS = {"": ["api/", "app.py", "package.json"], "api/": ["main.go"]}
STAGES = (
    "ARG VERSION=1\nFROM golang:$VERSION AS build\nENV GOFLAGS=-v\nARG TARGETOS\nFROM build AS test\nFROM scratch\n"
)


def offered(text: str) -> list[Suggestion]:
    document, line, column = at(text)
    return complete(document, line, column, lambda path: FOLDERS.get(path, []))


@pytest.mark.parametrize(
    "text, expected",
    [
        pytest.param("FR│", ["FROM"], id="instruction"),
        pytest.param("FROM a\nonbuild c│", ["CMD", "COPY"], id="trigger"),
        pytest.param("FROM a\n# c│", [], id="no-directive-behind-an-instruction"),
        pytest.param("# c│", ["check=skip="], id="directive"),
        pytest.param("# check=skip=DL3006,JSONA│\nFROM a", ["JSONArgsRecommended"], id="code-to-skip"),
        pytest.param("FROM a\n# hadolint ignore=DL300│\nRUN b", None, id="code-to-ignore"),
        pytest.param("FROM a\nRUN --│", ["--device=", "--mount=", "--network=", "--security="], id="flags"),
        pytest.param("FROM a\nRUN --network=none --m│", ["--mount="], id="second-flag"),
        pytest.param("FROM a\nRUN \\\n  # why\n  --n│", ["--network="], id="flag-in-a-further-line"),
        pytest.param("FROM a\nRUN x --n│", [], id="a-programs-own-flag"),
        pytest.param("FROM a\nRUN --network=│", ["default", "none", "host"], id="value"),
        pytest.param("FROM a\nRUN --mount=│", ["type=", "target=", "source=", "from=", "rw="], id="mount"),
        pytest.param("FROM a\nRUN --mount=type=s│", ["secret", "ssh"], id="kind-of-mount"),
        pytest.param("FROM a\nRUN --mount=type=cache,sh│", ["sharing="], id="field-of-mount"),
        pytest.param("FROM a\nRUN --mount=type=cache,sharing=│", ["shared", "private", "locked"], id="sharing"),
        pytest.param(STAGES + "COPY --from=│", ["build", "test"], id="stage-to-copy-from"),
        pytest.param(STAGES + "RUN --mount=type=bind,from=t│ x", ["test"], id="stage-to-mount-from"),
        pytest.param(STAGES.replace("FROM scratch", "FROM │"), ["build", "scratch"], id="stage-to-begin-on"),
        pytest.param("FROM a │", ["AS"], id="as"),
        pytest.param("FROM --platform=$BUILDP│", ["BUILDPLATFORM"], id="platform"),
        pytest.param(STAGES.replace("FROM scratch", "RUN echo ${│"), ["GOFLAGS"], id="inherited"),
        pytest.param(STAGES.replace("FROM build AS", "RUN echo $│\nFROM build AS"), ["TARGETOS", "GOFLAGS"], id="own"),
        pytest.param(STAGES + "ARG V│", ["VERSION"], id="argument-to-declare-again"),
        pytest.param("ARG A\nFROM x:$│", None, id="global"),
        pytest.param("FROM a\nCOPY │", ["api/", "app.py", "package.json"], id="files"),
        pytest.param("FROM a\nCOPY app.py p│", ["package.json"], id="second-file"),
        pytest.param("FROM a\nCOPY ./api/│", ["main.go"], id="file-in-a-folder"),
        pytest.param('FROM a\nCOPY ["api/│', ["main.go"], id="file-in-an-array"),
        pytest.param("FROM a AS b\nFROM c\nCOPY --from=b a│", [], id="files-of-a-stage-are-not-known"),
        pytest.param("FROM a\nHEALTHCHECK --retries=2 │", ["CMD", "NONE"], id="healthcheck"),
        pytest.param("FROM a\nENV Q=1\nRUN <<E\nx $│\nE", ["Q"], id="in-a-heredoc"),
        pytest.param("FROM a\nRUN <<E\nFR│\nE", [], id="no-instruction-in-a-heredoc"),
        pytest.param("FROM a\nRUN <<E\nFR│", [], id="nor-in-one-without-an-end"),
        pytest.param("FROM a\nRUN x \\\n│", [], id="behind-a-continuation"),
        pytest.param("# escape=`\nFROM a\nCOPY `\n  app│", ["app.py"], id="other-escape"),
        pytest.param("FROM a\nLABEL 한국=😀 b=$│", [], id="not-ascii"),
        pytest.param("NOSUCH x│", [], id="no-such-instruction"),
        pytest.param("# check=a\n# check=b\nFR│", ["FROM"], id="a-mistake-in-the-directives"),
        pytest.param("│", list(MANUALS), id="nothing-yet"),
    ],
)
def test_what_is_offered(text: str, expected: list[str] | None) -> None:
    found = [item.text for item in offered(text)]
    if expected is None:
        assert found
    else:
        assert found == expected


def test_it_takes_the_place_of_what_is_written() -> None:
    document, line, column = at("FROM a\nENV NAME=1\nRUN 한국 ${NA│ME}")
    (item,) = complete(document, line, column, lambda path: [])
    assert (item.text, item.kind, item.detail) == ("NAME", "variable", "ENV NAME=1")
    assert document.line(line)[item.column - 1 : column - 1] == "NA"


def test_help_comes_in_both_languages() -> None:
    document, line, column = at("WORKD│")
    (english,), (korean,) = (complete(document, line, column, lambda path: [], language) for language in ("en", "ko"))
    assert english.help == MANUALS["WORKDIR"].text.en
    assert korean.help == MANUALS["WORKDIR"].text.ko


def test_every_instruction_and_flag_has_a_manual() -> None:
    assert set(MANUALS) == {instruction.keyword for instruction in Instruction.__subclasses__()}
    flags = {name: {f"--{flag}" for flag in known} for name, known in FLAGS.items()}
    assert {name: set(manual.flags) for name, manual in MANUALS.items() if manual.flags} == flags


def test_a_very_long_line_is_no_trouble() -> None:
    assert offered("FROM a\nRUN " + "x " * 500_000 + "$│") == []
