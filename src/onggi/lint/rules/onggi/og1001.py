from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

import msgspec

from onggi.dockerfile.source import Span
from onggi.dockerfile.syntax import Add, Copy
from onggi.lint.knowledge.managers import GO, PIP, Deed, deed, required_files
from onggi.lint.rule import Example, Rule
from onggi.lint.view.lineage import lineages
from onggi.lint.view.local_needs import is_alone
from onggi.lint.view.mounts import has_cache, mounts
from onggi.lint.view.subject import Step, Subject
from onggi.lint.view.takings import taken
from onggi.lint.violation import Edit, Fix, Text, Violation

_SOURCES = frozenset({".", "*", "src", "app", "lib"})
"""What holds the sources of a project, by its name."""

_WHOLE = ([".", "."], [".", "./"])
_MESSAGE = Text(
    "{manager} in line {line} installs anew whenever one of these files changes: copy {manifests} and install before",
    "파일 하나만 바뀌어도 {line}번째 줄에서 다시 설치합니다({manager}). 먼저 복사해 설치할 파일: {manifests}",
)


class _State(msgspec.Struct):
    """After a stage: the first COPY of sources, and which managers have installed."""

    copied: Step | None = None
    installed: frozenset[str] = frozenset()


def check(subject: Subject) -> Iterator[Violation]:
    states: dict[int, _State] = {}
    for image in lineages(subject):
        below = states[id(image.stages[-2])] if len(image.stages) > 1 else _State()
        states[id(image.stage)] = state = _State(below.copied, below.installed)
        for step in image.stage.steps:
            if any(taking.path in _SOURCES for taking in taken(step)):
                state.copied = state.copied or step
                continue
            for found in _deeds(step):
                manager = found.manager.name
                if state.copied is not None and manager not in state.installed:
                    yield _violation(subject, image.stage.steps, state.copied, step, found)
                    state.copied = None  # told once
                state.installed |= {manager}


def _deeds(step: Step) -> Iterator[Deed]:
    """A cache mount spares the download, but not the install of what was downloaded."""
    if step.run is None:
        return
    is_cached = has_cache(step.run)
    for command in step.commands:
        found = deed(command)
        if found is None or (found.manager is GO and found.is_build):  # it may have none, or vendor them
            continue
        if not (is_cached and found.manager.builds_from_cache):
            yield found


def _violation(subject: Subject, steps: Sequence[Step], copied: Step, step: Step, found: Deed) -> Violation:
    manifests = _manifests(found)
    message = _MESSAGE.format(
        manager=found.command.program,
        line=str(found.command.place.line),
        manifests=", ".join(manifest.rstrip("*") for manifest in manifests),
    )
    violation = copied.violation(copied.instruction.origin.span, message)
    fix = _fix(subject, steps, copied, step, found, manifests)
    return Violation(violation.instruction, violation.span, message, fix=fix)


def _manifests(found: Deed) -> tuple[str, ...]:
    if found.manager is PIP:
        files = (file.text for file in required_files(found.command))
        return tuple(posixpath.basename(file) if file.startswith("/") else file for file in files)
    return found.manager.manifests


def _fix(
    subject: Subject, steps: Sequence[Step], copied: Step, step: Step, found: Deed, manifests: Sequence[str]
) -> Fix | None:
    """The install goes before the copy, if it comes right behind it and is all of its RUN. Scripts of packages may
    want the sources: that is for the author to see."""
    source = subject.dockerfile.source
    copy, run = copied.instruction, step.instruction
    is_next = copied in steps and steps.index(copied) + 1 == steps.index(step)
    is_known = is_next and copied.standing.has_workdir
    if not (is_known and found.manager.is_complete and len(step.commands) == 1 and not run.origin.comments):
        return None
    is_whole = isinstance(copy, Copy | Add) and [word.text for word in (*copy.sources, copy.destination)] in _WHOLE
    if not is_whole or any("/" in manifest or "$" in manifest for manifest in manifests):
        return None
    has_sources = step.run is not None and any(mount.has_context for mount in mounts(step.run))
    if has_sources or not is_alone(found, manifests, subject.facts.context):
        return None
    first, last = run.origin.span.line, run.origin.span.end_line
    moved = "\n".join((f"COPY {' '.join(manifests)} ./", *source.lines[first - 1 : last], ""))
    begin, end = copy.origin.span.line, copy.origin.span.end_line
    behind = len(source.lines[end - 1]) + 1
    gone = Span(end, behind, last, len(source.lines[last - 1]) + 1)
    return Fix((Edit(Span(begin, 1, begin, 1), moved), Edit(gone, "")), is_safe=False)


_PIP = "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nRUN pip install --no-cache-dir -r requirements.txt"
_PIP_FIXED = (
    "FROM python:3.13-slim\nWORKDIR /app\nCOPY requirements.txt ./\n"
    "RUN pip install --no-cache-dir -r requirements.txt\nCOPY . ."
)
_NPM = "FROM node:22-slim\nWORKDIR /app\nCOPY . .\nRUN npm ci"

