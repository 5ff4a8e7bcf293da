from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.view.packages import APK, unpinned
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_PINNED = Pattern(r".*[=~<>].*|.*\.apk|!.*")
_MESSAGE = Text(
    "Pin versions in apk add. Instead of `apk add <package>` use `apk add <package>=<version>`",
    "apk add에 버전을 적으세요. `apk add <패키지>` 대신 `apk add <패키지>=<버전>`",
)


def check(subject: Subject) -> Iterator[Violation]:
    yield from unpinned(subject, APK, _PINNED.fullmatch, _MESSAGE)


RULE = Rule(
    code="DL3018",
    title=Text("Pin the versions of apk packages", "apk 패키지의 버전을 고정합니다"),
    reason=Text(
        "The same Dockerfile builds something else next week. `package~1.2` takes patch releases and no others.",
        "같은 Dockerfile이 다음 주에는 다른 것을 만듭니다. `패키지~1.2`로 쓰면 패치 버전만 받습니다.",
    ),
    exception=Text(
        "Where you rebuild for security updates: Alpine's mirrors keep only the newest build of a version.",
        "보안 업데이트를 위해 다시 빌드할 때. Alpine 미러는 가장 새 빌드만 남겨 둡니다.",
    ),
    bad=(
        Example("FROM alpine:3.20\nRUN apk add --no-cache curl"),
        Example("FROM alpine:3.20\nRUN apk --no-cache add -t .build gcc~13 make"),
    ),
    good=(
        Example("FROM alpine:3.20\nRUN apk add --no-cache 'curl=8.9.1-r2' 'git~2' 'make>4'"),
        Example(
            "FROM alpine:3.20\nRUN apk add --no-cache --virtual .build --repository https://example.org ./mine.apk"
        ),
    ),
    check=check,
)
