from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.view.packages import PIP, Installation, unpinned
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_REPOSITORY = r"(?:git|hg|svn|bzr)(?:\+\w+)?:"
_PINNED = Pattern(rf"{_REPOSITORY}.*@.*|(?!{_REPOSITORY})(?:.*(?:==|[<>~!]=?|/).*|\.\.?|\.\[.*|.*\.(?:whl|tar\.gz))")
_MESSAGE = Text(
    "Pin versions in pip. Instead of `pip install <package>` use `pip install <package>==<version>` or "
    "`pip install --requirement <requirements file>`",
    "pip에 버전을 적으세요. `pip install <패키지>` 대신 `pip install <패키지>==<버전>`이나 "
    "`pip install --requirement <파일>`",
)


def check(subject: Subject) -> Iterator[Violation]:
    """Where the project itself or its requirements are installed, those say which versions."""
    yield from unpinned(subject, PIP, _PINNED.fullmatch, _MESSAGE, is_told=_says_versions)


def _says_versions(found: Installation) -> bool:
    return found.command.has_flag("r", "requirement", "c", "constraint") or found.command.has_argument(".")


RULE = Rule(
    code="DL3013",
    title=Text("Pin the versions of Python packages", "Python 패키지의 버전을 고정합니다"),
    reason=Text(
        "The newest version is installed, whichever that is on the day: the build breaks without a change.",
        "그날의 가장 새 버전이 설치되므로, 바꾼 것이 없어도 빌드가 깨집니다.",
    ),
    exception=Text(
        "Where the tool is not part of the program, such as pip itself in a build stage.",
        "빌드 단계의 pip처럼, 프로그램에 들어가지 않는 도구일 때.",
    ),
    bad=(
        Example("FROM python:3.12\nRUN pip install flask"),
        Example("FROM python:3.12\nRUN python3 -m pip install --timeout 5 -U flask==3.0 django"),
        Example("FROM python:3.12\nRUN pip install git+https://example.org/a.git"),
    ),
    good=(
        Example("FROM python:3.12\nRUN pip install flask==3.0 'django>=5,<6' ./mine"),
        Example("FROM python:3.12\nRUN pip install -r requirements.txt"),
        Example("FROM python:3.12\nRUN pip install -c constraints.txt flask"),
        Example("FROM python:3.12\nRUN pip install --timeout 5 pytest -e ."),
        Example("FROM python:3.12\nRUN pip install git+https://example.org/a.git@v1"),
    ),
    check=check,
)
