from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.view.packages import APT_GET, unpinned
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_PINNED = Pattern(r".*[=/].*|.*\.deb")
_MESSAGE = Text(
    "Pin versions in apt get install. Instead of `apt-get install <package>` use `apt-get install <package>=<version>`",
    "apt-get install에 버전을 적으세요. `apt-get install <패키지>` 대신 `apt-get install <패키지>=<버전>`",
)


def check(subject: Subject) -> Iterator[Violation]:
    yield from unpinned(subject, APT_GET, _PINNED.fullmatch, _MESSAGE)


RULE = Rule(
    code="DL3008",
    title=Text("Pin the versions of apt packages", "apt 패키지의 버전을 고정합니다"),
    reason=Text(
        "The same Dockerfile builds something else next week, and nobody can tell if a cached layer is up to date.",
        "같은 Dockerfile이 다음 주에는 다른 것을 만들고, 캐시에서 온 레이어가 최신인지도 알 수 없습니다.",
    ),
    exception=Text(
        "Where the distribution keeps no old versions, as Debian's mirrors, and you rebuild for its security updates.",
        "Debian 미러처럼 옛 버전을 남겨 두지 않는 배포판이고, 보안 업데이트를 위해 다시 빌드할 때.",
    ),
    bad=(
        Example("FROM debian:12\nRUN apt-get update && apt-get install -y curl"),
        Example("FROM debian:12\nRUN apt-get -t stable install -y git=1:2.39 $PACKAGES"),
        Example('FROM debian:12\nRUN ["apt-get", "install", "curl"]'),
    ),
    good=(
        Example("FROM debian:12\nRUN apt-get install -y -t bookworm-backports curl=7.88.1-10+deb12u8"),
        Example("FROM debian:12\nRUN apt-get install -y git/stable ./mine.deb"),
        Example("FROM debian:12\nRUN echo apt-get install curl"),
    ),
    check=check,
)
