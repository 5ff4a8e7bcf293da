from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.view.leavings import Cache, uncleaned
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text("`dnf clean all` missing after dnf command", "dnf 뒤에 `dnf clean all`이 없습니다")
_CACHES = tuple(
    Cache(
        program=program,
        fills=frozenset({"install", "in", "reinstall", "rei", "upgrade", "up", "upgrade-minimal", "up-min"}),
        cleans=frozenset({"clean"}),
        cleaning=f"{program} clean all",
        folders=("/var/cache/libdnf5", "/var/cache/dnf", "/var/cache/yum", ".cache/libdnf5"),
    )
    for program in ("dnf", "microdnf")
)


def check(subject: Subject) -> Iterator[Violation]:
    for cache in _CACHES:
        yield from uncleaned(subject.runs(), cache, _MESSAGE)


RULE = Rule(
    code="DL3040",
    title=Text("Clean up after dnf in the same RUN", "dnf를 쓴 RUN 안에서 캐시를 지웁니다"),
    reason=Text(
        "dnf keeps its lists of packages in /var/cache, often more than what is installed. A later RUN that deletes "
        "them leaves them in the layer before.",
        "dnf는 패키지 목록을 /var/cache에 남기는데 설치한 것보다 클 때도 많습니다. 다음 RUN에서 지워도 앞 레이어에는 "
        "그대로 들어 있습니다.",
    ),
    exception=Text(
        "Where the stage is left behind and only some of its files are copied on.",
        "파일 몇 개만 복사하고 버리는 단계일 때.",
    ),
    bad=(
        Example(
            "FROM fedora:40\nRUN dnf install -y httpd-2.4.59",
            fixed="FROM fedora:40\nRUN dnf install -y httpd-2.4.59 && dnf clean all",
        ),
        Example(
            "FROM fedora:40\nRUN <<EOF\nmicrodnf -y upgrade\nEOF",
            fixed="FROM fedora:40\nRUN <<EOF\nmicrodnf -y upgrade && microdnf clean all\nEOF",
        ),
        Example('FROM fedora:40\nRUN ["dnf", "install", "-y", "httpd-2.4.59"]'),
    ),
    good=(
        Example("FROM fedora:40\nRUN dnf install -y httpd-2.4.59 && dnf clean all"),
        Example("FROM fedora:40\nRUN dnf install -y httpd-2.4.59 && rm -rf /var/cache/libdnf5 /tmp/*"),
        Example("FROM fedora:40\nRUN --mount=type=cache,target=/var/cache/libdnf5 dnf install -y httpd-2.4.59"),
    ),
    check=check,
)