RULE = Rule(
    code="OG1001",
    title=Text("Install dependencies before copying sources", "의존성 설치를 소스 복사보다 앞에 둡니다"),
    reason=Text(
        "A step is taken from the cache only while everything before it is unchanged. With the sources copied first, "
        "each edit of a line installs all dependencies again.",
        "앞선 단계가 그대로여야 캐시를 씁니다. 소스를 먼저 복사하면 한 줄만 고쳐도 의존성을 모두 다시 설치합니다.",
    ),
    exception=Text(
        "Where the install needs the sources themselves (workspaces, local packages, scripts that run on install).",
        "설치에 소스가 꼭 필요할 때(워크스페이스, 로컬 패키지, 설치할 때 도는 스크립트).",
    ),
    bad=(
        Example(
            'FROM node:22-slim\nWORKDIR /app\nCOPY . .\nRUN npm ci --omit=dev\nUSER node\nCMD ["node", "server.js"]',
            fixed="FROM node:22-slim\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci --omit=dev\nCOPY . .\nUSER node\n"
            'CMD ["node", "server.js"]',
        ),
        Example(_PIP, fixed=_PIP_FIXED),
        Example(
            "FROM node:22-slim\nWORKDIR /app\nCOPY . .\nRUN --mount=type=cache,target=/root/.npm npm ci --omit=dev",
            fixed="FROM node:22-slim\nWORKDIR /app\nCOPY package*.json ./\n"
            "RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev\nCOPY . .",
        ),
        Example(_PIP, files={"requirements.txt": "-r base.txt\nflask==3.1.0", "base.txt": "gunicorn==23.0.0"}),
        Example(_PIP, files={"requirements.txt": "-c pins.txt\nflask", "pins.txt": "flask==3.1.0"}),
        Example(_PIP, files={"requirements.txt": "flask==3.1.0\n-e .", "setup.py": "…"}),
        Example(_PIP, files={"requirements.txt": "flask==3.1.0  # the web"}, fixed=_PIP_FIXED),
        Example(_NPM, files={"package.json": '{"scripts": {"postinstall": "node patch.js"}}'}),
        Example(_NPM, files={"package.json": '{"workspaces": ["packages/*"]}'}),
        Example(_NPM, files={"package.json": '{"dependencies": {"ours": "file:lib/ours"}}'}),
        Example(_NPM, files={"package.json": "{}", ".npmrc": "legacy-peer-deps=true"}),
        Example("FROM golang:1.24\nWORKDIR /src\nADD . /src\nRUN go mod download && go build -o /app ./cmd/app"),
        Example("FROM maven:3.9\nWORKDIR /src\nCOPY pom.xml .\nCOPY src ./src\nRUN mvn -B -DskipTests package"),
        Example("FROM gradle:8\nCOPY . .\nRUN ./gradlew bootJar --no-daemon"),
        Example("FROM ruby:3.4 AS base\nCOPY . /app\n\nFROM base\nRUN bundle install --jobs 4"),
        Example("FROM rust:1.84\nCOPY . .\nRUN cargo build --release"),
        Example("FROM node:22\nCOPY ./ ./\nRUN corepack enable && yarn --frozen-lockfile && yarn build"),
        Example("FROM python:3.13\nCOPY . .\nRUN python -m pip install -r requirements/prod.txt"),
        Example("FROM composer:2\nCOPY . .\nRUN composer install --no-dev"),
    ),
    good=(
        Example("FROM node:22\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build && npm prune --omit=dev"),
        Example("FROM golang:1.24\nCOPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\nRUN go build -o /app"),
        Example("FROM golang:1.24\nCOPY . .\nRUN go build -o /app"),
        Example("FROM maven:3.9\nCOPY pom.xml .\nRUN mvn dependency:go-offline\nCOPY src src\nRUN mvn -o package"),
        Example("FROM node:22 AS deps\nCOPY . .\n\nFROM node:22\nCOPY package.json ./\nRUN npm install"),
        Example("FROM rust:1.84\nCOPY . .\nRUN --mount=type=cache,target=/usr/local/cargo/registry cargo build"),
        Example("FROM golang:1.24\nCOPY . .\nRUN --mount=type=cache,target=/go/pkg/mod go mod download"),
        Example("FROM python:3.13\nRUN --mount=type=cache,target=/c pip install -r a\nCOPY . .\nRUN pip install -r a"),
        Example("FROM python:3.13\nCOPY . .\nRUN pip install --no-cache-dir ."),
        Example("FROM node:22\nCOPY . .\nRUN npm install -g pnpm@9 && npm run build"),
        Example("FROM python:3.13\nCOPY --from=build . .\nRUN pip install -r requirements.txt"),
        Example("FROM rust:1.84\nCOPY recipe.json .\nRUN cargo chef cook\nCOPY . .\nRUN cargo build"),
    ),
    check=check,
)
