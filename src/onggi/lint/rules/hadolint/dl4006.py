from __future__ import annotations

import json
from collections.abc import Iterator

from onggi.dockerfile.source import Span
from onggi.dockerfile.syntax import OnBuild, Run
from onggi.lint.knowledge.images import careful_shell
from onggi.lint.rule import Example, Rule
from onggi.lint.shell.script import shell_name
from onggi.lint.view.lineage import Lineage, lineages
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_MESSAGE = Text(
    "Set the SHELL option -o pipefail before RUN with a pipe in it. If you are using /bin/sh in an alpine image or if "
    "your shell is symlinked to busybox then consider explicitly setting your SHELL to /bin/ash, or disable this check",
    "파이프가 있는 RUN 앞에 SHELL의 -o pipefail을 켜세요. alpine의 /bin/sh처럼 busybox인 셸이면 SHELL을 /bin/ash로 "
    "분명히 적거나 이 검사를 끄세요",
)
_OPTION = "pipefail"
_WITH_OPTION = frozenset({"bash", "zsh", "ash", "ksh"})


def check(subject: Subject) -> Iterator[Violation]:
    for image in lineages(subject):
        is_mended = False  # by a fix of a RUN before
        for step in image.stage.steps:
            if step.is_written and isinstance(step.inner, Run) and _is_unguarded(step):
                fix = None if is_mended else _fix(image, step)
                yield step.violation(step.calls.pipes[0], _MESSAGE, fix)
                is_mended = is_mended or fix is not None


def _is_unguarded(step: Step) -> bool:
    """A script that says the word itself knows what it does."""
    if not step.calls.pipes or step.script is None or _OPTION in step.script.text:
        return False
    shell = step.standing.shell
    return not (shell_name(shell) in _WITH_OPTION and any(_OPTION in word for word in shell))


def _fix(image: Lineage, step: Step) -> Fix | None:
    """A SHELL before it: the one that is there, or one that the image is known to have. Not a safe one: what is cut off
    fails then."""
    shell = step.standing.shell or (_known_shell(image), "-c")
    if isinstance(step.instruction, OnBuild) or shell_name(shell) not in _WITH_OPTION:
        return None
    program, *flags = shell
    begin = step.instruction.origin.span
    words = json.dumps([program, "-o", _OPTION, *flags])
    return Fix((Edit(Span(begin.line, begin.column, begin.line, begin.column), f"SHELL {words}\n"),), is_safe=False)


def _known_shell(image: Lineage) -> str:
    return careful_shell(image.image) if image.image is not None else ""


RULE = Rule(
    code="DL4006",
    title=Text("Let a pipe fail where one of its commands does", "파이프 속 명령이 실패하면 RUN도 실패하게 합니다"),
    reason=Text(
        "A pipe succeeds if its last command does: of `wget … | tar x` a failed download is a layer in the cache, "
        "without the files.",
        "파이프는 마지막 명령만 성공하면 성공입니다. `wget … | tar x`에서 내려받기가 실패해도 파일 없는 레이어가 "
        "캐시에 남습니다.",
    ),
    exception=Text(
        "Where a command before the last is meant to be cut off, as in `yes | …` or `… | head`.",
        "`yes | …`나 `… | head`처럼 앞 명령이 중간에 끊기는 것이 정상일 때.",
    ),
    bad=(
        Example(
            "FROM debian:12\nRUN wget -qO- https://a.example | tar x",
            fixed='FROM debian:12\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\n'
            "RUN wget -qO- https://a.example | tar x",
        ),
        Example(
            "FROM alpine:3.20\nRUN (cat a; cat b) \\\n  | sort > c",
            fixed='FROM alpine:3.20\nSHELL ["/bin/ash", "-o", "pipefail", "-c"]\nRUN (cat a; cat b) \\\n  | sort > c',
        ),
        Example(
            'FROM debian:12\nSHELL ["/bin/bash", "-eu", "-c"]\nRUN a | b',
            fixed='FROM debian:12\nSHELL ["/bin/bash", "-eu", "-c"]\n'
            'SHELL ["/bin/bash", "-o", "pipefail", "-eu", "-c"]\nRUN a | b',
        ),
        Example(
            "FROM busybox:1.37 AS base\n\nFROM base\nRUN a | b",
            fixed='FROM busybox:1.37 AS base\n\nFROM base\nSHELL ["/bin/ash", "-o", "pipefail", "-c"]\nRUN a | b',
        ),
        Example("FROM gcr.io/distroless/base:debug\nRUN a | b"),
        Example("FROM example.org/base:1\nRUN a | b"),
        Example("FROM debian:12\nONBUILD RUN a | b"),
    ),
    good=(
        Example('FROM debian:12\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN wget -qO- https://a.example | tar x'),
        Example("FROM debian:12\nRUN bash -o pipefail -c 'a | b'"),
        Example("FROM debian:12\nRUN <<EOF\nset -euo pipefail\na | b\nEOF"),
        Example("FROM debian:12\nRUN a || echo 'b | c'"),
        Example('FROM debian:12\nRUN ["a", "|", "b"]'),
        Example('FROM mcr.microsoft.com/powershell:7.4\nSHELL ["pwsh", "-Command"]\nRUN a | b'),
    ),
    check=check,
)
