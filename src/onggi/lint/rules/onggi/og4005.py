from __future__ import annotations

import re
from collections.abc import Iterator

from onggi.dockerfile.syntax import Cmd, Entrypoint, HealthCheck, Run
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.distribution import installs, name
from onggi.lint.view.lineage import Lineage, final
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_TOOLS = ("curl", "wget")
_MESSAGE = Text(
    "{tool} is only here for the HEALTHCHECK: onggi run --health-http asks from outside, and most languages can ask "
    "themselves",
    "{tool}은 HEALTHCHECK에만 쓰입니다. onggi run --health-http로 밖에서 검사하거나 프로그램의 언어로 검사하세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    """What scripts of the image use nobody can tell from here: where one starts the program, nothing is told."""
    image = final(subject)
    found = image.last(HealthCheck) if image is not None else None
    if image is None or found is None or _is_started_by_script(image):
        return
    asked = {command.name for command in found[0].commands}
    for tool in _TOOLS:
        if tool in asked and _mentions(tool, image) == 1:
            for step, installation in installs(image.steps):
                for package in installation.packages:
                    if name(package) == tool:
                        yield step.violation(package.span, _MESSAGE.format(tool=tool))


def _is_started_by_script(image: Lineage) -> bool:
    return any(
        command.name.endswith(".sh") or any(word.text.endswith(".sh") for word in command.arguments)
        for found in (image.last(Cmd), image.last(Entrypoint))
        if found is not None
        for command in found[0].commands
    )


def _mentions(tool: str, image: Lineage) -> int:
    """How often it is named where the image is built and started."""
    texts = (step.inner.origin.text for step in image.steps if isinstance(step.inner, Run | Cmd | Entrypoint))
    return sum(len(re.findall(rf"\b{tool}\b", text)) for text in texts)


RULE = Rule(
    code="OG4005",
    title=Text("No package just for a HEALTHCHECK", "HEALTHCHECK만을 위한 패키지를 설치하지 않습니다"),
    reason=Text(
        "A downloader brings libraries that have to be patched, and fetches tools for whoever breaks in, for one "
        "request that the language of the program can make.",
        "다운로드 도구에는 보안 패치가 필요한 라이브러리가 딸려 오고, 침입자가 도구를 받아 오는 데도 쓰입니다. "
        "요청 하나쯤은 프로그램의 언어로도 보낼 수 있습니다.",
    ),
    exception=Text("Where the program itself runs the tool.", "프로그램이 그 도구를 직접 실행할 때."),
    bad=(
        Example(
            "FROM node:22-slim\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n"
            'HEALTHCHECK CMD curl -f http://localhost:3000/ || exit 1\nCMD ["node", "server.js"]'
        ),
        Example(
            "FROM python:3.13-alpine AS base\nRUN apk add --no-cache curl=8.9.1-r0 tini\n\nFROM base\n"
            'HEALTHCHECK CMD ["curl", "-f", "http://localhost/"]\nCMD ["python", "app.py"]'
        ),
    ),
    good=(
        Example(
            "FROM debian:12-slim\nRUN apt-get install -y curl && curl -fsSLO https://files/app\n"
            'HEALTHCHECK CMD curl -f localhost\nCMD ["/app"]'
        ),
        Example("FROM node:22-alpine\nHEALTHCHECK CMD wget -qO- localhost:3000"),
        Example('FROM node:22-slim\nHEALTHCHECK CMD ["node", "-e", "fetch(\'http://localhost/\')"]'),
        Example('FROM node:22-slim\nRUN apt-get install -y curl\nHEALTHCHECK CMD curl localhost\nCMD ["/start.sh"]'),
        Example('FROM node:22-slim\nRUN apt-get install -y curl\nCMD ["node", "server.js"]'),
    ),
    check=check,
    severity=Severity.INFO,
)
