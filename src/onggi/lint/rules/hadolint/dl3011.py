from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Expose
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_LARGEST = 65535
_PORTS = Pattern(r"0*([0-9]+)(?:-0*([0-9]+))?(?:/\w+)?")
_MESSAGE = Text("Valid UNIX ports range from 0 to 65535", "포트 번호는 0에서 65535까지입니다")


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.steps():
        if not step.is_written or not isinstance(step.inner, Expose):
            continue
        for word in step.inner.ports:
            ports = _PORTS.fullmatch(step.standing.scope.expand(word.text))
            if ports is not None and any(map(_is_too_large, ports.groups(""))):
                yield step.violation(word.span, _MESSAGE)


def _is_too_large(digits: str) -> bool:
    return len(digits) > len(str(_LARGEST)) or int(digits or "0") > _LARGEST


RULE = Rule(
    code="DL3011",
    title=Text("A port is a number up to 65535", "포트는 65535까지의 수입니다"),
    reason=Text("There is no such port; the build fails.", "그런 포트는 없으며, 빌드가 실패합니다."),
    exception=Text("Never.", "예외가 없습니다."),
    bad=(
        Example("FROM debian:12\nEXPOSE 80000"),
        Example("FROM debian:12\nEXPOSE 443 65000-66000/udp"),
        Example("FROM debian:12\nEXPOSE 1" + "0" * 5000),
    ),
    good=(Example("FROM debian:12\nEXPOSE 65535 53/udp 8000-9000 0000080"), Example("FROM debian:12\nEXPOSE $PORT")),
    check=check,
    severity=Severity.ERROR,
)
