from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.knowledge.ballast import Ballast, Kind
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.subject import Subject
from onggi.lint.view.takings import swept
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "{verb} takes caches and build outputs along ({paths}): {amount}; add to .dockerignore: {lines}",
    "{verb}에 캐시와 빌드 결과물({paths})까지 딸려 갑니다: {amount}. .dockerignore에 적으세요: {lines}",
)
_RUNS_SCRIPTS = frozenset({"npm", "yarn", "pnpm", "bun"})


def check(subject: Subject) -> Iterator[Violation]:
    """Without a .dockerignore at all, its absence is told instead."""
    context = subject.facts.context
    if context is None or not context.has_ignore_file:
        return
    makers = _makers(subject)

    def is_wanted(ballast: Ballast) -> bool:
        return ballast.kind is Kind.CACHE or _is_made_anew(subject, ballast, makers)

    for each in swept(subject, Kind.CACHE, Kind.OUTPUT, is_wanted=is_wanted):
        yield each.violation(_MESSAGE)


def _makers(subject: Subject) -> frozenset[str]:
    """The programs that the file builds with."""
    found: set[str] = set()
    for step in subject.runs():
        for command in step.commands:
            if command.program not in _RUNS_SCRIPTS or any("build" in operand.text for operand in command.operands):
                found.add(command.program)
    return frozenset(found)


def _is_made_anew(subject: Subject, ballast: Ballast, makers: frozenset[str]) -> bool:
    """An output that the build makes again. What scripts of a package.json make has no sure name: there git has to
    ignore it too."""
    used = ballast.makers & makers
    return bool(used) and (not used & _RUNS_SCRIPTS or _is_ignored_by_git(subject, ballast.path))


def _is_ignored_by_git(subject: Subject, path: str) -> bool:
    folder, _, name = path.rpartition("/")
    context = subject.facts.context
    for place in {"", f"{folder}/" if folder else ""}:
        text = context.text(f"{place}.gitignore") if context is not None else None
        if text is not None and {name, path} & {line.strip().strip("/") for line in text.splitlines()}:
            return True
    return False


_PYTHON = {"app.py": "…", "__pycache__/app.cpython-312.pyc": "…", "lib/__pycache__/lib.cpython-312.pyc": "…"}
_RUST = {"Cargo.toml": "…", "src/main.rs": "…", "target/debug/app": "…"}
_NODE = {"package.json": "{}", ".gitignore": "node_modules\n/dist\n", "dist/main.js": "…", "build/webpack.js": "…"}
_BUILD = "FROM node:22-slim\nCOPY . .\nRUN npm run build"

RULE = Rule(
    code="OG6006",
    title=Text("Leave caches and build outputs out of the context", "캐시와 빌드 결과물은 빌드 컨텍스트에서 뺍니다"),
    reason=Text(
        "They change with every test and build on this machine, so that the step and all that follow run again though "
        "no source has changed; and stale ones get mixed with what the image builds itself.",
        "이 컴퓨터에서 테스트하거나 빌드할 때마다 바뀌어서, 소스가 그대로인데도 이 단계부터 다시 실행됩니다. "
        "이미지 안에서 새로 빌드한 것과 옛 결과물이 섞이기도 합니다.",
    ),
    exception=Text("Where the image is to have just these outputs.", "바로 그 결과물을 이미지에 넣으려는 것일 때."),
    bad=(
        Example("FROM python:3.12-slim\nCOPY . /app", ignore=".git", files=_PYTHON),
        Example("FROM rust:1.83\nCOPY . .\nRUN cargo build --release", files=_RUST),
        Example(_BUILD, ignore="node_modules", files=_NODE),
    ),
    good=(
        Example("FROM python:3.12-slim\nCOPY . /app", ignore="**/__pycache__", files=_PYTHON),
        Example("FROM debian:12-slim\nCOPY . .\nCMD ./target/debug/app", files=_RUST),
        Example("FROM debian:12-slim\nCOPY target/debug/app /app", files={**_RUST, "target/CACHEDIR.TAG": "…"}),
        Example(_BUILD, files={"package.json": "{}", "build/webpack.js": "…"}),
        Example(_BUILD, ignore="dist", files=_NODE),
        Example("FROM nginx:1.27\nCOPY . /usr/share/nginx", files=_NODE),
    ),
    check=check,
    severity=Severity.INFO,
)
