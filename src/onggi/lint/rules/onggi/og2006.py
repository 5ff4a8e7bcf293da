from __future__ import annotations

import re
from collections.abc import Iterator

from onggi.dockerfile.source import Span
from onggi.lint.knowledge.managers import Deed, deed, plain, required_files
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.shell.commands import Command
from onggi.lint.view.lineage import final
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Text, Violation

_DEVELOPMENT_FILE = Pattern(r"(?:.*[-_./])?(?:dev|develop|development|test|tests|testing|lint)(?:[-_./].*)?")
_EXTRAS = Pattern(r".*\[(?:[\w-]+,\s*)*(?:dev|develop|development|test|tests|testing|lint)(?:,\s*[\w-]+)*\]")
_ASKED_FOR = ("dev", "d", "with-dev", "all-groups", "all-extras")
_MESSAGE = Text(
    "{what} brings what only developers need into the image that runs",
    "개발할 때만 쓰는 것까지 실행 이미지에 설치합니다({what})",
)


def check(subject: Subject) -> Iterator[Violation]:
    """Where they are taken out again (npm prune) no file of theirs is left, so nothing is told."""
    image = final(subject)
    if image is None or not image.is_for_production:
        return
    steps = [step for step in image.steps if step.run is not None]
    pruned = {plain(command).name for step in steps for command in step.commands if command.has_argument("prune")}
    configured = {plain(command).name for step in steps for command in step.commands if command.has_argument("without")}
    for step in steps:
        for command in step.commands:
            found = _unneeded(step, plain(command))
            if found is not None and plain(command).name not in pruned | configured:
                span, what = found
                yield step.violation(span, _MESSAGE.format(what=what))


def _unneeded(step: Step, command: Command) -> tuple[Span, str] | None:
    """Where it is asked for, and what brings it."""
    if command.name == "pip" and command.has_argument("install"):
        for file in required_files(command):
            if _DEVELOPMENT_FILE.fullmatch(file.text.removesuffix(".txt")):
                return file.span, file.text
    if command.name in ("pip", "uv") and command.has_argument("install"):
        for word in command.operands:
            if _EXTRAS.fullmatch(word.text):
                return word.span, word.text
    found = deed(command)
    if found is None or found.is_build or _is_only_needed(step, found):
        return None
    return command.span, " ".join((found.manager.name, *(word.text for word in command.operands[:1])))


def _is_only_needed(step: Step, found: Deed) -> bool:
    manager, command = found.manager, found.command
    if command.has_argument("--include=dev"):
        return False
    if manager.name == "pipenv":
        return not command.has_flag(*_ASKED_FOR)
    if not manager.only_needed:
        return True
    if command.has_flag(*manager.only_needed):
        return True
    variables = step.standing.scope.variables
    return any(
        name in command.assignments or re.fullmatch(value, variables.get(name, ""))
        for name, value in manager.only_needed_variables.items()
    )


RULE = Rule(
    code="OG2006",
    title=Text("Leave development dependencies out of what runs", "실행 이미지에 개발용 의존성을 넣지 않습니다"),
    reason=Text(
        "Test runners, bundlers and linters can be most of node_modules or the environment; they are pulled with each "
        "deployment and add to what has to be patched.",
        "테스트 도구, 번들러, 린터가 의존성의 대부분일 때가 많습니다. "
        "배포할 때마다 함께 내려받고, 보안 패치할 것도 그만큼 늘어납니다.",
    ),
    exception=Text(
        "Where the image is for development, or the program starts with a tool that is listed as one for development.",
        "개발용 이미지이거나, 개발용으로 적힌 도구로 프로그램을 시작할 때.",
    ),
    bad=(
        Example('FROM node:22-slim\nCOPY . .\nRUN npm ci && npm run build\nCMD ["node", "dist/server.js"]'),
        Example('FROM node:22-slim\nCOPY . .\nRUN yarn install --frozen-lockfile\nCMD ["node", "server.js"]'),
        Example('FROM node:22-slim\nENV NODE_ENV=development\nRUN pnpm i\nCMD ["node", "server.js"]'),
        Example('FROM node:22-slim\nENV NODE_ENV=production\nRUN npm ci --include=dev\nCMD ["node", "server.js"]'),
        Example('FROM python:3.13-slim\nRUN pip install -r requirements-dev.txt\nCMD ["gunicorn", "app:app"]'),
        Example('FROM python:3.13-slim\nRUN pip install -r requirements/dev.txt\nCMD ["gunicorn", "app:app"]'),
        Example('FROM python:3.13-slim\nRUN pip install ".[dev]"\nCMD ["gunicorn", "app:app"]'),
        Example('FROM python:3.13-slim\nRUN poetry install --no-root\nCMD ["gunicorn", "app:app"]'),
        Example('FROM python:3.13-slim\nRUN pipenv sync --dev --system\nCMD ["gunicorn", "app:app"]'),
        Example('FROM php:8.3-apache\nRUN composer install\nCMD ["apache2-foreground"]'),
        Example('FROM ruby:3.4-slim\nRUN bundle install\nCMD ["rails", "server"]'),
    ),
    good=(
        Example('FROM node:22-slim\nRUN npm ci --omit=dev\nCMD ["node", "server.js"]'),
        Example('FROM node:22-slim\nENV NODE_ENV=production\nRUN npm ci\nCMD ["node", "server.js"]'),
        Example('FROM node:22-slim\nRUN NODE_ENV=production npm ci\nCMD ["node", "server.js"]'),
        Example('FROM node:22-slim\nRUN npm ci && npm run build && npm prune --omit=dev\nCMD ["node", "server.js"]'),
        Example('FROM node:22 AS build\nRUN npm ci\n\nFROM node:22-slim\nCMD ["node", "server.js"]'),
        Example('FROM node:22-slim\nRUN npm install -g pm2@5\nCMD ["pm2-runtime", "server.js"]'),
        Example('FROM node:22\nRUN npm ci\nCMD ["npm", "run", "dev"]'),
        Example('FROM node:22 AS test\nRUN npm ci\nCMD ["npm", "test"]'),
        Example('FROM python:3.13-slim\nRUN pip install -r requirements.txt\nCMD ["gunicorn", "app:app"]'),
        Example('FROM python:3.13-slim\nRUN poetry install --only main\nCMD ["gunicorn", "app:app"]'),
        Example('FROM python:3.13-slim\nRUN uv sync --frozen --no-dev\nCMD ["gunicorn", "app:app"]'),
        Example('FROM ruby:3.4-slim\nENV BUNDLE_WITHOUT="development:test"\nRUN bundle install\nCMD ["puma"]'),
        Example("FROM ruby:3.4-slim\nRUN bundle config set without development && bundle install\nCMD puma"),
    ),
    check=check,
)
