from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.policy import LabelKind, Policy
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.labels import labels
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text("Superfluous label(s) present", "정해 두지 않은 레이블이 있습니다")
_POLICY = Policy(labels={"org.opencontainers.image.title": LabelKind.TEXT}, has_only_labels=True)


def check(subject: Subject) -> Iterator[Violation]:
    if not subject.policy.has_only_labels:
        return
    for label in labels(subject):
        if label.name is not None and label.name not in subject.policy.labels:
            yield label.step.violation(label.pair.name.span, _MESSAGE)


RULE = Rule(
    code="DL3050",
    title=Text("Set only labels that the project knows", "프로젝트가 정한 레이블만 답니다"),
    reason=Text(
        "The project's configuration says which labels there are (strict-labels); another one is often a slip of the "
        "keyboard that nobody will find.",
        "프로젝트 설정이 레이블 목록을 정해 두었습니다(strict-labels). 거기 없는 이름은 잘못 친 것일 때가 많고, 아무도 "
        "찾지 못합니다.",
    ),
    exception=Text("Where the label is right: add it to the configuration.", "옳은 레이블이면 설정에 더하세요."),
    bad=(Example("FROM debian:12\nLABEL org.opencontainers.image.titel=x", policy=_POLICY),),
    good=(
        Example("FROM debian:12\nLABEL org.opencontainers.image.title=x", policy=_POLICY),
        Example("FROM debian:12\nLABEL org.opencontainers.image.titel=x"),
    ),
    check=check,
    severity=Severity.INFO,
)
