from __future__ import annotations

from collections.abc import Iterator

import msgspec

from onggi.dockerfile.syntax import Run
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "Multiple consecutive `RUN` instructions. Consider consolidation",
    "`RUN`이 잇따라 나옵니다. 하나로 합치는 것을 고려하세요",
)
_NAMES = {"dst": "target", "destination": "target", "src": "source"}
_SEPARATOR = Pattern(r"&&|[;|\n]")


class _Flags(msgspec.Struct, frozen=True):
    mounts: frozenset[frozenset[str]]
    others: tuple[str, ...]


def check(subject: Subject) -> Iterator[Violation]:
    """A RUN of several commands is one that somebody has put together on purpose."""
    for stage in subject.stages:
        before: _Flags | None = None
        for step in stage.steps:
            run = step.instruction
            if not isinstance(run, Run) or not step.is_written:
                before = None
                continue
            flags = _flags(run) if _count(step) < 2 else None
            if flags is not None and flags == before:
                yield step.violation(run.origin.keywords[0].span, _MESSAGE)
            before = flags


def _flags(run: Run) -> _Flags:
    words = (run.network, run.security, *run.devices)
    mounts = frozenset(frozenset(map(_option, word.text.split(","))) for word in run.mounts)
    return _Flags(mounts, tuple("" if word is None else word.text for word in words))


def _option(text: str) -> str:
    name, equals, value = text.partition("=")
    return f"{_NAMES.get(name, name)}{equals}{value}"


def _count(step: Step) -> int:
    """How many commands it runs. Of a script for another kind of shell, what would separate some is counted."""
    if step.script is None:
        return 1
    if step.commands:
        return len(step.commands)
    return len(_SEPARATOR.compiled.findall(step.script.text)) + 1


RULE = Rule(
    code="DL3059",
    title=Text("Put consecutive RUN instructions together", "잇따른 RUN은 하나로 합칩니다"),
    reason=Text(
        "Each RUN is a layer of its own. Small steps that belong together are easier to read and to keep small as one.",
        "RUN마다 레이어가 하나씩 생깁니다. 함께 이루어지는 작은 일은 하나로 쓰는 편이 읽기 쉽고 이미지도 작아집니다.",
    ),
    exception=Text(
        "Where the steps change at different times: the cache keeps the earlier one.",
        "단계가 서로 다른 때에 바뀌어 앞 단계의 캐시를 살리고 싶을 때.",
    ),
    bad=(
        Example("FROM debian:12\nRUN ./configure\nRUN make"),
        Example("FROM debian:12\nRUN ./configure\n\n# and then\nRUN make"),
        Example("FROM debian:12\nRUN --mount=type=cache,target=/a ./a\nRUN --mount=target=/a,type=cache ./b"),
    ),
    good=(
        Example("FROM debian:12\nRUN ./configure && make"),
        Example("FROM debian:12\nRUN ./configure && make\nRUN make install"),
        Example("FROM debian:12\nRUN ./configure\nENV A=b\nRUN make"),
        Example("FROM debian:12\nRUN --mount=type=cache,target=/a ./a\nRUN ./b"),
    ),
    check=check,
    severity=Severity.INFO,
)
