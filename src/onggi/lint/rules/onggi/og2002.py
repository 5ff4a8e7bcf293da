from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.view.distribution import has_removal, installs, is_compiler, name
from onggi.lint.view.lineage import final
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "{package} stays in the image that runs: build in a stage of its own, or remove it in the same RUN",
    "실행 이미지에 {package} 패키지가 남습니다. 빌드 단계를 따로 두거나 같은 RUN에서 지우세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    """At the first compiler of each RUN of what becomes the image."""
    image = final(subject)
    if image is None or not image.is_for_production:
        return
    for step, found in installs(image.steps):
        compilers = [package for package in found.packages if is_compiler(package)]
        if compilers and not has_removal(step):
            yield step.violation(compilers[0].span, _MESSAGE.format(package=name(compilers[0])))


RULE = Rule(
    code="OG2002",
    title=Text("Leave build tools out of what runs", "실행 이미지에 빌드 도구를 남기지 않습니다"),
    reason=Text(
        "Compilers are needed for minutes and carried along for years: hundreds of megabytes, with flaws of their own, "
        "and at hand for whoever breaks in.",
        "컴파일러는 몇 분 쓰고 몇 년을 끌고 다닙니다. 수백 MB를 차지하고 취약점도 딸려 오며 침입자도 쓸 수 있습니다.",
    ),
    exception=Text(
        "Where the program compiles as it runs, or the image is for building.",
        "프로그램이 실행 중에 컴파일하거나, 빌드에 쓰는 이미지일 때.",
    ),
    bad=(
        Example(
            "FROM python:3.13-slim\nRUN apt-get update && apt-get install -y build-essential=12.9\n"
            'RUN pip install -r requirements.txt\nCMD ["gunicorn", "app:app"]'
        ),
        Example('FROM node:22-alpine\nRUN apk add --no-cache python3 make g++ && npm ci\nCMD ["node", "server.js"]'),
        Example('FROM rockylinux:9 AS base\nRUN dnf install -y gcc\n\nFROM base\nCMD ["/app"]'),
        Example('FROM debian:12-slim\nRUN apt-get install -y openjdk-17-jdk\nCMD ["java", "-jar", "/app.jar"]'),
        Example('FROM debian:12-slim\nRUN apt-get install -y gcc\nRUN apt-get purge -y gcc\nCMD ["/app"]'),
    ),
    good=(
        Example(
            "FROM python:3.13-slim AS build\nRUN apt-get install -y build-essential\n\n"
            'FROM python:3.13-slim\nCOPY --from=build /venv /venv\nCMD ["gunicorn", "app:app"]'
        ),
        Example(
            "FROM python:3.13-alpine\nRUN apk add --virtual .build gcc musl-dev && pip install x && apk del .build\n"
            'CMD ["uwsgi"]'
        ),
        Example('FROM debian:12-slim\nRUN apt-get install -y gcc && make && apt-get purge -y gcc\nCMD ["/a"]'),
        Example('FROM debian:12-slim\nRUN apt-get install -y libgcc-s1 openjdk-17-jre-headless\nCMD ["/app"]'),
        Example("FROM debian:12\nRUN apt-get install -y build-essential"),
        Example('FROM debian:12 AS dev\nRUN apt-get install -y gcc\nCMD ["bash"]'),
    ),
    check=check,
)
