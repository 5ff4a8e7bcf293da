from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.policy import LabelKind, Policy
from onggi.lint.rule import Example, Rule
from onggi.lint.view.labels import labels
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text("Label `{label}` is empty", "레이블 `{label}`의 값이 비어 있습니다")
_POLICY = Policy(labels={"org.opencontainers.image.title": LabelKind.TEXT})


def check(subject: Subject) -> Iterator[Violation]:
    for label in labels(subject):
        if label.name is not None and label.name in subject.policy.labels and label.value == "":
            yield label.step.violation(label.pair.name.span, _MESSAGE.format(label=label.name))


RULE = Rule(
    code="DL3051",
    title=Text("Give the labels that the project demands a value", "프로젝트가 요구하는 레이블에 값을 적습니다"),
    reason=Text("An empty label says as little as none.", "빈 레이블은 없는 것과 다름없습니다."),
    exception=Text("Where a later stage or the build itself sets the value.", "뒤의 단계나 빌드 명령이 값을 정할 때."),
    bad=(Example('FROM debian:12\nLABEL org.opencontainers.image.title=""', policy=_POLICY),),
    good=(
        Example("FROM debian:12\nLABEL org.opencontainers.image.title=x", policy=_POLICY),
        Example("FROM debian:12\nARG TITLE\nLABEL org.opencontainers.image.title=$TITLE", policy=_POLICY),
        Example('FROM debian:12\nLABEL title=""', policy=_POLICY),
    ),
    check=check,
)
