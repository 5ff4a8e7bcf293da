from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import User
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_ROOT = Pattern(r"(?:root|0)(?::.*)?")
_MESSAGE = Text("Last USER should not be root", "마지막 USER가 root여서는 안 됩니다")


def check(subject: Subject) -> Iterator[Violation]:
    for stage in subject.stages:
        users = [step for step in stage.steps if step.is_written and isinstance(step.instruction, User)]
        for step in users[-1:]:
            assert isinstance(step.instruction, User)
            word = step.instruction.user
            if _ROOT.fullmatch(step.standing.scope.expand(word.text)):
                yield step.violation(word.span, _MESSAGE)


RULE = Rule(
    code="DL3002",
    title=Text("The last USER should not be root", "마지막 USER는 root가 아니어야 합니다"),
    reason=Text(
        "The container's program then runs as root: a hole in it is one in everything that the container reaches.",
        "그러면 컨테이너의 프로그램이 root로 돕니다. 프로그램에 난 구멍이 컨테이너가 닿는 모든 것의 구멍이 됩니다.",
    ),
    exception=Text(
        "Where the program has to begin as root and gives that up itself, or the stage only builds.",
        "프로그램이 root로 시작해 스스로 권한을 내려놓거나, 단계가 빌드만 할 때.",
    ),
    bad=(
        Example("FROM debian:12\nUSER 1000\nRUN make\nUSER root"),
        Example("FROM debian:12\nUSER 0:0"),
        Example('FROM debian:12\nENV WHO=root\nUSER "$WHO"'),
    ),
    good=(
        Example("FROM debian:12\nUSER root\nRUN make install\nUSER 1000"),
        Example("FROM debian:12\nUSER rooter"),
        Example("FROM debian:12\nUSER $WHO"),
    ),
    check=check,
)
