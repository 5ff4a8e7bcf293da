from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from onggi.dockerfile.source import Span
from onggi.lint.knowledge.tokens import tokens
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.shell.commands import Argument, Command
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "Here stands {kind}: give it to the step with RUN --mount=type=secret",
    "비밀 값이 그대로 적혀 있습니다({kind}). RUN --mount=type=secret으로 전하세요",
)
_PASSWORD = Text("a password", "비밀번호")
_USER = Pattern(r"[^:$]+:[^$\s]{3,}")
_GIVEN_APART: Mapping[str, tuple[str, ...]] = {"curl": ("-u", "--user"), "sshpass": ("-p",)}
_GIVEN_TOGETHER = Pattern(r"--(?:http-|ftp-|proxy-)?password=[^$\s]{3,}")
_HEADER = Pattern(r"(?:proxy-)?authorization:\s*(?:basic|bearer|token)\s+[^$\s]{8,}", re.IGNORECASE)


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.steps():
        found = next(_found(step), None)
        if found is not None:
            span, kind = found
            yield step.violation(span, _MESSAGE.format(kind=kind))


def _found(step: Step) -> Iterator[tuple[Span, Text]]:
    if step.script is not None:
        for token in tokens(step.script.text):
            yield step.script.part(token.start, token.end), token.kind
    for command in step.commands:
        for argument in (*_passwords(command), *_headers(command)):
            yield argument.span, _PASSWORD


def _passwords(command: Command) -> Iterator[Argument]:
    apart = _GIVEN_APART.get(command.program, ())
    arguments = command.arguments
    for before, argument in pairwise(arguments):
        is_whole = command.name == "sshpass" or _USER.fullmatch(argument.text)
        if before.text in apart and is_whole and not argument.has_variable:
            yield argument
    for argument in arguments:
        if _GIVEN_TOGETHER.fullmatch(argument.text) and not argument.has_variable:
            yield argument


def _headers(command: Command) -> Iterator[Argument]:
    for argument in command.arguments:
        if not argument.has_variable and _HEADER.fullmatch(argument.text):
            yield argument


RULE = Rule(
    code="OG3004",
    title=Text("No password or token in a command", "명령에 비밀번호나 토큰을 적지 않습니다"),
    reason=Text(
        "The text of a RUN is in the image's history, for all who can pull it, and in that of the repository.",
        "RUN의 내용은 이미지의 이력에 남아 이미지를 받는 누구나 볼 수 있고, 저장소의 이력에도 남습니다.",
    ),
    exception=Text(
        "Where it opens nothing: the password of a database that lives for the time of a test.",
        "아무것도 열 수 없을 때(테스트하는 동안만 있는 데이터베이스의 비밀번호 등).",
    ),
    bad=(
        Example("FROM debian:12\nRUN git clone https://deploy:h7Gk2pQz@git.internal/app.git"),
        Example("FROM debian:12\nRUN curl -fsSL -u admin:h7Gk2pQz -o /app https://files.internal/app"),
        Example(f"FROM node:22\nRUN npm config set //registry.npmjs.org/:_authToken npm_{'a1B2' * 9} \\\n && npm ci"),
        Example("FROM debian:12\nRUN wget --password=h7Gk2pQz --user=ci https://files.internal/app"),
        Example("FROM debian:12\nRUN curl -H 'Authorization: Bearer 0a1b2c3d4e5f' https://files.internal/app"),
        Example(f"FROM debian:12\nRUN <<EOF\ncat > /root/.netrc <<E\npassword ghp_{'a1B2' * 9}\nE\nEOF"),
        Example("FROM debian:12\nRUN sshpass -p h7Gk2pQz scp ci@files.internal:app ."),
    ),
    good=(
        Example('FROM debian:12\nRUN --mount=type=secret,id=pw curl -u "admin:$(cat /run/secrets/pw)" https://files/'),
        Example("FROM debian:12\nRUN git clone https://deploy:${TOKEN}@git.internal/app.git"),
        Example("FROM debian:12\nRUN git clone git@github.com:team/app.git && curl -u admin: https://files/"),
        Example('FROM debian:12\nRUN curl -H "Authorization: Bearer $TOKEN" https://files/'),
        Example("FROM debian:12\nRUN useradd -u 1000:1000 app; mkdir -p /run"),
    ),
    check=check,
    severity=Severity.ERROR,
)
