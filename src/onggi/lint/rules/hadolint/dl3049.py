from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Label
from onggi.lint.policy import LabelKind, Policy
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.lineage import targets
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text("Label `{label}` is missing", "필요한 레이블이 없습니다: `{label}`")
_POLICY = Policy(labels={"org.opencontainers.image.licenses": LabelKind.SPDX})


def check(subject: Subject) -> Iterator[Violation]:
    """In what becomes an image."""
    if not subject.policy.labels:
        return
    for lineage in targets(subject):
        present = {
            step.standing.scope.expand(pair.name.text) for step, label in lineage.of(Label) for pair in label.pairs
        }
        base = lineage.stage.stage.base
        for name in subject.policy.labels:
            if name not in present:
                yield Violation(base, base.image.span, _MESSAGE.format(label=name))


RULE = Rule(
    code="DL3049",
    title=Text("Set the labels that the project demands", "프로젝트가 요구하는 레이블을 답니다"),
    reason=Text(
        "Who made an image, from what and under which license can be seen on the image itself only if labels say it.",
        "누가 무엇으로 만들었고 라이선스가 무엇인지는 레이블이 있어야 이미지만 보고 알 수 있습니다.",
    ),
    exception=Text(
        "Where the labels are given with --label when it is built, or the base has them.",
        "빌드할 때 --label로 붙이거나 베이스에 이미 있을 때.",
    ),
    bad=(
        Example("FROM debian:12\nLABEL org.opencontainers.image.title=x", policy=_POLICY),
        Example(
            "FROM debian:12 AS build\nLABEL org.opencontainers.image.licenses=MIT\n\nFROM debian:12\n"
            "COPY --from=0 /a /a",
            policy=_POLICY,
        ),
    ),
    good=(
        Example("FROM debian:12\nLABEL org.opencontainers.image.licenses=MIT", policy=_POLICY),
        Example(
            "FROM debian:12 AS base\nLABEL org.opencontainers.image.licenses=MIT\n\nFROM base\nRUN make", policy=_POLICY
        ),
        Example(
            "FROM debian:12 AS build\nRUN make\n\nFROM debian:12\nCOPY --from=build /a /a\n"
            "LABEL org.opencontainers.image.licenses=MIT",
            policy=_POLICY,
        ),
        Example("FROM debian:12"),
    ),
    check=check,
    severity=Severity.INFO,
)
