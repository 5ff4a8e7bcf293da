from __future__ import annotations

from typing import Any

import pytest

from onggi.dockerfile.parse import parse
from onggi.lint.pages.trial import findings
from onggi.lint.policy import Policy
from onggi.lint.pragma import ignored, told_shell
from onggi.lint.rule import Example
from onggi.lint.rules.table import BY_CODE
from onggi.lint.view.facts import Facts
from onggi.lint.view.subject import subject


def shells(text: str) -> list[str]:
    """What reads each RUN."""
    return [step.script.shell for step in subject(parse(text), Facts(automatic={})).runs() if step.script]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a\nRUN x\n# hadolint shell=bash\nRUN x\nRUN x", ["sh", "bash", "bash"]),
        ("FROM a\n# onggi  shell = /bin/bash # as we know\nENV a=b\nRUN x", ["bash"]),
        ("FROM a\n# hadolint shell=powershell.exe\nRUN x\nFROM b\nRUN x", ["powershell", "sh"]),
        ("# hadolint shell=cmd.exe\nFROM a\nRUN x\nFROM b\nRUN x", ["cmd", "cmd"]),
        ("ARG v=1\n# hadolint shell=bash\nFROM a\nRUN x\nFROM b\nRUN x", ["bash", "bash"]),
        ("FROM a\nRUN x\n# hadolint shell=bash\nFROM b\nRUN x\nFROM c\nRUN x", ["sh", "bash", "sh"]),
        ("FROM a AS one\n# hadolint shell=bash\nRUN x\nFROM one\nRUN x", ["bash", "bash"]),
        ('FROM a\n# hadolint shell=bash\nRUN x\nSHELL ["/bin/ash", "-c"]\nRUN x', ["bash", "ash"]),
        ('FROM a\nSHELL ["/bin/bash", "-c"]\n# hadolint shell=sh\nRUN x', ["sh"]),
        ("FROM a\n# hadolint shell=\n# hadolint shell\n# shell=bash\nRUN x", ["sh"]),
    ],
)
def test_a_comment_says_which_shell_there_is(text: str, expected: list[str]) -> None:
    assert shells(text) == expected


def test_the_last_one_counts() -> None:
    assert told_shell(["hadolint shell=bash", "x", "onggi shell=ash", "y"]) == "ash"
    assert told_shell([]) == ""


def test_codes_are_ignored_for_an_instruction_a_stage_or_the_file() -> None:
    text = (
        "# hadolint global ignore=A, B # why\nFROM a\n# hadolint ignore=C\n# more\nRUN x\n"
        "RUN y\n# onggi stage ignore = D\nRUN z\nFROM b\nRUN x"
    )
    found = ignored(parse(text))
    assert found.everywhere == {"A", "B"}
    assert found.at(5) == {"A", "B", "C", "D"}
    assert found.at(6) == found.at(2) == {"A", "B", "D"}
    assert found.at(10) == {"A", "B"}


@pytest.mark.parametrize(
    "code, before, line", [("DL3061", "", "RUN make\nFROM a"), ("DL3043", "FROM a\n", "ONBUILD FROM a")]
)
def test_what_the_parser_tells_under_a_rules_code_is_ignored_as_rules_are(code: str, before: str, line: str) -> None:
    def count(text: str, **policy: Any) -> int:
        return len(findings(BY_CODE[code], Example("", policy=Policy(**policy)), text))

    assert count(f"{before}{line}") == 1
    assert count(f"{before}{line}", ignored=frozenset({code})) == 0
    assert count(f"{before}# hadolint ignore=DL3059\n{line}") == 1
    assert count(f"{before}# hadolint ignore={code}\n{line}") == 0
    assert count(f"{before}# hadolint ignore={code}\n{line}", has_pragmas=False) == 1
    assert count(f"{before}{line}\n# hadolint global ignore={code}\nRUN x") == 0


def test_a_file_that_cannot_be_read_is_not_ignored() -> None:
    assert len(findings(BY_CODE["DL1000"], Example(""), "FROM a\n# hadolint ignore=DL1000\nRUUN x")) == 1
