from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.ignore import Matcher
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.context import Context
from onggi.lint.view.subject import Subject
from onggi.lint.view.takings import Taking, printable, takings
from onggi.lint.violation import Text, Violation
from onggi.suggest import nearest

_MESSAGE = Text(
    "{path} is not in the build context{meant}",
    "빌드 컨텍스트에 {path}이(가) 없습니다{meant}",
)
_MEANT = Text("; did you mean {near}?", ". {near}을(를) 찾으셨나요?")
_MADE = Pattern(
    r"(?:.*/)?(?:dist|build|target|out|bin|obj|lib|publish|release|artifacts?|output|_build|node_modules|vendor|wheels"
    r"|\.next|\.output|coverage|certs?|secrets?)(?:/.*)?"
    r"|.*\.(?:jar|war|whl|tar|t?gz|tgz|zip|deb|rpm|apk|so|exe|dll|wasm|pem|crt|key)"
)
"""What is likely made, or put there, before the build."""


def check(subject: Subject) -> Iterator[Violation]:
    """What a `.dockerignore` without exceptions leaves out is CopyIgnoredFile's."""
    context = subject.facts.context
    if context is None:
        return
    patterns = subject.facts.ignore
    ignored = Matcher(() if any(pattern.startswith("!") for pattern in patterns) else patterns)
    for taking in takings(subject):
        if not taking.is_pattern and not ignored.excludes(taking.path) and not context.has(taking.path):
            near = _near(taking.path, context)
            if near is not None or not _MADE.fullmatch(taking.path):
                yield _violation(taking, near)


def _near(path: str, context: Context) -> str | None:
    """A file or folder of its own folder; or the first folder of its way that is not there, if that has a slip."""
    parts = path.split("/")
    for number, name in enumerate(parts):
        above = "/".join(parts[:number])
        if not context.has("/".join(parts[: number + 1])):
            start = f"{above}/" if above else ""
            names = {file[len(start) :].partition("/")[0] for file in context.files() if file.startswith(start)}
            found = nearest(name, sorted(names))
            return None if found is None else "/".join((start + found, *parts[number + 1 :]))
    return None


def _violation(taking: Taking, near: str | None) -> Violation:
    meant: str | Text = "" if near is None else _MEANT.format(near=printable(near))
    return taking.step.violation(taking.word.span, _MESSAGE.format(path=printable(taking.path), meant=meant))


_FILES = {"requirements.txt": "…", "requirements-dev.txt": "…", "app/main.py": "…", "app/static/a.css": "…"}

RULE = Rule(
    code="OG6008",
    title=Text("Copy what is in the context", "빌드 컨텍스트에 있는 파일을 복사합니다"),
    reason=Text(
        "A source that is not there ends the build, after all steps before it.",
        "없는 파일을 복사하면, 앞선 단계를 모두 마친 뒤에 빌드가 실패합니다.",
    ),
    exception=Text(
        "Where something puts the file there before the build.",
        "빌드하기 전에 다른 작업이 그 파일을 만들어 둘 때.",
    ),
    bad=(
        Example("FROM python:3.13-slim\nCOPY requirements.txt reqiurements-dev.txt /app/", files=_FILES),
        Example("FROM python:3.13-slim\nCOPY requirements.txt /\nADD ap/main.py /app/", files=_FILES),
        Example("FROM python:3.13-slim\nCOPY app /app\nARG file=poetry.lock\nCOPY ./$file /app/", files=_FILES),
        Example("FROM python:3.13-slim\nCOPY app /app\nCOPY setup.py /", ignore="*\n!app", files=_FILES),
    ),
    good=(
        Example("FROM python:3.13-slim\nCOPY requirements.txt requirements-dev.txt app/static /app/", files=_FILES),
        Example("FROM python:3.13-slim\nCOPY main.py poetry.lock app /app/", files=_FILES),
        Example("FROM python:3.13-slim\nCOPY app /app\nCOPY poetry.loc[k] *.toml /app/", files=_FILES),
        Example("FROM python:3.13-slim\nARG file\nCOPY app /app\nCOPY $file /app/", files=_FILES),
        Example("FROM python:3.13-slim AS a\n\nFROM a\nCOPY app /app\nCOPY --from=a /x.txt /", files=_FILES),
        Example("FROM python:3.13-slim\nCOPY app /app\nADD https://example.com/a.txt /app/", files=_FILES),
        Example("FROM python:3.13-slim\nCOPY app /app\nCOPY dist/app.whl /", files=_FILES),
        Example("FROM python:3.13-slim\nCOPY app /app\nCOPY setup.py /", ignore="setup.py", files=_FILES),
        Example("FROM python:3.13-slim\nCOPY app /app\nCOPY setup.py /"),
    ),
    check=check,
    severity=Severity.ERROR,
)
