from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import User
from onggi.lint.knowledge.managers import Manager, filled, plain
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.shell.commands import Command
from onggi.lint.view.leavings import is_mounted, removes
from onggi.lint.view.lineage import Lineage, final
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Fix, Text, Violation, behind

_MESSAGE = Text(
    "{manager} leaves its cache in the layer: mount one with --mount=type=cache,target={cache}",
    "{manager}의 캐시가 레이어에 남습니다. --mount=type=cache,target={cache} 마운트에 두세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    """In what becomes the image; the caches of compilers are not looked at, as these should not be there at all. apt,
    apk, dnf, pip and yarn are DL3009, DL3019, DL3040, DL3042 and DL3060."""
    image = final(subject)
    if image is None or not image.is_for_production:
        return
    for step in image.steps:
        found = _left(step)
        if found is not None:
            manager, command = found
            message = _MESSAGE.format(manager=manager.name, cache=manager.cache)
            yield step.violation(command.span, message, _fix(image, step, manager))


def _left(step: Step) -> tuple[Manager, Command] | None:
    """The first command that installs and whose cache gets into the layer."""
    if step.run is None:
        return None
    for command in step.commands:
        manager = filled(command)
        if manager is None or not manager.clean or is_mounted(step.run, manager.cache_at_home):
            continue
        if not _is_off(step, manager, command) and not any(_empties(each, manager) for each in step.commands):
            return manager, command
    return None


def _is_off(step: Step, manager: Manager, command: Command) -> bool:
    names = (*command.flags, *command.assignments, *step.standing.scope.variables)
    return not set(names).isdisjoint(manager.uncached)


def _empties(command: Command, manager: Manager) -> bool:
    """`npm cache clean`, `rm -rf ~/.npm`, `rm -rf $(npm config get cache)`"""
    if plain(command).name == manager.name:
        return bool(command.operands) and command.operands[0].text.startswith(manager.clean)
    is_asked = command.name == "rm" and any(word.has_variable and "cache" in word.text for word in command.operands)
    return is_asked or removes(command, manager.cache_at_home, within=True)


def _fix(image: Lineage, step: Step, manager: Manager) -> Fix | None:
    """Where it is root's folder. Whoever else runs it keeps the cache elsewhere."""
    before = image.steps[: image.steps.index(step)]
    has_other_home = "HOME" in step.standing.scope.variables
    if has_other_home or any(isinstance(each.instruction, User) for each in before) or not image.begins_as_root:
        return None
    keyword = step.instruction.origin.keywords[0]
    return Fix((behind(keyword.span, f" --mount=type=cache,target={manager.cache}"),))


RULE = Rule(
    code="OG1003",
    title=Text("Keep the caches of package managers out of layers", "패키지 관리자의 캐시를 레이어에 남기지 않습니다"),
    reason=Text(
        "What a manager keeps for its next run makes the image larger and is never read again. In a cache mount it is "
        "no part of the image, and the next build finds it.",
        "다음 실행을 위해 남긴 캐시는 이미지만 키우고 다시 읽히지 않습니다. "
        "캐시 마운트에 두면 이미지에는 없고 다음 빌드에서 쓸 수 있습니다.",
    ),
    exception=Text(
        "Where builders without cache mounts have to take the file; empty the cache in the same RUN then.",
        "캐시 마운트가 없는 빌더도 써야 할 때. 그때는 같은 RUN에서 캐시를 비우세요.",
    ),
    bad=(
        Example(
            'FROM node:22-slim\nCOPY package*.json ./\nRUN npm ci --omit=dev\nCMD ["node", "server.js"]',
            fixed="FROM node:22-slim\nCOPY package*.json ./\n"
            "RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev\n"
            'CMD ["node", "server.js"]',
        ),
        Example('FROM node:22-slim\nUSER node\nRUN npm ci && npm run build\nCMD ["node", "server.js"]'),
        Example(
            'FROM node:22-alpine\nRUN apk add git && npm ci && rm -rf /var/cache/apk/*\nCMD ["node", "server.js"]',
            fixed="FROM node:22-alpine\nRUN --mount=type=cache,target=/root/.npm apk add git && npm ci && "
            'rm -rf /var/cache/apk/*\nCMD ["node", "server.js"]',
        ),
        Example(
            'FROM node:22-slim\nRUN npm install -g pm2@5\nCMD ["pm2-runtime", "server.js"]',
            fixed="FROM node:22-slim\nRUN --mount=type=cache,target=/root/.npm npm install -g pm2@5\n"
            'CMD ["pm2-runtime", "server.js"]',
        ),
        Example('FROM company/app\nRUN poetry install && rm -rf /app/node_modules/.cache\nCMD ["python", "app.py"]'),
        Example('FROM company/node\nRUN npm ci && rm -f ~/.npmrc && rm -rf /tmp/*\nCMD ["node", "server.js"]'),
        Example('FROM continuumio/miniconda3\nRUN conda install -y numpy\nCMD ["python", "app.py"]'),
        Example('FROM company/php:8\nRUN composer install --no-dev\nCMD ["php-fpm"]'),
        Example('FROM continuumio/miniconda3\nRUN conda env create -f environment.yml\nCMD ["python", "app.py"]'),
        Example(
            'FROM python:3.13-slim\nRUN \\\n  uv sync --frozen\nCMD ["python", "app.py"]',
            fixed="FROM python:3.13-slim\nRUN --mount=type=cache,target=/root/.cache/uv \\\n  uv sync --frozen\n"
            'CMD ["python", "app.py"]',
        ),
        Example('FROM python:3.13\nENV HOME=/app\nRUN poetry install --only main\nCMD ["python", "app.py"]'),
    ),
    good=(
        Example('FROM node:22-slim\nRUN --mount=type=cache,target=/root/.npm npm ci\nCMD ["node", "server.js"]'),
        Example('FROM node:22-slim\nRUN npm ci && npm cache clean --force\nCMD ["node", "server.js"]'),
        Example('FROM node:22-slim\nRUN npm ci && rm -rf /root/.npm\nCMD ["node", "server.js"]'),
        Example('FROM node:22 AS build\nRUN npm ci\n\nFROM node:22-slim\nCMD ["node", "server.js"]'),
        Example('FROM python:3.13\nENV UV_NO_CACHE=1\nRUN uv sync --frozen\nCMD ["python", "app.py"]'),
        Example('FROM node:22-slim\nRUN npm i -g pm2@5 && npm cache clean --force\nCMD ["pm2-runtime", "a.js"]'),
        Example('FROM php:8.3-apache\nRUN composer install --no-dev --no-cache\nCMD ["apache2-foreground"]'),
        Example('FROM miniconda3\nRUN conda env create -f e.yml && conda clean -afy\nCMD ["python", "app.py"]'),
        Example('FROM node:22-slim\nRUN npm ci && rm -rf ~/.npm/_cacache\nCMD ["node", "server.js"]'),
        Example('FROM php:8\nRUN composer install && rm -rf "$(composer config cache-dir)"\nCMD ["php", "a.php"]'),
        Example("FROM node:22\nRUN npm ci"),
    ),
    check=check,
    severity=Severity.INFO,
)
