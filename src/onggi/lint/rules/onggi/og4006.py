from __future__ import annotations

import re
from collections.abc import Iterator

from onggi.dockerfile.source import Span
from onggi.lint.knowledge.images import PublicImage, libc
from onggi.lint.knowledge.managers import deed, plain
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.shell.commands import Argument
from onggi.lint.view.distribution import installs, is_compiler, name
from onggi.lint.view.lineage import Lineage, lineages
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Text, Violation

_WITHOUT_WHEELS = Pattern(
    r"(?:jaxlib|playwright|tensorflow|torch|torchvision|xformers|opencv-python(?:-headless)?)(?:[=<>~!\[].*)?"
)
"""Python packages that have no wheels for musl, and cannot well be compiled."""

_IMITATIONS = frozenset({"gcompat", "glibc", "glibc-bin"})
"""Packages that let programs for glibc start on musl. (libc6-compat is but a link that much of Node asks for.)"""

_FIRST_PORTED_JAVA = 16  # JEP 386
_NATIVE = Text(
    "{package} has no build for Alpine's musl: {image} on Debian has one",
    "{package}에는 Alpine의 musl용 빌드가 없습니다. Debian 기반 {image} 이미지를 쓰세요",
)
_COMPILED = Text(
    "Packages are compiled here because they have no build for Alpine's musl: {image}:slim takes them as they are",
    "Alpine의 musl용 빌드가 없어 패키지를 직접 컴파일합니다. {image}의 slim 이미지에서는 받아서 바로 쓸 수 있습니다",
)
_IMITATED = Text(
    "A program for glibc on musl, with {package} between them: take an image that has glibc",
    "glibc용 프로그램을 musl에서 흉내로 돌리고 있습니다({package}). glibc가 있는 이미지를 쓰세요",
)
_JAVA = Text(
    "Java {version} was never released for Alpine's musl: take an image that has glibc, or Java {first}",
    "Java {version}에는 Alpine의 musl용 배포판이 없습니다. glibc가 있는 이미지나 Java {first} 이상을 쓰세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    for image in lineages(subject):
        if image.image is None or libc(image.image) != "musl":
            continue
        base = image.stage.stage.base
        if len(image.stages) == 1 and (version := _old_java(image.image)):
            message = _JAVA.format(version=version, first=str(_FIRST_PORTED_JAVA))
            yield Violation(base, base.image.span, message)
        found = next(_found(image, image.image), None)
        if found is not None:
            step, span, text = found
            yield step.violation(span, text)


def _found(image: Lineage, base: PublicImage) -> Iterator[tuple[Step, Span, Text]]:
    """Of the stage's own steps."""
    is_installing = base.name in ("python", "node") and any(map(_installs_dependencies, image.steps))
    for step, found in installs(image.stage.steps):
        for package in found.packages:
            if name(package) in _IMITATIONS:
                yield step, package.span, _IMITATED.format(package=name(package))
            elif is_installing and is_compiler(package):
                yield step, package.span, _COMPILED.format(image=base.name)
    for step in image.stage.steps:
        for word in _asked_of_pip(step):
            if _WITHOUT_WHEELS.fullmatch(word.text):
                yield step, word.span, _NATIVE.format(package=word.text, image="python")


def _asked_of_pip(step: Step) -> Iterator[Argument]:
    for command in map(plain, step.commands if step.run is not None else ()):
        if command.name == "pip":
            yield from command.operands


def _installs_dependencies(step: Step) -> bool:
    if step.run is None:
        return False
    return any(map(deed, step.commands)) or any(word.text == "install" for word in _asked_of_pip(step))


def _old_java(image: PublicImage) -> str:
    """Its version, "" if it is new enough or no Java."""
    match = re.match(r"\d+", image.tag)
    is_old = image.name == "openjdk" and match is not None and int(match[0]) < _FIRST_PORTED_JAVA
    return match[0] if match is not None and is_old else ""


RULE = Rule(
    code="OG4006",
    title=Text("Alpine only for what supports musl", "musl을 지원하는 프로그램에만 Alpine을 씁니다"),
    reason=Text(
        "Alpine's C library is musl. What is released for glibc has to be compiled there, which takes minutes, or runs "
        "by imitation, which fails in odd places: name resolution, small stacks of threads, locales.",
        "Alpine의 C 라이브러리는 musl입니다. glibc용으로 나온 것은 몇 분씩 컴파일하거나 흉내로 돌려야 하고, "
        "이름 해석, 스레드 스택, 로캘처럼 엉뚱한 데서 문제가 생깁니다.",
    ),
    exception=Text(
        "Where the size of the image matters more than the time to build it, and the tests run in it.",
        "빌드 시간보다 이미지 크기가 중요하고, 그 이미지에서 테스트도 돌릴 때.",
    ),
    bad=(
        Example("FROM python:3.13-alpine\nRUN apk add gcc musl-dev && pip install -r requirements.txt"),
        Example("FROM python:3.13-alpine\nRUN pip install --no-cache-dir torch==2.4.0"),
        Example("FROM node:22-alpine AS build\nRUN apk add --no-cache python3 make g++\nRUN npm ci"),
        Example("FROM alpine:3.20\nRUN apk add --no-cache gcompat\nCOPY app /app"),
        Example('FROM openjdk:11-jre-alpine AS base\n\nFROM base\nCMD ["java", "-jar", "/app.jar"]'),
    ),
    good=(
        Example("FROM python:3.13-alpine\nRUN pip install --no-cache-dir -r requirements.txt"),
        Example("FROM python:3.13-slim\nRUN apt-get install -y gcc && pip install -r requirements.txt"),
        Example("FROM node:22-alpine\nRUN apk add --no-cache libc6-compat && npm ci"),
        Example("FROM golang:1.24-alpine\nRUN apk add --no-cache gcc musl-dev && go build -o /app"),
        Example("FROM eclipse-temurin:21-jre-alpine\nCOPY app.jar /"),
        Example("FROM alpine:3.20\nRUN apk add --no-cache build-base && make"),
    ),
    check=check,
    severity=Severity.INFO,
)
