from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import HealthCheck
from onggi.lint.policy import Policy
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.lineage import targets
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text("`HEALTHCHECK` instruction missing", "`HEALTHCHECK` 명령어가 없습니다")
_ASKED = Policy(severities={"DL3057": Severity.INFO})


def check(subject: Subject) -> Iterator[Violation]:
    """In what becomes an image."""
    for lineage in targets(subject):
        if lineage.last(HealthCheck) is None:
            base = lineage.stage.stage.base
            yield Violation(base, base.image.span, _MESSAGE)


RULE = Rule(
    code="DL3057",
    title=Text("Say how to see that a container is well", "컨테이너가 정상인지 알아내는 방법을 적습니다"),
    reason=Text(
        "A process that runs may still not answer. With HEALTHCHECK whoever runs the container can see it and act.",
        "프로세스가 돌고 있어도 응답하지 않을 수 있습니다. HEALTHCHECK가 있으면 알아채고 손쓸 수 있습니다.",
    ),
    exception=Text(
        "Where the orchestrator probes by itself, as Kubernetes does; so the rule runs only where a severity is set "
        "for it.",
        "Kubernetes처럼 오케스트레이터가 직접 살필 때. 그래서 이 규칙은 심각도를 정해 켜야만 검사합니다.",
    ),
    bad=(
        Example("FROM nginx:1.27\nCOPY site /usr/share/nginx/html", policy=_ASKED),
        Example("FROM nginx:1.27\nONBUILD HEALTHCHECK CMD curl -f localhost", policy=_ASKED),
    ),
    good=(
        Example("FROM nginx:1.27\nHEALTHCHECK CMD curl -f localhost", policy=_ASKED),
        Example("FROM nginx:1.27\nHEALTHCHECK NONE", policy=_ASKED),
        Example("FROM nginx:1.27 AS base\nHEALTHCHECK CMD curl -f localhost\n\nFROM base", policy=_ASKED),
        Example("FROM nginx:1.27"),
    ),
    check=check,
    severity=Severity.INFO,
    is_experimental=True,
)
