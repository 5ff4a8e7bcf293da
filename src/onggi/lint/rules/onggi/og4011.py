from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Cmd, Entrypoint, ExecForm, ShellForm
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.lineage import lineages
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "{program} gets {shell} and this text as its arguments: write the CMD as a JSON array too",
    "{program}에 {shell}와 이 글이 통째로 인자로 전해집니다. CMD도 JSON 배열로 쓰세요",
)
_DEFAULT_SHELL = ("/bin/sh", "-c")
_NO_STARTER = Pattern(
    r"(?:.*/)?(?:gunicorn|uvicorn|hypercorn|granian|daphne|celery|flask|django-admin|streamlit|python[\d.]*|node|deno|bun"
    r"|npm|yarn|pnpm|java|ruby|rails|perl|php|php-fpm|dotnet|nginx|httpd|apache2ctl|caddy|redis-server|mongod|postgres"
    r"|mysqld|curl|wget|git|ffmpeg|terraform|kubectl|helm|aws|sh|bash|dash|ash)"
)
"""Programs that start no command that is given to them as words."""
_STARTER = Pattern(r"--|exec|run|.*(?:entry-?point|wrapper|init|start).*|.*\.sh|.*\$@.*")
"""A word of one that may."""


def check(subject: Subject) -> Iterator[Violation]:
    """Many an ENTRYPOINT starts the command that it is given: then a shell is as good as any. Not told of those, unless
    the text begins as no command does."""
    for image in lineages(subject):
        entrypoint, cmd = image.last(Entrypoint), image.last(Cmd)
        if entrypoint is None or cmd is None or cmd[0] not in image.stage.steps:
            continue
        step, (command, text) = cmd[0], (entrypoint[1].command, cmd[1].command)
        if not isinstance(command, ExecForm) or not isinstance(text, ShellForm) or not command.arguments:
            continue
        if text.text.lstrip().startswith("-") or _starts_nothing(command.arguments):
            shell = " ".join(step.standing.shell or _DEFAULT_SHELL)
            program = command.arguments[0].rpartition("/")[2]
            yield step.violation(cmd[1].origin.span, _MESSAGE.format(program=program, shell=shell))


def _starts_nothing(words: tuple[str, ...]) -> bool:
    return _NO_STARTER.fullmatch(words[0]) is not None and not any(map(_STARTER.fullmatch, words[1:]))


RULE = Rule(
    code="OG4011",
    title=Text("CMD behind an ENTRYPOINT in exec form is one too", "exec 형식 ENTRYPOINT의 CMD도 exec 형식으로 씁니다"),
    reason=Text(
        "CMD's words are put behind ENTRYPOINT's. In shell form they are /bin/sh, -c and the text in one piece, and "
        "the program is started with these.",
        "CMD의 단어는 ENTRYPOINT의 단어 뒤에 붙습니다. 셸 형식이면 그 단어는 /bin/sh, -c, 그리고 한 덩어리가 된 "
        "글이고, 프로그램은 이것을 인자로 받습니다.",
    ),
    exception=Text(
        'Where the program starts the command that it is given, as entrypoint scripts with exec "$@" do.',
        '프로그램이 인자로 받은 명령을 시작할 때(exec "$@"로 끝나는 스크립트 등).',
    ),
    bad=(
        Example('FROM python:3.13-slim\nENTRYPOINT ["gunicorn"]\nCMD app.main:app'),
        Example('FROM node:22-slim\nENTRYPOINT ["/usr/local/bin/node"]\nCMD server.js'),
        Example('FROM python:3.13-slim\nCMD runserver\nENTRYPOINT ["python", "manage.py"]'),
        Example('FROM debian:12-slim AS base\nENTRYPOINT ["/server"]\n\nFROM base\nCMD -p 80'),
        Example('FROM debian:12-slim\nENTRYPOINT ["/bin/bash", "-c"]\nCMD /server --port 80'),
    ),
    good=(
        Example('FROM python:3.13-slim\nENTRYPOINT ["gunicorn"]\nCMD ["app.main:app"]'),
        Example('FROM node:22-slim\nENTRYPOINT ["docker-entrypoint.sh"]\nCMD npm start'),
        Example('FROM debian:12-slim\nENTRYPOINT ["tini", "--"]\nCMD /server --port 80'),
        Example('FROM python:3.13-slim\nENTRYPOINT ["python", "/entrypoint.py"]\nCMD gunicorn app.main:app'),
        Example('FROM debian:12-slim\nENTRYPOINT ["sh", "-c", "exec \\"$@\\"", "--"]\nCMD /server'),
        Example("FROM debian:12-slim\nENTRYPOINT /server\nCMD -p 80"),
        Example('FROM node:22-slim AS base\nENTRYPOINT ["node"]\n\nFROM base\nENTRYPOINT []\nCMD npm start'),
        Example("FROM debian:12-slim\nCMD /server --port 80"),
    ),
    check=check,
    severity=Severity.ERROR,
)
