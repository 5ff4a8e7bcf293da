from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.view.packages import DNF, unpinned_rpms
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "Specify version with `dnf install -y <package>-<version>`",
    "`dnf install -y <package>-<version>`처럼 버전을 적으세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    return unpinned_rpms(subject, DNF, _MESSAGE)


RULE = Rule(
    code="DL3041",
    title=Text("Pin versions in dnf install", "dnf install에는 버전을 적습니다"),
    reason=Text(
        "Without a version, what is installed depends on the day of the build and on what the cache holds.",
        "버전이 없으면 언제 빌드했는지, 캐시에 무엇이 있었는지에 따라 다른 것이 설치됩니다.",
    ),
    exception=Text(
        "Where the newest fixes matter more than building the same again, and the base image is pinned.",
        "똑같이 다시 빌드하는 것보다 최신 보안 수정이 중요하고, 베이스 이미지가 고정돼 있을 때.",
    ),
    bad=(
        Example("FROM fedora:40\nRUN dnf install -y httpd && dnf clean all"),
        Example("FROM fedora:40\nRUN microdnf install -y httpd-2.4.59 gcc-c++ && microdnf clean all"),
        Example("FROM fedora:40\nRUN dnf -y module install nodejs && dnf clean all"),
    ),
    good=(
        Example("FROM fedora:40\nRUN dnf install -y httpd-2.4.59 && dnf clean all"),
        Example("FROM fedora:40\nARG HTTPD=2.4.59\nRUN dnf install -y httpd-${HTTPD} && dnf clean all"),
        Example("FROM fedora:40\nRUN dnf -y module install nodejs:20 && dnf clean all"),
        Example("FROM fedora:40\nRUN dnf -y group install web-server && dnf clean all"),
    ),
    check=check,
)
