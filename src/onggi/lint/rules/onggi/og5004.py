from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from onggi.lint.policy import Policy
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.facts import Base
from onggi.lint.view.lineage import base_name
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation
from onggi.oci import timestamp

_MESSAGE = Text(
    "{name} as it is on this machine was made {days} days ago ({date}): {remedy}",
    "이 컴퓨터에 있는 {name} 이미지는 {days}일 전({date})에 만들어졌습니다. {remedy}",
)
_PULL = Text("build with --pull", "--pull로 빌드하세요")
_DIGEST = Text("look for a newer digest", "새 다이제스트를 찾아보세요")
_DAY = 24 * 3600
_FIRST_IMAGES = datetime(2013, 3, 20, tzinfo=UTC).timestamp()
"""What says to be older has a constant date, so that it can be built again bit for bit."""


def check(subject: Subject) -> Iterator[Violation]:
    now = subject.facts.now
    for stage in subject.stages:
        image = subject.facts.bases.get(stage.stage.index)
        made = timestamp.parse(image.created) if image is not None else None
        if now is None or made is None or made < _FIRST_IMAGES:
            continue
        days = int((now - made) / _DAY)
        if days > subject.policy.base_days:
            base, name = stage.stage.base, base_name(subject, stage)
            date = datetime.fromtimestamp(made, UTC).date().isoformat()
            remedy = _DIGEST if "@" in name else _PULL
            message = _MESSAGE.format(name=name, days=str(days), date=date, remedy=remedy)
            yield Violation(base, base.image.span, message)


_OLD = {0: Base(created="2025-12-01T12:30:00.123456789Z")}

RULE = Rule(
    code="OG5004",
    title=Text("Build on a base that is not old", "오래된 베이스 이미지 위에 빌드하지 않습니다"),
    reason=Text(
        "Security fixes come with new images under the same tag. A build takes the image that is here already, and so "
        "goes without them until somebody pulls.",
        "보안 수정은 같은 태그의 새 이미지로 나옵니다. "
        "빌드는 이미 받아 둔 이미지를 쓰므로, 다시 받기 전에는 반영되지 않습니다.",
    ),
    exception=Text(
        "Where the publisher makes no new images of this version; then it is time for the next one.",
        "그 버전의 새 이미지가 더는 나오지 않을 때. 다음 버전으로 옮길 때가 된 것입니다.",
    ),
    bad=(
        Example("FROM debian:12", bases=_OLD),
        Example("FROM debian:12@sha256:" + "0" * 64, bases=_OLD),
        Example("FROM debian:12", bases={0: Base(created="2027-01-01T00:00:00Z")}, policy=Policy(base_days=7)),
    ),
    good=(
        Example("FROM debian:12", bases={0: Base(created="2027-01-01T00:00:00Z")}),
        Example("FROM debian:12", bases=_OLD, policy=Policy(base_days=1000)),
        Example("FROM debian:12", bases={0: Base(created="1970-01-01T00:00:00Z")}),
        Example("FROM debian:12", bases={0: Base()}),
        Example("FROM debian:12"),
    ),
    check=check,
    severity=Severity.INFO,
)
