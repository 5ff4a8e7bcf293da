from __future__ import annotations

from collections.abc import Iterator, Mapping

from onggi.lint.rule import Example, Rule
from onggi.lint.shell.commands import Command
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_INSTEAD: Mapping[str, str] = {
    **dict.fromkeys(
        ("autoclean", "autoremove", "build-dep", "clean", "download", "install", "purge", "remove", "source", "update"),
        "apt-get",
    ),
    **dict.fromkeys(("depends", "policy", "rdepends"), "apt-cache"),
}
_MESSAGE = Text(
    "Do not use apt as it is meant to be an end-user tool, use apt-get or apt-cache instead",
    "apt는 사람이 쓰는 도구이니 대신 apt-get이나 apt-cache를 쓰세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.runs():
        for command in step.commands:
            if command.name == "apt":
                yield step.violation(command.place, _MESSAGE, _fix(command))


def _fix(command: Command) -> Fix | None:
    """Only where both do the same, given the same words."""
    verb = next((operand.text for operand in command.operands), "")
    if verb not in _INSTEAD or not command.is_placed:
        return None
    return Fix((Edit(command.place, _INSTEAD[verb]),))


RULE = Rule(
    code="DL3027",
    title=Text("Use apt-get in scripts, not apt", "스크립트에서는 apt 대신 apt-get을 씁니다"),
    reason=Text(
        "apt is made for people: its options and output change from version to version, and it warns of that itself.",
        "apt는 사람을 위한 도구라서 버전마다 옵션과 출력이 바뀌고, 스스로도 그렇게 경고합니다.",
    ),
    exception=Text("Where apt has what apt-get lacks.", "apt-get에는 없는 기능이 필요할 때."),
    bad=(
        Example(
            "FROM debian:12\nRUN apt update && apt-get install -y curl",
            fixed="FROM debian:12\nRUN apt-get update && apt-get install -y curl",
        ),
        Example("FROM debian:12\nRUN apt list --installed"),
        Example('FROM debian:12\nRUN ["apt", "install", "-y", "curl"]'),
    ),
    good=(Example("FROM debian:12\nRUN apt-get update && apt-mark hold curl"), Example("FROM debian:12\nRUN echo apt")),
    check=check,
)
