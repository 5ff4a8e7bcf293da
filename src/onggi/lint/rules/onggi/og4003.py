from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Cmd, Entrypoint
from onggi.lint.rule import Example, Rule
from onggi.lint.shell.commands import Command
from onggi.lint.view.lineage import final
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MANAGERS = frozenset({"npm", "yarn", "pnpm", "npx"})
_INITS = frozenset({"tini", "dumb-init", "docker-init", "exec"})
_MESSAGE = Text(
    "{manager} as the main process keeps SIGTERM from the program: start that itself, as in {example}",
    "주 프로세스가 {manager}이면 프로그램이 SIGTERM을 받지 못합니다. {example}처럼 직접 실행하세요",
)
_EXAMPLE = 'CMD ["node", "server.js"]'


def check(subject: Subject) -> Iterator[Violation]:
    image = final(subject)
    if image is None or not image.is_for_production:
        return
    for found in (image.last(Entrypoint), image.last(Cmd)):
        if found is None:
            continue
        step, instruction = found
        manager = next(filter(None, map(_manager, step.commands[:1])), "")
        if manager:
            message = _MESSAGE.format(manager=manager, example=_EXAMPLE)
            yield step.violation(instruction.origin.span, message)
            return


def _manager(command: Command) -> str:
    """`npm start`, also behind an init; "" for anything else."""
    words = [command.name, *(argument.text for argument in command.arguments)]
    if words[0].rpartition("/")[2] in _INITS:
        words = [word for word in words[1:] if not word.startswith("-")]
    return words[0] if len(words) > 1 and words[0] in _MANAGERS else ""


RULE = Rule(
    code="OG4003",
    title=Text("Start the program, not its package manager", "패키지 관리자가 아니라 프로그램을 바로 실행합니다"),
    reason=Text(
        "npm, yarn and pnpm start a shell that starts the program; a signal to stop ends with them. The program is "
        "killed in the middle of its work, and two more processes stay in memory.",
        "npm, yarn, pnpm은 셸을 띄우고 그 셸이 프로그램을 띄웁니다. 멈추라는 신호가 거기서 끊겨 "
        "프로그램이 일하던 중에 강제로 종료되고, 메모리에는 프로세스가 두 개 더 남습니다.",
    ),
    exception=Text(
        "Where the image is for development, or nothing is lost when the program is killed.",
        "개발용 이미지이거나, 강제로 종료돼도 잃을 것이 없을 때.",
    ),
    bad=(
        Example('FROM node:22-slim\nCMD ["npm", "start"]'),
        Example("FROM node:22-slim\nCMD yarn start:prod"),
        Example('FROM node:22-slim\nENTRYPOINT ["pnpm", "run"]\nCMD ["start"]'),
        Example('FROM node:22-slim\nENTRYPOINT ["/sbin/tini", "--", "npm", "run", "start"]'),
        Example('FROM node:22-slim AS base\nCMD ["npx", "next", "start"]\n\nFROM base\nUSER node'),
    ),
    good=(
        Example('FROM node:22-slim\nCMD ["node", "server.js"]'),
        Example('FROM node:22-slim\nCMD ["npm", "run", "dev"]'),
        Example('FROM node:22-slim AS test\nCMD ["npm", "test"]'),
        Example('FROM node:22-slim AS dev\nCMD ["npm", "start"]\n\nFROM node:22-slim\nCMD ["node", "server.js"]'),
        Example('FROM node:22-slim\nENTRYPOINT ["docker-entrypoint.sh"]\nCMD ["node", "npm.js"]'),
    ),
    check=check,
)
