from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import User
from onggi.lint.rule import Example, Rule
from onggi.lint.view.facts import Base
from onggi.lint.view.lineage import final
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "The program runs as root: no USER says otherwise",
    "USER가 없어서 프로그램이 root로 실행됩니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    """Of the image that is made: an earlier stage may need root to build. Where the last USER is root, DL3002 tells."""
    image = final(subject)
    if image is not None and image.is_started and image.last(User) is None and image.begins_as_root:
        base = image.stage.stage.base
        yield Violation(base, base.image.span, _MESSAGE)


RULE = Rule(
    code="OG3001",
    title=Text("Say as whom the program runs", "누구로 실행할지 USER로 적습니다"),
    reason=Text(
        "Without USER a program is root in its container: who breaks into it owns every file there, and has one wall "
        "less before the host.",
        "USER가 없으면 프로그램이 컨테이너의 root로 돕니다. "
        "뚫리면 안의 파일이 모두 넘어가고, 호스트까지의 벽도 하나 줄어듭니다.",
    ),
    exception=Text(
        "Where the program has to begin as root and gives it up itself (a proxy on port 80, an entrypoint with gosu).",
        "root로 시작해 스스로 권한을 내려놓는 프로그램일 때(80번 포트의 프록시, gosu를 쓰는 엔트리포인트 등).",
    ),
    bad=(
        Example('FROM node:22-slim\nWORKDIR /app\nCOPY server.js .\nCMD ["node", "server.js"]'),
        Example('FROM golang:1.24 AS build\nUSER nobody\nRUN go build -o /app\n\nFROM scratch\nENTRYPOINT ["/app"]'),
        Example('FROM gcr.io/distroless/static:latest\nENTRYPOINT ["/app"]'),
        Example('FROM company/base\nCMD ["/app"]', bases={0: Base(user="0:0")}),
        Example('ARG TAG=3.13\nFROM python:${TAG}\nCMD ["python", "-m", "app"]'),
    ),
    good=(
        Example('FROM node:22-slim\nUSER node\nCMD ["node", "server.js"]'),
        Example('FROM debian:12-slim AS base\nUSER 1000\nCMD ["/app"]\n\nFROM base\nENV LEVEL=info'),
        Example('FROM gcr.io/distroless/static:nonroot\nENTRYPOINT ["/app"]'),
        Example('FROM postgres:17\nCOPY init.sql /docker-entrypoint-initdb.d/\nCMD ["postgres"]'),
        Example('FROM company/base\nCMD ["/app"]'),
        Example('FROM company/base\nCMD ["/app"]', bases={0: Base(user="1001")}),
        Example("FROM alpine:3.20\nRUN apk add --no-cache git"),
        Example('FROM debian:12-slim\nUSER root\nCMD ["/app"]'),
    ),
    check=check,
)
