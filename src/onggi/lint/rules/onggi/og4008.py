from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from onggi.dockerfile.scope import Scope
from onggi.dockerfile.source import Span
from onggi.dockerfile.syntax import Arg, Run
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.rules.buildkit.undefined_var import uses
from onggi.lint.shell.script import Script
from onggi.lint.view.facts import Base
from onggi.lint.view.lineage import Lineage, lineages
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_SHELL_VARIABLE = Pattern(r"(?<!\\)\$(?:\{(\w+)\}|([A-Za-z_]\w*))")
"""One without a default for the case that it is empty."""

_SET_BY_SCRIPT = Pattern(r"\b(\w+)=|\b(?:for|read|export|local)\s+(?:-\w+\s+)*(\w+)\b(?!=)")
_OF_BUILDS = Pattern(r"BUILDKIT_.*|.*_PROXY|.*_proxy")
_LATER = Text(
    "{name} is empty here: its ARG is declared later, in line {line}",
    "여기서는 {name} 값이 비어 있습니다. ARG가 나중에, {line}번째 줄에 나옵니다",
)
_OUTSIDE = Text(
    "{name} is empty here: an ARG before FROM holds for FROM alone until the stage says ARG {name}",
    "여기서는 {name} 값이 비어 있습니다. FROM 앞의 ARG는 FROM에만 쓰입니다. 이 단계에도 ARG {name} 줄을 두세요",
)
_PLATFORM = Text(
    "{name} is empty here: the builder sets it for a stage that says ARG {name}",
    "여기서는 {name} 값이 비어 있습니다. 이 단계에 ARG {name} 줄이 있어야 빌더가 값을 넣습니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    for image in lineages(subject):
        later = _declared(image)
        told: set[str] = set()
        for step in image.stage.steps:
            if not step.is_written:
                continue
            for name, span in _missed(step):
                message = None if name in told else _message(subject, image, step, name, later)
                if message is not None:
                    told.add(name)
                    fix = _fix(step, name) if message[1] else None
                    yield step.violation(span, message[0], fix)


def _declared(image: Lineage) -> Mapping[str, int]:
    """The names that the stage declares, and the line of the last time."""
    return {
        definition.name.text: step.instruction.origin.span.line
        for step in image.stage.steps
        if isinstance(step.instruction, Arg)
        for definition in step.instruction.definitions
    }


def _missed(step: Step) -> Iterator[tuple[str, Span]]:
    """The variables that have no value where the builder, or the shell of a RUN, asks for them."""
    for word, scope in uses(step):
        missed = scope.look_up(word.text).missed
        yield from ((name, word.span) for name in _asked(word.text) if name in missed and name not in scope.declared)
    if isinstance(step.instruction, Run) and step.script is not None:
        yield from _missed_by_shell(step.script, step.standing.scope)


def _missed_by_shell(script: Script, scope: Scope) -> Iterator[tuple[str, Span]]:
    """Each name once, where it is used first."""
    first: dict[str, re.Match[str]] = {}
    for match in _SHELL_VARIABLE.finditer(script.text):
        first.setdefault(match[1] or match[2], match)
    is_set = {match[1] or match[2] for match in _SET_BY_SCRIPT.finditer(script.text)} if first else set()
    for name, match in first.items():
        is_known = name in scope.variables or name in scope.declared
        if not is_known and name.isidentifier() and name not in is_set:
            yield name, script.part(*match.span())


def _asked(text: str) -> Iterator[str]:
    return (match[1] or match[2] for match in _SHELL_VARIABLE.finditer(text))


def _message(
    subject: Subject, image: Lineage, step: Step, name: str, later: Mapping[str, int]
) -> tuple[Text, bool] | None:
    """Why it is empty, and whether an ARG before the instruction mends that; None for one that nobody declares, or that
    the base may set."""
    if image.base is None and _may_be_of_base(name, image):
        return None
    if later.get(name, 0) > step.instruction.origin.span.line:
        return _LATER.format(name=name, line=str(later[name])), False
    if name in subject.outer.declared:
        return _OUTSIDE.format(name=name), True
    is_platform = name in subject.facts.automatic and not _OF_BUILDS.fullmatch(name)
    return (_PLATFORM.format(name=name), True) if is_platform else None


def _may_be_of_base(name: str, image: Lineage) -> bool:
    """`NODE_VERSION` of node, `JAVA_VERSION` of any."""
    first = name.partition("_")[0].lower()
    is_named = image.image is not None and first in re.split(r"\W", image.image.name)
    return is_named or first in ("java", "path", "home", "golang", "go")


def _fix(step: Step, name: str) -> Fix:
    line = step.instruction.origin.span.line
    return Fix((Edit(Span(line, 1, line, 1), f"ARG {name}\n"),), is_safe=False)


RULE = Rule(
    code="OG4008",
    title=Text("Declare an ARG before its use, in each stage", "ARG는 단계마다, 쓰기 전에 선언합니다"),
    reason=Text(
        "An ARG holds from its line to the end of its stage. Before that, and in other stages, its name is an empty "
        "word, and the command does something else than it says.",
        "ARG는 적힌 줄부터 그 단계의 끝까지만 쓸 수 있습니다. "
        "그 앞이나 다른 단계에서는 빈 값이 되어, 적힌 것과 다른 일을 합니다.",
    ),
    exception=Text(
        "Where the base image sets a variable of the same name.",
        "기본 이미지가 같은 이름의 변수를 이미 정해 둘 때.",
    ),
    bad=(
        Example("FROM scratch\nCOPY app-$VERSION /app\nARG VERSION=1.2"),
        Example("FROM debian:12\nRUN curl -fsSL https://files/app-${VERSION}.tar.gz | tar xz\nARG VERSION=1.2"),
        Example(
            "ARG VERSION=1.2\nFROM alpine:3.20\nRUN wget https://files/app-$VERSION.tgz",
            fixed="ARG VERSION=1.2\nFROM alpine:3.20\nARG VERSION\nRUN wget https://files/app-$VERSION.tgz",
        ),
        Example(
            "ARG VERSION=1.2\nFROM alpine:3.20 AS a\nARG VERSION\n\nFROM alpine:3.20\nENV VERSION=$VERSION\nENV V=$V",
            fixed="ARG VERSION=1.2\nFROM alpine:3.20 AS a\nARG VERSION\n\n"
            "FROM alpine:3.20\nARG VERSION\nENV VERSION=$VERSION\nENV V=$V",
        ),
        Example(
            "FROM golang:1.24\nCOPY . .\nRUN GOARCH=$TARGETARCH go build -o /app",
            fixed="FROM golang:1.24\nCOPY . .\nARG TARGETARCH\nRUN GOARCH=$TARGETARCH go build -o /app",
        ),
        Example(
            "ARG LEVEL=info\nFROM company/base\nRUN configure --level=$LEVEL",
            bases={0: Base()},
            fixed="ARG LEVEL=info\nFROM company/base\nARG LEVEL\nRUN configure --level=$LEVEL",
        ),
    ),
    good=(
        Example("ARG VERSION=1.2\nFROM alpine:3.20\nARG VERSION\nRUN wget https://files/app-$VERSION.tgz"),
        Example("ARG VERSION=1.2\nFROM alpine:3.20 AS a\nARG VERSION\n\nFROM a\nRUN echo $VERSION"),
        Example("ARG NODE_VERSION=22\nFROM node:${NODE_VERSION}\nRUN echo $NODE_VERSION"),
        Example("ARG VERSION=1.2\nFROM alpine:3.20\nRUN VERSION=$(cat version) && echo $VERSION"),
        Example("ARG VERSION=1.2\nFROM alpine:3.20\nRUN echo ${VERSION:-none} \\$VERSION\nCMD echo $VERSION"),
        Example("FROM alpine:3.20\nRUN echo $UNKNOWN $HTTP_PROXY\nENV A=$UNKNOWN"),
        Example("ARG VERSION=1.2\nFROM alpine:3.20\nENV VERSION=2\nRUN echo $VERSION"),
    ),
    check=check,
    twin="UndefinedVar",
)
