from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.view.packages import ZYPPER, unpinned
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "Specify version with `zypper install -y <package>=<version>`",
    "`zypper install -y <package>=<version>`처럼 버전을 적으세요",
)
_PINNED = Pattern(r"[=<>]|\.rpm$")


def check(subject: Subject) -> Iterator[Violation]:
    return unpinned(subject, ZYPPER, _PINNED.search, _MESSAGE, lambda found: found.command.has_argument("pattern"))


RULE = Rule(
    code="DL3037",
    title=Text("Pin versions in zypper install", "zypper install에는 버전을 적습니다"),
    reason=Text(
        "Without a version, what is installed depends on the day of the build and on what the cache holds.",
        "버전이 없으면 언제 빌드했는지, 캐시에 무엇이 있었는지에 따라 다른 것이 설치됩니다.",
    ),
    exception=Text(
        "Where the newest fixes matter more than building the same again, and the base image is pinned.",
        "똑같이 다시 빌드하는 것보다 최신 보안 수정이 중요하고, 베이스 이미지가 고정돼 있을 때.",
    ),
    bad=(
        Example("FROM opensuse/leap:15.5\nRUN zypper install -y httpd && zypper clean"),
        Example("FROM opensuse/leap:15.5\nRUN zypper -n in --from repo-oss httpd=2.4.46 vim && zypper clean"),
    ),
    good=(
        Example("FROM opensuse/leap:15.5\nRUN zypper install -y httpd=2.4.46 && zypper clean"),
        Example("FROM opensuse/leap:15.5\nRUN zypper -n in 'httpd>=2.4' ./vim.rpm && zypper clean"),
        Example("FROM opensuse/leap:15.5\nRUN zypper -n in -t pattern devel_basis && zypper clean"),
    ),
    check=check,
)
