from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.knowledge.managers import PIP
from onggi.lint.rule import Example, Rule
from onggi.lint.view.context import Context
from onggi.lint.view.manifests import LOCKED, Install, found_lock, installs
from onggi.lint.view.subject import Subject
from onggi.lint.view.takings import Taking, printable, takings
from onggi.lint.violation import Text, Violation

_NONE = Text(
    "{manifest} has no {lock} beside it that {program} could keep to",
    "{manifest} 옆에 잠금 파일({lock})이 없어서 {program} 설치 때마다 버전이 달라질 수 있습니다",
)
_LEFT_BEHIND = Text(
    "{lock} is not copied with {manifest}, so that {program} chooses versions of its own",
    "{lock} 없이 {manifest}만 복사해서 {program} 설치 때 버전을 새로 고릅니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    """At the COPY that brings the manifest, once for each manifest."""
    context = subject.facts.context
    told: set[str] = set()
    for install in installs(subject, takings(subject)):
        for source, manifest in _manifests(context, install):
            message = _message(context, install, manifest) if context is not None and manifest not in told else None
            if message is not None:
                told.add(manifest)
                yield source.step.violation(source.word.span, message)


def _manifests(context: Context | None, install: Install) -> Iterator[tuple[Taking, str]]:
    locked = LOCKED.get(install.program)
    if context is not None and locked is not None and not _is_pip(install):
        yield from install.holders(context, locked.manifest)


def _is_pip(install: Install) -> bool:
    """`uv pip install -r` keeps to its file."""
    return install.deed.manager.manifests == PIP.manifests


def _message(context: Context, install: Install, manifest: str) -> Text | None:
    locked = LOCKED[install.program]
    lock = found_lock(context, manifest, locked)
    if lock is None:
        is_lost = not any(map(install.may_have, locked.locks)) and locked.needs_one(context.text(manifest) or "")
        return _told(_NONE, manifest, locked.locks[0], install) if is_lost else None
    return None if install.brings(lock) else _told(_LEFT_BEHIND, manifest, lock, install)


def _told(message: Text, manifest: str, lock: str, install: Install) -> Text:
    return message.format(manifest=printable(manifest), lock=printable(lock), program=install.program)


_NPM = "FROM node:22-slim\nCOPY package.json ./\nRUN npm install"
_NPM_BOTH = "FROM node:22-slim\nCOPY package*.json ./\nRUN npm ci"
_PACKAGE = '{"dependencies": {"express": "^4.21.0"}}'
_CARGO = '[package]\nname = "a"\n[dependencies]\nserde = "1"'

RULE = Rule(
    code="OG5006",
    title=Text("Copy a lock file with the manifest", "의존성 파일은 잠금 파일과 함께 복사합니다"),
    reason=Text(
        "A manifest names ranges; the lock file says which versions were tested. Without it each build takes the "
        "newest of the day, those of dependencies of dependencies too.",
        "의존성 파일에는 범위만 있고, 어떤 버전으로 시험했는지는 잠금 파일에 있습니다. "
        "잠금 파일이 없으면 빌드할 때마다 그날의 최신 버전이, 의존성의 의존성까지 설치됩니다.",
    ),
    exception=Text(
        "Where the image is to test against the newest versions.", "최신 버전에서 시험해 보려는 이미지일 때."
    ),
    bad=(
        Example(_NPM, files={"package.json": _PACKAGE}),
        Example(_NPM, files={"package.json": _PACKAGE, "package-lock.json": "{}"}),
        Example("FROM node:22-slim\nCOPY . .\nRUN corepack enable && yarn", files={"package.json": _PACKAGE}),
        Example(_NPM_BOTH, ignore="package-lock.json", files={"package.json": _PACKAGE, "package-lock.json": "{}"}),
        Example("FROM ruby:3.4\nCOPY Gemfile /app/\nRUN bundle install", files={"Gemfile": "gem 'rails'"}),
        Example("FROM rust:1.84\nCOPY . .\nRUN cargo build --release", files={"Cargo.toml": _CARGO}),
        Example(
            "FROM golang:1.24\nCOPY go.mod ./\nRUN go mod download", files={"go.mod": "module a\nrequire b v1.0.0"}
        ),
        Example(
            "FROM composer:2\nCOPY . .\nRUN composer install", files={"composer.json": '{"require": {"a/b": "^1"}}'}
        ),
    ),
    good=(
        Example(_NPM_BOTH, files={"package.json": _PACKAGE, "package-lock.json": "{}"}),
        Example(_NPM, files={"package.json": '{"name": "a"}'}),
        Example(_NPM.replace("npm install", "npm install -g serve"), files={"package.json": _PACKAGE}),
        Example("FROM node:22-slim\nCOPY package.json ./", files={"package.json": _PACKAGE, "package-lock.json": "{}"}),
        Example(
            "FROM node:22\nCOPY web .\nRUN npm ci", files={"web/package.json": _PACKAGE, "web/package-lock.json": ""}
        ),
        Example(
            "FROM node:22\nCOPY yarn.lock .\nCOPY api api\nRUN cd api && yarn",
            files={"api/package.json": _PACKAGE, "yarn.lock": "a"},
        ),
        Example(
            "FROM node:22\nCOPY package.json .\n"
            "RUN --mount=type=bind,source=package-lock.json,target=package-lock.json npm ci",
            files={"package.json": _PACKAGE, "package-lock.json": "{}"},
        ),
        Example("FROM golang:1.24\nCOPY go.mod ./\nRUN go mod download", files={"go.mod": "module a\n\ngo 1.24"}),
        Example("FROM rust:1.84\nCOPY . .\nRUN cargo test", files={"Cargo.toml": f"{_CARGO}\n[lib]"}),
        Example("FROM node:22-slim\nCOPY package.json yarn.lock ./\nRUN yarn", files={"package.json": _PACKAGE}),
        Example(_NPM, files={"server.js": "…"}),
        Example(_NPM),
    ),
    check=check,
)
