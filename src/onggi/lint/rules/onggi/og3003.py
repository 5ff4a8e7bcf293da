from __future__ import annotations

import re
from collections.abc import Iterator

from onggi.lint.knowledge.ballast import is_secret_file
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.lineage import final
from onggi.lint.view.subject import Subject
from onggi.lint.view.takings import Taking, taken
from onggi.lint.violation import Text, Violation

_PUBLIC = Pattern(r".*(?:cert|crt|chain|bundle|pub|root|\bca\b).*\.pem|\.env\.(?!local).*|.*-public\..*", re.IGNORECASE)
_SETTINGS = frozenset({".npmrc", ".yarnrc.yml", ".pypirc"})
"""Files that hold settings as well: whether there is a secret in one only its text says."""

_LITERAL = Pattern(r"(?:_auth|_authToken|_password|password|npmAuthToken|npmAuthIdent)\s*[=:]\s*['\"]?[^\s$'\"]")
_MESSAGE = Text(
    "{file} becomes part of the image, whatever removes it later: mount it with --mount=type=secret where it is needed",
    "{file} 파일이 이미지에 들어가고 나중에 지워도 남습니다. 필요한 RUN에 --mount=type=secret으로 마운트하세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    """By names, in what becomes the image."""
    image = final(subject)
    for step in image.steps if image is not None else ():
        for taking in taken(step):
            if _is_secret(subject, taking):
                yield step.violation(taking.word.span, _MESSAGE.format(file=taking.path))
                break


def _is_secret(subject: Subject, taking: Taking) -> bool:
    name = taking.path.rpartition("/")[2]
    if taking.is_pattern or not is_secret_file(taking.path) or _PUBLIC.fullmatch(name):
        return False
    if name not in _SETTINGS:
        return True
    context = subject.facts.context
    text = context.text(taking.path) if context is not None else None
    return bool(_LITERAL.search(text)) if text is not None else name != ".yarnrc.yml"


RULE = Rule(
    code="OG3003",
    title=Text("Do not copy secrets into the image", "비밀 파일을 이미지에 복사하지 않습니다"),
    reason=Text(
        "A layer keeps each file that was ever put into it: whoever can pull the image can read keys and passwords "
        "that a later step removed.",
        "레이어는 한 번 들어온 파일을 모두 간직합니다. "
        "뒤에서 지운 키와 비밀번호도 이미지를 받는 누구나 꺼내 볼 수 있습니다.",
    ),
    exception=Text(
        "Where the file only has the name of one that holds secrets (settings without a token, a key for tests).",
        "이름만 비밀 파일 같을 때(토큰이 없는 설정 파일, 테스트용 키 등).",
    ),
    bad=(
        Example("FROM node:22-slim\nCOPY package.json .npmrc ./\nRUN npm ci && rm .npmrc"),
        Example("FROM python:3.13-slim\nWORKDIR /app\nCOPY .env ."),
        Example("FROM debian:12\nCOPY --chmod=600 deploy/id_rsa /root/.ssh/id_rsa"),
        Example("FROM debian:12 AS base\nADD .aws/credentials /root/.aws/\n\nFROM base\nUSER 1000"),
        Example("FROM nginx:1.27\nCOPY tls/server.key /etc/nginx/"),
        Example("FROM node:22\nCOPY .npmrc ./", files={".npmrc": "//registry.npmjs.org/:_authToken=abc\n"}),
    ),
    good=(
        Example("FROM node:22-slim\nRUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci"),
        Example("FROM node:22 AS build\nCOPY .npmrc ./\nRUN npm ci\n\nFROM node:22-slim\nCOPY --from=build /app /app"),
        Example("FROM node:22\nCOPY .npmrc ./", files={".npmrc": "save-exact=true\n_authToken=${NPM_TOKEN}\n"}),
        Example("FROM debian:12\nCOPY ca-cert.pem rds-combined-ca-bundle.pem /etc/ssl/certs/"),
        Example("FROM node:22\nCOPY .env.production .env.example ./"),
        Example("FROM debian:12\nCOPY --from=keys /id_rsa /keys/"),
    ),
    check=check,
    severity=Severity.ERROR,
)
