from __future__ import annotations

from collections.abc import Iterator, Mapping

from onggi.dockerfile.syntax import SCRATCH, Copy, Run
from onggi.lint.knowledge.images import PublicImage, libc
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.view.lineage import Lineage, lineages
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_BUILDS: Mapping[str, Pattern] = {
    "golang": Pattern(r"\bgo (?:build|install)\b"),
    "rust": Pattern(r"\bcargo (?:build|install)\b"),
}
_STATIC = Pattern(r"CGO_ENABLED=0|-static\b|\bmusl\b|crt-static|\bstatic_all\b|netgo")
_INTERPRETED = Pattern(r".*(?:site-packages|/\.?venv\b|/virtualenv\b|/opt/venv).*")
_MESSAGE = Text(
    "Built for glibc in {image}, which is not here: {advice}",
    "{image}에서 glibc용으로 빌드했는데 여기에는 glibc가 없습니다. {advice}",
)
_ADVICE = {
    "golang": Text("build with CGO_ENABLED=0", "CGO_ENABLED=0으로 빌드하세요"),
    "rust": Text(
        "build for a target of musl, or run on debian:stable-slim",
        "musl 타깃으로 빌드하거나 debian:stable-slim에서 실행하세요",
    ),
    "python": Text("install in an image like this one", "이 이미지와 같은 계열에서 설치하세요"),
}


def check(subject: Subject) -> Iterator[Violation]:
    images = lineages(subject)
    by_name: dict[str, Lineage] = {}
    for image in images:
        by_name[str(image.stage.stage.index)] = image
        for step in image.stage.steps if _lacks_glibc(image.image) else ():
            instruction = step.instruction
            if not isinstance(instruction, Copy) or instruction.stage is None:
                continue
            source = by_name.get(step.standing.scope.expand(instruction.stage.text).lower())
            paths = [step.standing.scope.expand(word.text) for word in instruction.sources]
            if source is not None and source.image is not None and _is_glibc(source, source.image, paths):
                yield step.violation(instruction.origin.span, _message(source.image))
                break
        by_name[image.stage.stage.name] = image


def _message(image: PublicImage) -> Text:
    return _MESSAGE.format(image=f"{image.name}:{image.tag}", advice=_ADVICE[image.name])


def _lacks_glibc(image: PublicImage | None) -> bool:
    if image is None:
        return False
    return libc(image) == "musl" or image.name == SCRATCH or image.name.startswith("gcr.io/distroless/static")


def _is_glibc(source: Lineage, image: PublicImage, paths: list[str]) -> bool:
    """Whether what is copied is a program that was linked with glibc, as far as the stage says."""
    if libc(image) != "glibc":
        return False
    if image.name == "python":
        return any(map(_INTERPRETED.fullmatch, paths))
    if image.name not in _BUILDS or any(path.startswith(("/etc/", "/usr/share/", "/usr/lib/")) for path in paths):
        return False
    runs = [step.inner.origin.text for step in source.steps if isinstance(step.inner, Run)]
    values = [f"{name}={value}" for name, value in source.stage.end.scope.variables.items()]
    is_built = any(map(_BUILDS[image.name].search, runs))
    return is_built and not any(map(_STATIC.search, (*runs, *values)))


RULE = Rule(
    code="OG4009",
    title=Text("Run a program on the C library it was built for", "빌드한 C 라이브러리와 같은 곳에서 실행합니다"),
    reason=Text(
        "A program that is linked with glibc looks for its loader. Where that is missing the kernel says no such file "
        "or directory, of a file that is plainly there.",
        "glibc에 링크된 프로그램은 실행될 때 glibc의 로더를 찾습니다. 로더가 없으면 "
        "멀쩡히 있는 파일을 두고 no such file or directory라고 합니다.",
    ),
    exception=Text(
        "Where the program is linked statically by its own settings (a Makefile, a linker flag in a file).",
        "파일에 적힌 설정(Makefile, 링커 옵션)으로 정적 링크할 때.",
    ),
    bad=(
        Example("FROM golang:1.24 AS build\nRUN go build -o /app\n\nFROM alpine:3.20\nCOPY --from=build /app /app"),
        Example("FROM golang:1.24-bookworm\nRUN go build -o /app\n\nFROM scratch\nCOPY --from=0 /app /app"),
        Example(
            "FROM rust:1.84 AS build\nRUN cargo build --release\n\n"
            "FROM alpine:3.20\nCOPY --from=build /src/target/release/app /app"
        ),
        Example(
            "FROM python:3.13-slim AS build\nRUN python -m venv /opt/venv\n\n"
            "FROM python:3.13-alpine\nCOPY --from=build /opt/venv /opt/venv"
        ),
    ),
    good=(
        Example("FROM golang:1.24 AS b\nRUN CGO_ENABLED=0 go build -o /app\n\nFROM scratch\nCOPY --from=b /app /app"),
        Example("FROM golang:1.24 AS b\nENV CGO_ENABLED=0\nRUN go build -o /a\n\nFROM scratch\nCOPY --from=b /a /a"),
        Example("FROM golang:1.24-alpine AS b\nRUN go build -o /app\n\nFROM alpine:3.20\nCOPY --from=b /app /app"),
        Example("FROM golang:1.24 AS b\nRUN go build -o /app\n\nFROM debian:12-slim\nCOPY --from=b /app /app"),
        Example("FROM golang:1.24 AS b\nRUN make\n\nFROM alpine:3.20\nCOPY --from=b /app /app"),
        Example("FROM golang:1.24 AS b\nRUN go build\n\nFROM scratch\nCOPY --from=b /etc/ssl/certs /etc/ssl/certs"),
        Example(
            "FROM rust:1.84 AS b\nRUN cargo build --target x86_64-unknown-linux-musl\n\n"
            "FROM alpine:3.20\nCOPY --from=b /app /app"
        ),
        Example("FROM node:22 AS b\nRUN npm run build\n\nFROM nginx:1.27-alpine\nCOPY --from=b /app/dist /srv"),
    ),
    check=check,
)
