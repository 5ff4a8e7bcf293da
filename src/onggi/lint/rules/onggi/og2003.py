from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.knowledge.images import runtime
from onggi.lint.rule import Example, Rule
from onggi.lint.view.lineage import final
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "The image that runs is one to build with: build in a stage of its own and copy the result to {instead}",
    "실행 이미지가 빌드용 이미지입니다. 빌드는 별도 단계에서 하고 결과만 {instead} 이미지로 옮기세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    image = final(subject)
    if image is None or image.image is None or not image.is_for_production:
        return
    instead = runtime(image.image)
    if instead is not None:
        base = image.stage.stage.base
        yield Violation(base, base.image.span, _MESSAGE.format(instead=instead))


RULE = Rule(
    code="OG2003",
    title=Text("What runs needs no compiler", "실행하는 이미지에 컴파일러를 두지 않습니다"),
    reason=Text(
        "A compiler or JDK makes an image several times larger, each pull slower, and serves whoever breaks into it.",
        "컴파일러나 JDK가 있으면 이미지가 몇 배로 커져 받는 시간이 길어지고, 침입자에게 도구를 쥐여 주게 됩니다.",
    ),
    exception=Text(
        "Where the program compiles while it runs (a playground, a CI worker, Java agents that need the JDK's tools).",
        "실행 중에 컴파일하는 프로그램일 때(코드 실행기, CI 작업자, JDK 도구가 필요한 Java 에이전트 등).",
    ),
    bad=(
        Example('FROM golang:1.24\nWORKDIR /src\nCOPY . .\nRUN go build -o /app\nCMD ["/app"]'),
        Example(
            "FROM maven:3.9-eclipse-temurin-21\nWORKDIR /src\nCOPY pom.xml .\nCOPY src src\nRUN mvn -B package\n"
            'ENTRYPOINT ["java", "-jar", "target/app.jar"]'
        ),
        Example('FROM eclipse-temurin:21\nCOPY app.jar /\nENTRYPOINT ["java", "-jar", "/app.jar"]'),
        Example('FROM openjdk:17-jdk-slim AS base\n\nFROM base\nCMD ["java", "-jar", "/app.jar"]'),
        Example('FROM mcr.microsoft.com/dotnet/sdk:8.0\nENTRYPOINT ["dotnet", "out/app.dll"]'),
    ),
    good=(
        Example(
            "FROM golang:1.24 AS build\nRUN go build -o /app\n\n"
            'FROM gcr.io/distroless/static:nonroot\nCOPY --from=build /app /app\nCMD ["/app"]'
        ),
        Example('FROM eclipse-temurin:21-jre-alpine\nCOPY app.jar /\nENTRYPOINT ["java", "-jar", "/app.jar"]'),
        Example("FROM golang:1.24\nRUN go install golang.org/x/tools/gopls@v0.16.0"),
        Example('FROM golang:1.24 AS dev\nCMD ["go", "run", "."]'),
        Example('FROM golang:1.24\nCMD ["air", "-c", ".air.toml"]'),
        Example('FROM swift:6.0-slim\nCMD ["/app"]'),
    ),
    check=check,
)
