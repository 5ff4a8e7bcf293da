from __future__ import annotations

from collections.abc import Iterator

import msgspec

from onggi.dockerfile.source import Span
from onggi.dockerfile.syntax import From
from onggi.lint.knowledge.images import LEFT_OUT, PublicImage, slim_tag
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.shell.commands import Command
from onggi.lint.view.lineage import Lineage, final
from onggi.lint.view.packages import APT_GET, installation
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_MESSAGE = Text(
    "{name}:{slim} is the same without compilers and tools",
    "{name}:{slim}에는 컴파일러와 도구만 빠져 있고 나머지는 같습니다",
)
_DEBIAN = Text(
    "{name}:{slim} is the same without manuals and translations",
    "{name}:{slim}에는 설명서와 번역만 빠져 있고 나머지는 같습니다",
)
_DISTRIBUTION = "debian"
_APT = msgspec.structs.replace(APT_GET, program=Pattern(r"apt(?:-get)?"))


def check(subject: Subject) -> Iterator[Violation]:
    """Where nothing that the file runs is left out of the slim image."""
    image = final(subject)
    if image is None or image.image is None or not image.is_for_production:
        return
    slim = slim_tag(image.image)
    is_debian = image.image.name == _DISTRIBUTION
    if slim is not None and (is_debian or not _needs_more(image)):
        base = image.stages[0].stage.base
        message = (_DEBIAN if is_debian else _MESSAGE).format(name=image.image.name, slim=slim)
        yield Violation(base, base.image.span, message, fix=_fix(base, image.image, slim))


def _needs_more(image: Lineage) -> bool:
    """Whether a command is a program of the full image, or needs one, that no step installs."""
    installed: set[str] = set()
    used: set[str] = set()
    for step in image.steps:
        for command in step.commands:
            found = installation(command, _APT)
            if found is not None:
                installed.update(package.text.partition("=")[0] for package in found.packages)
            used.update(_used(command))
    if any(package.endswith("-dev") for package in installed):  # headers are there to compile with
        used.add("gcc")
    return any(installed.isdisjoint(LEFT_OUT[program]) for program in used)


def _used(command: Command) -> Iterator[str]:
    """`pip install git+https://…` starts git."""
    if command.program in LEFT_OUT:
        yield command.program
    if any(word.text.startswith("git+") for word in command.arguments):
        yield "git"


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
        "The full image of a language holds compilers, headers and version control for building: hundreds of "
        "megabytes to pull, and most of what a scanner finds. Debian's own holds manuals and translations that no "
        "program reads.",
        "언어별 기본 이미지에는 빌드용 컴파일러와 헤더가 수백 MB 들어 있고, 취약점도 대부분 거기서 나옵니다. "
        "데비안 기본 이미지에는 프로그램이 읽지 않는 설명서와 번역이 들어 있습니다.",
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
        Example(
            'FROM node:22\nRUN apt-get install -y git=1:2.39.5 && git clone example.com:a\nCMD ["node", "server.js"]',
            fixed="FROM node:22-slim\nRUN apt-get install -y git=1:2.39.5 && git clone example.com:a\n"
            'CMD ["node", "server.js"]',
        ),
        Example(
            'FROM debian:bookworm\nRUN curl -fo /app https://example.com/app\nCMD ["/app"]',
            fixed='FROM debian:bookworm-slim\nRUN curl -fo /app https://example.com/app\nCMD ["/app"]',
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
        Example('FROM python:3.13\nRUN curl -fsSLo /model https://example.com/model\nCMD ["python", "/app.py"]'),
        Example('FROM python:3.13\nRUN pip install git+https://example.com/a@v1\nCMD ["python", "/app.py"]'),
        Example('FROM python:3.13\nRUN apt-get install -y libpq-dev && pip install psycopg2\nCMD ["python", "/a.py"]'),
        Example('FROM node:22\nHEALTHCHECK CMD curl -f localhost:3000\nCMD ["node", "server.js"]'),
        Example('FROM company/python:3.13\nCMD ["python", "app.py"]'),
    ),
    check=check,
    severity=Severity.INFO,
)
