from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import User
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "Non-numeric user-id may not be resolvable by host system",
    "숫자가 아닌 사용자는 호스트가 알아보지 못할 수 있습니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.steps():
        if step.is_written and isinstance(step.inner, User) and _is_named(step, step.inner):
            yield step.violation(step.inner.user.span, _MESSAGE)


def _is_named(step: Step, user: User) -> bool:
    """What an ARG or the base image says is not known before the build."""
    scope = step.standing.scope
    expansion = scope.look_up(user.user.text)
    if expansion.missed or any(name in scope.declared for name in expansion.found):
        return False
    name = expansion.text.partition(":")[0]
    return bool(name) and not name.isdecimal()


RULE = Rule(
    code="DL3066",
    title=Text("Name users by their numbers", "사용자는 번호로 적습니다"),
    reason=Text(
        "Kubernetes' runAsNonRoot has only the image's configuration to look at: of a name it cannot tell that it is "
        "not root.",
        "쿠버네티스의 runAsNonRoot는 이미지 설정만 봅니다. 이름만으로는 root가 아닌지 알 수 없습니다.",
    ),
    exception=Text(
        "Where nothing checks the user before the container starts, or it is an earlier USER of the stage.",
        "컨테이너를 시작하기 전에 사용자를 검사하는 것이 없거나, 그 단계의 마지막 USER가 아닐 때.",
    ),
    bad=(
        Example("FROM debian:12\nUSER app"),
        Example("FROM debian:12\nUSER app:1000"),
        Example("FROM debian:12\nENV APP=app\nUSER $APP"),
        Example("FROM debian:12\nONBUILD USER app"),
    ),
    good=(
        Example("FROM debian:12\nUSER 10001"),
        Example('FROM debian:12\nUSER "10001:app"'),
        Example("FROM debian:12\nENV ID=10001\nUSER ${ID}:${ID}"),
        Example("FROM debian:12\nARG ID=app\nUSER $ID"),
        Example("FROM debian:12\nUSER $FROM_BASE"),
    ),
    check=check,
    severity=Severity.INFO,
)
