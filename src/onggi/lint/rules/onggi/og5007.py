from __future__ import annotations

import posixpath
from collections.abc import Iterator

from onggi.lint.knowledge.managers import NPM
from onggi.lint.rule import Example, Rule
from onggi.lint.view.manifests import Install, installs
from onggi.lint.view.subject import Subject
from onggi.lint.view.takings import taken, takings
from onggi.lint.violation import Edit, Fix, Text, Violation

_LOCKS = ("package-lock.json", "npm-shrinkwrap.json")
_VERBS = ("install", "i")
_WITHOUT_LOCK = ("no-package-lock", "package-lock", "package-lock-only", "no-save", "save", "dry-run")
_MESSAGE = Text(
    "Use npm ci: npm {verb} may go beyond {lock}",
    "npm ci를 쓰세요. npm {verb} 명령은 {lock} 파일과 다른 버전을 설치할 수 있습니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    """Where a lock file is copied by its name, or the context has one that is copied."""
    named = (taking for step in subject.steps() for taking in taken(step) if _is_lock(taking.path))
    told: set[int] = set()
    for install in (*installs(subject, named), *installs(subject, takings(subject))):
        if id(install.deed.command) not in told and (violation := _violation(subject, install)) is not None:
            told.add(id(install.deed.command))
            yield violation


def _violation(subject: Subject, install: Install) -> Violation | None:
    command = install.deed.command
    verb = next((argument for argument in command.arguments if not argument.is_flag), None)
    lock = _lock(subject, install)
    is_meant = install.deed.manager is not NPM or command.has_flag(*_WITHOUT_LOCK)
    if is_meant or verb is None or verb.text not in _VERBS or lock is None:
        return None
    fix = Fix((Edit(verb.span, "ci"),), is_safe=False) if command.is_placed else None
    return install.step.violation(command.span, _MESSAGE.format(verb=verb.text, lock=lock), fix)


def _lock(subject: Subject, install: Install) -> str | None:
    context = subject.facts.context
    for name in _LOCKS:
        if any(posixpath.basename(source.path) == name for source in install.sources):
            return name
        if context is not None and any(install.holders(context, name)):
            return name
    return None


def _is_lock(path: str) -> bool:
    return posixpath.basename(path) in _LOCKS


_FILES = {"package.json": '{"dependencies": {"a": "^1"}}', "package-lock.json": "{}"}
_NAMED = "FROM node:22-slim\nCOPY package.json package-lock.json ./\nRUN npm {verb}"
_SWEPT = "FROM node:22-slim\nCOPY package*.json ./\nRUN npm {verb} --omit=dev && npm cache clean --force"

RULE = Rule(
    code="OG5007",
    title=Text("Install with npm ci", "의존성은 npm ci로 설치합니다"),
    reason=Text(
        "npm ci installs just what the lock file says and fails where it does not fit package.json; npm install mends "
        "the lock file in the image, where nobody sees it.",
        "npm ci는 잠금 파일에 적힌 그대로 설치하고, package.json과 맞지 않으면 실패합니다. "
        "npm install은 이미지 안에서 잠금 파일을 고쳐 버리고, 아무도 그 사실을 모릅니다.",
    ),
    exception=Text(
        "Where the lock file was made on another system and misses packages of this one.",
        "다른 운영체제에서 만든 잠금 파일이라 필요한 패키지가 빠져 있을 때.",
    ),
    bad=(
        Example(_NAMED.format(verb="install"), fixed=_NAMED.format(verb="ci")),
        Example(_SWEPT.format(verb="i"), files=_FILES, fixed=_SWEPT.format(verb="ci")),
        Example(
            'FROM node:22 AS base\nCOPY . .\n\nFROM base\nRUN ["npm", "install"]',
            files={**_FILES, "a.js": "…"},
        ),
    ),
    good=(
        Example(_NAMED.format(verb="ci")),
        Example(_NAMED.format(verb="install left-pad")),
        Example(_NAMED.format(verb="install -g serve")),
        Example(_SWEPT.format(verb="install")),
        Example(_SWEPT.format(verb="install"), files={"package.json": "{}"}),
        Example(_SWEPT.format(verb="install"), ignore="package-lock.json", files=_FILES),
        Example("FROM node:22\nCOPY package.json .\nRUN npm install", files=_FILES),
        Example("FROM node:22 AS a\nCOPY package-lock.json .\n\nFROM node:22\nRUN npm install"),
    ),
    check=check,
)
