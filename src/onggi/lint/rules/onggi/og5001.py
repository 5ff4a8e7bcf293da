from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.view.tags import tagged
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "The tag {tag} of {name} names no version: what it means changes; name a version, or the digest",
    "{name}의 태그 {tag}에는 버전이 없어서 가리키는 이미지가 바뀝니다. 버전이나 다이제스트를 적으세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    """An image may have its version in its name, as gcr.io/distroless/static-debian12."""
    for each in tagged(subject):
        name = each.image.familiar_name()
        if not each.versions and not any(map(str.isdigit, name.rpartition("/")[2])):
            base = each.stage.stage.base
            yield Violation(base, base.image.span, _MESSAGE.format(tag=each.image.tag, name=name))


RULE = Rule(
    code="OG5001",
    title=Text("Base an image on a version", "베이스 이미지의 버전을 적습니다"),
    reason=Text(
        "Tags as lts, stable, alpine or slim go over to the next major version by themselves: one day the same "
        "Dockerfile builds on another one, and nobody has changed a line.",
        "lts, stable, alpine, slim 같은 태그는 때가 되면 다음 메이저 버전으로 넘어갑니다. "
        "Dockerfile은 그대로인데 어느 날 다른 버전 위에 빌드됩니다.",
    ),
    exception=Text(
        "Where the image is your own and follows you on purpose, or has no tags with versions.",
        "직접 만들어 일부러 따라가게 둔 이미지이거나, 버전 태그가 없는 이미지일 때.",
    ),
    bad=(
        Example("FROM node:lts-slim"),
        Example("FROM python:slim-bookworm AS build\n\nFROM build"),
        Example("ARG VARIANT=alpine3.20\nFROM golang:${VARIANT}"),
        Example("FROM debian:stable-slim"),
        Example("FROM registry.example.com:5000/team/base:main"),
    ),
    good=(
        Example("FROM node:22-slim"),
        Example("FROM debian:bookworm-slim"),
        Example("FROM ubuntu:jammy"),
        Example("FROM node:lts@sha256:" + "0" * 64),
        Example("FROM gcr.io/distroless/static-debian12:nonroot"),
        Example("FROM registry.example.com:5000/team/base:2024w31"),
        Example("FROM mcr.microsoft.com/windows/servercore:ltsc2022"),
        Example("FROM mcr.microsoft.com/devcontainers/base:jammy"),
        Example("ARG TAG\nFROM node:${TAG}"),
        Example("FROM node:22 AS stable\n\nFROM stable"),
        Example("FROM scratch"),
    ),
    check=check,
)
