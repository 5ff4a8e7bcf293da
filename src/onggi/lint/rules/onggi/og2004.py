from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.source import Span
from onggi.dockerfile.syntax import From
from onggi.lint.images import PublicImage, slim_tag
from onggi.lint.lineage import final
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.subject import Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_MESSAGE = Text(
    "{name}:{slim} is the same without compilers and tools",
    "{name}:{slim}에는 컴파일러와 도구만 빠져 있고 나머지는 같습니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    image = final(subject)
    if image is None or image.image is None or not image.is_for_production:
        return
    slim = slim_tag(image.image)
    if slim is not None:
        base = image.stages[0].stage.base
        message = _MESSAGE.format(name=image.image.name, slim=slim)
        yield Violation(base, base.image.span, message, fix=_fix(base, image.image, slim))


def _fix(base: From, image: PublicImage, slim: str) -> Fix | None:
    """What the program needs of the full image only its author knows. A digest or a variable is for the author, too."""
    tag = f":{image.tag}"
    if not base.image.text.endswith(tag):
        return None
    end = base.image.span
    place = Span(end.end_line, end.end_column - len(tag), end.end_line, end.end_column)
    return Fix((Edit(place, f":{slim}"),), is_safe=False)


RULE = Rule(
    code="OG2004",
    title=Text("Run on the slim image of the family", "실행에는 같은 계열의 slim 이미지를 씁니다"),
    reason=Text(
        "The full image holds compilers, headers and version control for building: hundreds of megabytes to pull, "
        "and most of what a scanner finds.",
        "기본 이미지에는 빌드용 컴파일러와 헤더가 수백 MB 들어 있고, 취약점도 대부분 거기서 나옵니다.",
    ),
    exception=Text(
        "Where the program needs those tools as it runs.",
        "실행할 때도 그 도구들이 필요할 때.",
    ),
    bad=(
        Example(
            'FROM python:3.13\nCOPY app.py /\nCMD ["python", "/app.py"]',
            fixed='FROM python:3.13-slim\nCOPY app.py /\nCMD ["python", "/app.py"]',
        ),
        Example(
            'FROM python:3.13-bookworm\nCMD ["python", "/app.py"]',
            fixed='FROM python:3.13-slim-bookworm\nCMD ["python", "/app.py"]',
        ),
        Example(
            'FROM node:22-bookworm AS base\n\nFROM base\nCMD ["node", "server.js"]',
            fixed='FROM node:22-bookworm-slim AS base\n\nFROM base\nCMD ["node", "server.js"]',
        ),
        Example(
            'FROM debian:bookworm\nCOPY app /\nCMD ["/app"]',
            fixed='FROM debian:bookworm-slim\nCOPY app /\nCMD ["/app"]',
        ),
        Example('ARG VERSION=3.4\nFROM ruby:$VERSION\nCMD ["ruby", "app.rb"]'),
    ),
    good=(
        Example('FROM python:3.13-slim\nCMD ["python", "/app.py"]'),
        Example('FROM node\nCMD ["node", "server.js"]'),
        Example('FROM node:alpine\nCMD ["node", "server.js"]'),
        Example('FROM node:22-alpine\nCMD ["node", "server.js"]'),
        Example('FROM node:22 AS build\nRUN npm ci\n\nFROM node:22-slim\nCMD ["node", "server.js"]'),
        Example('FROM node:22 AS development\nCMD ["npm", "start"]'),
        Example("FROM python:3.13\nRUN pip install --no-cache-dir black==24.1.0"),
        Example('FROM python:3.13-windowsservercore\nCMD ["python", "app.py"]'),
        Example('FROM ubuntu:24.04\nCMD ["/app"]'),
        Example('FROM company/python:3.13\nCMD ["python", "app.py"]'),
    ),
    check=check,
    severity=Severity.INFO,
)
