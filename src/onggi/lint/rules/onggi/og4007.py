from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import pairwise

from onggi.dockerfile.syntax import User, Workdir
from onggi.lint.fix import whole_lines
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.lineage import Lineage, lineages
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_MESSAGE = Text("WORKDIR {path} makes the folder itself", "이 폴더는 WORKDIR {path}에서 저절로 만들어집니다")
_FLAGS = frozenset({"p", "parents", "v", "verbose"})


def check(subject: Subject) -> Iterator[Violation]:
    """A RUN that makes just the folder that the next line goes to. Behind a USER it would be that user's; a cd is
    DL3003."""
    for image in lineages(subject):
        for step, following in pairwise(image.stage.steps):
            path = _made(step)
            if path and path == _entered(following) and not _has_user(image, step):
                span = step.instruction.origin.span
                lines = whole_lines(subject.dockerfile.source, span.line, span.end_line)
                fix = Fix((Edit(lines, ""),), is_safe=image.begins_as_root)
                yield step.violation(span, _MESSAGE.format(path=path), fix)


def _made(step: Step) -> str:
    """The one folder that it makes, "" if it does anything else."""
    if step.run is None or len(step.commands) != 1:
        return ""
    (command,) = step.commands
    is_plain = command.name == "mkdir" and len(command.operands) == 1 and _FLAGS.issuperset(command.flags)
    if not is_plain or step.run.mounts or command.assignments:
        return ""
    path = step.standing.scope.expand(command.operands[0].text)
    return posixpath.normpath(path) if path.startswith("/") else ""


def _entered(step: Step) -> str:
    if not isinstance(step.instruction, Workdir):
        return ""
    return posixpath.normpath(step.standing.scope.expand(step.instruction.path.text))


def _has_user(image: Lineage, step: Step) -> bool:
    before = image.steps[: image.steps.index(step)]
    return any(isinstance(each.instruction, User) for each in before)


RULE = Rule(
    code="OG4007",
    title=Text("WORKDIR makes its folder", "WORKDIR가 만드는 폴더를 따로 만들지 않습니다"),
    reason=Text(
        "WORKDIR makes the folder, with all above it, and goes there: the RUN before it only adds a step and a layer.",
        "WORKDIR는 위쪽 폴더까지 만들고 그리로 옮겨 갑니다. 앞의 RUN은 단계와 레이어만 늘립니다.",
    ),
    exception=Text("Where the folder is to have another mode or owner.", "폴더의 권한이나 소유자를 다르게 둘 때."),
    bad=(
        Example(
            "FROM node:22-slim\nRUN mkdir -p /usr/src/app\nWORKDIR /usr/src/app\nCOPY . .",
            fixed="FROM node:22-slim\nWORKDIR /usr/src/app\nCOPY . .",
        ),
        Example(
            "FROM debian:12\nENV HOME=/srv\nRUN mkdir \\\n    $HOME/\nWORKDIR ${HOME}",
            fixed="FROM debian:12\nENV HOME=/srv\nWORKDIR ${HOME}",
        ),
    ),
    good=(
        Example("FROM node:22-slim\nWORKDIR /usr/src/app"),
        Example("FROM node:22-slim\nRUN mkdir -p /usr/src/app/logs\nWORKDIR /usr/src/app"),
        Example("FROM node:22-slim\nRUN mkdir -m 700 /app\nWORKDIR /app"),
        Example("FROM node:22-slim\nRUN mkdir /app && chown node /app\nWORKDIR /app"),
        Example("FROM node:22-slim\nUSER node\nRUN mkdir /home/node/app\nWORKDIR /home/node/app"),
        Example("FROM node:22-slim\nRUN mkdir -p /app /data\nWORKDIR /app"),
    ),
    check=check,
    severity=Severity.STYLE,
)
