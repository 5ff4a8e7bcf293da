from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.view.packages import GEM, Installation, unpinned
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_PINNED = Pattern(r".*:.*|.*\.gem")
_MESSAGE = Text(
    "Pin versions in gem install. Instead of `gem install <gem>` use `gem install <gem>:<version>`",
    "gem install에 버전을 적으세요. `gem install <젬>` 대신 `gem install <젬>:<버전>`",
)


def check(subject: Subject) -> Iterator[Violation]:
    yield from unpinned(subject, GEM, _PINNED.fullmatch, _MESSAGE, is_told=_says_version)


def _says_version(found: Installation) -> bool:
    return found.command.has_flag("v", "version")


RULE = Rule(
    code="DL3028",
    title=Text("Pin the versions of gems", "젬의 버전을 고정합니다"),
    reason=Text(
        "The newest version is installed, whichever that is on the day: the build breaks without a change.",
        "그날의 가장 새 버전이 설치되므로, 바꾼 것이 없어도 빌드가 깨집니다.",
    ),
    exception=Text(
        "Where the tool is used in the build only, and the newest is wanted.",
        "빌드에만 쓰는 도구이고 가장 새 버전을 원할 때.",
    ),
    bad=(
        Example("FROM ruby:3\nRUN gem install bundler"),
        Example("FROM ruby:3\nRUN gem i --no-document rails:7.1 puma"),
        Example("FROM ruby:3\nRUN gem install nokogiri -- --with-version=2"),
    ),
    good=(
        Example("FROM ruby:3\nRUN gem install bundler:2.5.1"),
        Example("FROM ruby:3\nRUN gem install bundler -v 2.5.1"),
        Example("FROM ruby:3\nRUN gem install --version=2.5.1 bundler"),
        Example("FROM ruby:3\nRUN gem install ./mine.gem"),
    ),
    check=check,
)
