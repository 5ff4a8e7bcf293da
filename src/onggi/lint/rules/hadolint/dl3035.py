from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text("Do not use `zypper dist-upgrade`", "`zypper dist-upgrade`를 쓰지 마세요")


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.runs():
        for command in step.commands:
            if command.name == "zypper" and command.has_argument("dist-upgrade", "dup"):
                yield step.violation(command.span, _MESSAGE)
                break


RULE = Rule(
    code="DL3035",
    title=Text(
        "Take a newer base image instead of upgrading the distribution", "배포판을 올리는 대신 새 베이스를 씁니다"
    ),
    reason=Text(
        "It makes another distribution of the base, different on every day of a build; the old files stay in the "
        "layers below.",
        "베이스를 다른 배포판으로 바꾸고 빌드하는 날마다 결과가 달라집니다. 옛 파일도 아래 레이어에 남습니다.",
    ),
    exception=Text(
        "Where there is no newer base image and a fix is urgent.", "새 베이스 이미지가 아직 없는데 수정이 급할 때."
    ),
    bad=(
        Example("FROM opensuse/leap:15.5\nRUN zypper -n dist-upgrade"),
        Example("FROM opensuse/leap:15.5\nRUN zypper -n refresh && zypper -n dup"),
    ),
    good=(Example("FROM opensuse/leap:15.6\nRUN zypper -n patch"),),
    check=check,
)
