from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.subject import Subject
from onggi.lint.view.tags import tagged
from onggi.lint.violation import Text, Violation

_WITH_MINORS = frozenset(
    {
        "alpine", "bun", "busybox", "caddy", "composer", "deno", "elixir", "erlang", "golang", "gradle", "haproxy",
        "httpd", "julia", "mariadb", "maven", "memcached", "mongo", "mysql", "nginx", "node", "perl", "php", "pypy",
        "python", "rabbitmq", "redis", "ruby", "rust", "swift", "tomcat", "traefik", "valkey",
    }
)  # fmt: skip
"""Official images whose minor versions bring changes, and have tags."""

_MESSAGE = Text(
    "{name}:{tag} moves with each minor version: name one, or the digest",
    "{name}:{tag} 태그는 마이너 버전이 나올 때마다 바뀝니다. 마이너 버전이나 다이제스트까지 적으세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    for each in tagged(subject):
        name = each.image.familiar_name()
        if each.is_major_only and name in _WITH_MINORS:
            base = each.stage.stage.base
            yield Violation(base, base.image.span, _MESSAGE.format(tag=each.image.tag, name=name))


RULE = Rule(
    code="OG5002",
    title=Text("Name the minor version of a base too", "베이스 이미지는 마이너 버전까지 적습니다"),
    reason=Text(
        "node:18 is another image after each release of Node 18: a build of today and one of last month differ, and a "
        "change in behaviour comes without a commit that one could go back from.",
        "node:18은 Node 18의 새 릴리스가 나올 때마다 다른 이미지가 됩니다. 지난달 빌드와 오늘 빌드가 다르고, "
        "동작이 달라져도 되돌릴 커밋이 없습니다.",
    ),
    exception=Text(
        "Where you want each release at once, and tests see every build.",
        "새 릴리스를 바로 받고 싶고, 빌드마다 테스트가 지켜볼 때.",
    ),
    bad=(
        Example("FROM node:18-slim"),
        Example("FROM python:3 AS build\n\nFROM build"),
        Example("ARG MAJOR=8\nFROM php:${MAJOR}-fpm-alpine3.20"),
    ),
    good=(
        Example("FROM node:18.20-slim"),
        Example("FROM python:3.12-slim-bookworm"),
        Example("FROM debian:12"),
        Example("FROM eclipse-temurin:21-jre"),
        Example("FROM node:18-slim@sha256:" + "0" * 64),
        Example("FROM company/node:18"),
    ),
    check=check,
    severity=Severity.STYLE,
)
