from __future__ import annotations

import re
from collections.abc import Iterator

from onggi.lint.knowledge.ballast import Ballast, Kind
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.view.takings import swept
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "{verb} takes secrets along: {paths}; add to .dockerignore: {lines}",
    "{verb}에 비밀 파일까지 딸려 갑니다: {paths}. .dockerignore에 적으세요: {lines}",
)

_TELLING = (
    (
        r"\.env\.(?!(?:\w+\.)*local$).*",
        r"(?im)^\s*(?:export\s+)?\w*(?:secret|passw(?:or)?d|token|api_?key|private_?key)\w*\s*=\s*[^\s#]",
    ),
    (r".*\.(?:pem|key)", r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    (r"\.npmrc", r"(?m)_(?:authToken|auth|password)\s*=\s*[\"']?(?!\$\{)[^\s\"']"),
    (r"\.yarnrc\.yml", r"(?m)npmAuth(?:Token|Ident)\s*:\s*[\"']?(?!\$\{)[^\s\"']"),
    (r"\.pypirc", r"(?m)^\s*password\s*[:=]\s*\S"),
    (r"config\.json", r"\"auth\"\s*:\s*\"[^\"]"),
    (r".*\.json", r"\"(?:private_key|client_secret)\"\s*:\s*\"[^\"]"),
)
"""Names that alone say too little → what the file says if it is one."""
_CONTENTS = tuple((Pattern(name, re.IGNORECASE), Pattern(content)) for name, content in _TELLING)


def check(subject: Subject) -> Iterator[Violation]:
    for each in swept(subject, Kind.SECRET, is_wanted=lambda ballast: _is_secret(subject, ballast)):
        yield each.violation(_MESSAGE)


def _is_secret(subject: Subject, ballast: Ballast) -> bool:
    name = ballast.path.rpartition("/")[2]
    content = next((content for pattern, content in _CONTENTS if pattern.fullmatch(name)), None)
    if content is None:
        return True
    text = subject.facts.context.text(ballast.path) if subject.facts.context is not None else None
    return text is not None and content.search(text) is not None


_KEY = "-----BEGIN PRIVATE KEY-----\n…"
_CERTIFICATE = "-----BEGIN CERTIFICATE-----\n…"

RULE = Rule(
    code="OG6005",
    title=Text("Leave secrets out of the context", "비밀 파일은 빌드 컨텍스트에서 뺍니다"),
    reason=Text(
        "Who has the image has every file that was ever copied into it, also if a later step removes it. Give a "
        "secret to the step that needs it with RUN --mount=type=secret, or to the container when it starts.",
        "이미지를 가진 사람은 한 번이라도 복사된 파일을 모두 꺼내 볼 수 있습니다. 나중에 지워도 마찬가지입니다. "
        "비밀은 RUN --mount=type=secret으로 필요한 단계에만, 또는 컨테이너를 시작할 때 주세요.",
    ),
    exception=Text(
        "Where the values are for development only and known to everybody.",
        "누구나 아는 개발용 값뿐일 때.",
    ),
    bad=(
        Example("FROM node:22-slim\nCOPY . /app", files={".env": "DB_PASSWORD=hunter2", "server.js": "…"}),
        Example(
            "FROM node:22-slim\nADD . /app", files={".npmrc": "//npm.pkg.github.com/:_authToken=ghp_1", "a.js": ""}
        ),
        Example("FROM node:22-slim\nCOPY .env* /app/", files={".env": "DB_PASSWORD=hunter2", ".env.example": "…"}),
        Example("FROM nginx:1.27\nCOPY conf /etc/nginx", files={"conf/tls/site.key": _KEY, "conf/nginx.conf": "…"}),
        Example("FROM python:3.12-slim\nCOPY . .", files={".aws/credentials": "[default]", "app.py": "…"}),
        Example(
            "FROM python:3.12-slim\nCOPY . .", files={".docker/config.json": '{"auths": {"a": {"auth": "dXNlcg=="}}}'}
        ),
        Example("FROM python:3.12-slim\nCOPY . .", files={"service-account.json": '{"private_key": "…"}'}),
        Example("FROM python:3.12-slim\nCOPY . .", files={".env.production": "# live\nexport STRIPE_SECRET=sk_1"}),
    ),
    good=(
        Example("FROM node:22-slim\nCOPY . /app", ignore=".env*", files={".env": "DB_PASSWORD=hunter2", "a.js": "…"}),
        Example("FROM node:22-slim\nCOPY . /app", files={".env.example": "DB_PASSWORD=", ".env.production": "PORT=80"}),
        Example("FROM node:22-slim\nCOPY . /app", files={".npmrc": "//npm.example/:_authToken=${NPM_TOKEN}"}),
        Example("FROM nginx:1.27\nCOPY . /srv", files={"ca.pem": _CERTIFICATE, "tests/fixtures/tls.key": _KEY}),
        Example("FROM node:22-slim\nCOPY . /app", files={"credentials.json": "{}", "i18n/ko.key": "…"}),
    ),
    check=check,
)
