from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from onggi.dockerfile.scope import Expansion, Scope
from onggi.dockerfile.source import Span
from onggi.dockerfile.syntax import (
    Add,
    Arg,
    Copy,
    Env,
    Instruction,
    Label,
    Run,
    StopSignal,
    User,
    Volume,
    Word,
    Workdir,
)
from onggi.lint.rule import Example, Rule
from onggi.lint.suggestion import near
from onggi.lint.view.facts import Base
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text("Usage of undefined variable '${name}'", "정의되지 않은 '${name}' 변수를 썼습니다")
_NEAR = Text(
    "Usage of undefined variable '${name}' (did you mean ${near}?)",
    "정의되지 않은 '${name}' 변수를 썼습니다 (${near}인가요?)",
)
_NEVER_SET = frozenset({"BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"})
"""Arguments that BuildKit reads itself and gives to nobody."""


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.steps():
        if not step.standing.is_base_known:
            continue
        for word, scope in uses(step):
            yield from _missed(step, word.span, scope, scope.look_up(word.text))
        if isinstance(step.instruction, Copy | Add):
            scope = step.standing.scope
            for heredoc in step.instruction.heredocs:
                if heredoc.expand:
                    yield from _missed(step, step.instruction.origin.span, scope, scope.look_up_text(heredoc.content))


def _missed(step: Step, span: Span, scope: Scope, expansion: Expansion) -> Iterator[Violation]:
    for name in expansion.missed:
        if name not in scope.declared and name not in _NEVER_SET:
            meant = near(name, scope.variables)
            message = _MESSAGE.format(name=name) if meant is None else _NEAR.format(name=name, near=meant)
            yield step.violation(span, message)


def uses(step: Step) -> Iterator[tuple[Word, Scope]]:
    """The words that are expanded here, each with what it sees."""
    instruction = step.instruction
    if isinstance(instruction, Arg):
        yield from _defaults(instruction, step.standing.scope)
    for word in _EXPANDED.get(type(instruction), _none)(instruction):
        if word is not None:
            yield word, step.standing.scope


def _defaults(instruction: Arg, scope: Scope) -> Iterator[tuple[Word, Scope]]:
    """The caller's value takes the place of a default, which is then not looked at."""
    for definition in instruction.definitions:
        if definition.default is not None and definition.name.text not in scope.build_args:
            yield definition.default, scope
        scope = scope.declare(definition)


def _none(instruction: Instruction) -> Iterable[Word | None]:
    return ()


def _pairs(instruction: Env | Label) -> Iterator[Word | None]:
    for pair in instruction.pairs:
        yield from (pair.name, pair.value)


def _files(instruction: Copy | Add) -> Iterator[Word | None]:
    yield from (instruction.chown, instruction.chmod)
    if isinstance(instruction, Add):
        yield instruction.checksum
    yield from (*instruction.sources, instruction.destination)


_EXPANDED: Mapping[type[Instruction], Callable[[Any], Iterable[Word | None]]] = {
    Add: _files,
    Copy: _files,
    Env: _pairs,
    Label: _pairs,
    Run: lambda run: (*run.mounts, *run.devices),
    StopSignal: lambda stop: (stop.signal,),
    User: lambda user: (user.user,),
    Volume: lambda volume: volume.paths,
    Workdir: lambda workdir: (workdir.path,),
}
"""Where the builder expands and tells of what it misses; EXPOSE is not among them, nor what a shell expands."""


RULE = Rule(
    code="UndefinedVar",
    title=Text("Variables should be defined before their use", "변수는 쓰기 전에 정의합니다"),
    reason=Text(
        "A variable that nobody defined is empty: the instruction does less, or something else, than it says.",
        "정의되지 않은 변수는 비어 있습니다. 명령어가 적힌 것보다 덜하거나 다른 일을 합니다.",
    ),
    exception=Text(
        "Where an empty value is meant: then ${name:-} says so better, after an ARG that declares the name.",
        "비어 있는 값이 뜻한 것일 때. 그럴 때는 ARG로 선언하고 ${name:-}로 쓰는 것이 더 낫습니다.",
    ),
    bad=(
        Example("FROM scratch\nCOPY $foo ."),
        Example("FROM scratch\nENV PATH=$PAHT:/app/bin"),
        Example("FROM scratch\nENV a=1 b=$a"),
        Example("FROM scratch\nARG VERSION=$foo"),
        Example("FROM scratch\nCOPY $foo .\nARG foo=bar"),
        Example("FROM scratch\nCOPY <<E /etc/motd\nhello '$foo'\nE"),
        Example("FROM scratch AS base\n\nFROM base\nWORKDIR /$foo"),
        Example("FROM python\nARG VERSION=$PYTHON_VERSOIN", bases={0: Base(environment={"PYTHON_VERSION": "3"})}),
    ),
    good=(
        Example("FROM scratch\nARG foo\nCOPY $foo ."),
        Example("FROM scratch\nENV PATH=$PATH:/app/bin"),
        Example("FROM scratch AS base\nARG foo=Dockerfile\n\nFROM base\nCOPY $foo ."),
        Example("FROM scratch\nRUN echo $foo\nCMD echo $foo\nEXPOSE $foo\nCOPY '$foo' \\$foo ./"),
        Example("FROM python\nARG VERSION=$PYTHON_VERSION", bases={0: Base(environment={"PYTHON_VERSION": "3"})}),
        Example("FROM scratch\nCOPY <<'E' /etc/motd\nhello $foo\nE"),
        Example("FROM an-image-that-is-not-at-hand\nARG VERSION=$ITS_VERSION"),
    ),
    check=check,
    url="https://docs.docker.com/go/dockerfile/rule/undefined-var/",
)
