from __future__ import annotations

import posixpath
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import pairwise

from onggi.dockerfile.syntax import Add, Copy, Run, Workdir
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.shell.commands import Argument, Command
from onggi.lint.view.lineage import final
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Text, Violation

_OUTPUT = {"curl": Pattern(r"--output|-\w*o"), "wget": Pattern(r"--output-document|-\w*O")}
_MESSAGE = Text(
    "{path} stays in the layer of line {line}, out of sight: {advice}",
    "{line}번째 줄의 레이어에는 {path} 내용이 그대로 남아 있습니다. {advice}",
)
_COPIED = Text(
    "mount it where it is needed, with RUN --mount=type=bind",
    "필요한 RUN에서 --mount=type=bind로 마운트하세요",
)
_FETCHED = Text("fetch, use and remove it in one RUN", "받고 쓰고 지우는 일을 한 RUN에서 하세요")


def check(subject: Subject) -> Iterator[Violation]:
    """In what becomes the image. Known is what a COPY or ADD names, and what curl, wget and git are told to write."""
    image = final(subject)
    made: dict[str, Step] = {}
    folder = ""
    for step in image.steps if image is not None else ():
        if isinstance(step.instruction, Workdir):
            folder = _absolute(folder, step.standing.scope.expand(step.instruction.path.text))
        for argument in _removed(step):
            found = _match(_absolute(folder, step.standing.scope.expand(argument.text)), made)
            if found is not None:
                del made[found[0]]
                yield step.violation(argument.span, _message(*found))
                break
        made |= dict.fromkeys(_made(step, folder), step)


def _message(path: str, step: Step) -> Text:
    is_fetched = isinstance(step.instruction, Run) or "://" in step.instruction.origin.text
    advice = _FETCHED if is_fetched else _COPIED
    return _MESSAGE.format(path=path, line=str(step.place.origin.span.line), advice=advice)


def _match(removed: str, made: dict[str, Step]) -> tuple[str, Step] | None:
    """The first that is what is removed, or lies in it."""
    if not removed:
        return None
    for path, step in made.items():
        if path == removed or path.startswith(f"{removed}/") or fnmatchcase(path, removed):
            return path, step
    return None


def _absolute(folder: str, path: str) -> str:
    """ "" where that is not known: the base has a WORKDIR of its own, a cd came before."""
    path = posixpath.join(folder, path) if path else ""
    return posixpath.normpath(path) if path.startswith("/") else ""


def _removed(step: Step) -> Iterator[Argument]:
    """What its rm names; behind a cd the full paths only."""
    if step.run is None:
        return
    has_moved = False
    for command in step.commands:
        has_moved = has_moved or command.name in ("cd", "pushd")
        if command.name == "rm":
            yield from (word for word in command.operands if word.text.startswith("/") or not has_moved)


def _made(step: Step, folder: str) -> Iterator[str]:
    instruction = step.instruction
    if isinstance(instruction, Copy | Add) and not (isinstance(instruction, Copy) and instruction.stage is not None):
        expand = step.standing.scope.expand
        destination = expand(instruction.destination.text)
        sources = [posixpath.basename(expand(word.text).rstrip("/")) for word in instruction.sources]
        if destination.endswith("/") or destination == "." or len(sources) > 1:
            yield from (_absolute(folder, posixpath.join(destination, name)) for name in sources if "*" not in name)
        elif posixpath.splitext(destination)[1]:
            yield _absolute(folder, destination)
    elif step.run is not None:
        gone = {word.text for word in _removed(step)}
        for command in step.commands:
            yield from (_absolute(folder, path) for path in _written(command) if path not in gone)


def _written(command: Command) -> Iterator[str]:
    """`curl -o FILE`, `wget -O FILE`, `git clone URL FOLDER`"""
    name = command.name
    if name == "git" and command.has_argument("clone"):
        operands = command.without_values("b", "branch", "depth", "c", "config", "o", "origin").operands
        yield from (word.text for word in operands[2:3] if word.text.startswith("/"))
    for flag, word in pairwise(command.arguments):
        if name in _OUTPUT and _OUTPUT[name].fullmatch(flag.text):
            yield word.text


RULE = Rule(
    code="OG2001",
    title=Text("Remove files in the layer that made them", "파일은 만든 레이어에서 지웁니다"),
    reason=Text(
        "Layers are put upon each other: a later rm only hides what an earlier one holds. The image stays as large, "
        "and who unpacks it finds the file.",
        "레이어는 차곡차곡 쌓입니다. 나중의 rm은 앞 레이어의 파일을 가릴 뿐이어서 "
        "이미지는 줄지 않고, 풀어 보면 파일이 그대로 나옵니다.",
    ),
    exception=Text(
        "Where the image is squashed, or only the sight of the file is in the way.",
        "이미지를 한 레이어로 합치거나, 파일이 보이지만 않으면 될 때.",
    ),
    bad=(
        Example("FROM debian:12\nCOPY app.tar.gz /tmp/\nRUN tar -xf /tmp/app.tar.gz -C /opt && rm /tmp/app.tar.gz"),
        Example("FROM debian:12\nADD https://files/app.tgz /app.tgz\nRUN tar xf app.tgz && rm /app.tgz"),
        Example("FROM debian:12\nWORKDIR /build\nADD setup.sh key.asc ./\nRUN ./setup.sh\nRUN rm -rf /build"),
        Example(
            "FROM debian:12\nRUN curl -fsSLo /tmp/a.tgz https://files/a.tgz\nRUN tar xf /tmp/a.tgz && rm /tmp/*.tgz"
        ),
        Example(
            "FROM debian:12\nRUN git clone --depth 1 https://git/app /src\nRUN make -C /src install\nRUN rm -r /src"
        ),
        Example("FROM debian:12 AS base\nCOPY dump.sql /dump.sql\n\nFROM base\nRUN load /dump.sql; rm -f /dump.sql"),
    ),
    good=(
        Example(
            "FROM debian:12\nRUN --mount=type=bind,source=app.tar.gz,target=/app.tar.gz tar -xf /app.tar.gz -C /opt"
        ),
        Example("FROM debian:12\nRUN curl -fsSLo /tmp/a.tgz https://files/a.tgz && tar xf /tmp/a.tgz && rm /tmp/a.tgz"),
        Example(
            "FROM debian:12 AS build\nCOPY key /key\nRUN use /key && rm /key\n\nFROM debian:12\nCOPY --from=build /o /o"
        ),
        Example("FROM debian:12\nCOPY app.tar.gz /tmp/\nRUN cd /opt && rm app.tar.gz\nRUN rm -rf /var/lib/apt/lists/*"),
        Example("FROM debian:12\nCOPY . /app\nRUN make && rm -rf build"),
    ),
    check=check,
)
