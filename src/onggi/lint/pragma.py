"""Comments that switch rules off: `# hadolint ignore=DL3008,SC2086` above an instruction, `# hadolint stage ignore=…`
for its stage, `# hadolint global ignore=…` for the file. And one that says what nothing else does: `# hadolint
shell=powershell`, which shell the base image has. `onggi` in the place of `hadolint` means the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from onggi.dockerfile.comments import above_line
from onggi.dockerfile.syntax import Dockerfile, Instruction
from onggi.lint.pattern import Pattern

_PRAGMA = Pattern(r"(?:hadolint|onggi)[ \t]+(?:(global|stage)[ \t]+)?ignore[ \t]*=[ \t]*([^#]*)(?:#.*)?")

_SHELL = Pattern(r"(?:hadolint|onggi)[ \t]+shell[ \t]*=[ \t]*(\S+)[ \t]*(?:#.*)?")


class Ignored(msgspec.Struct, frozen=True):
    """Which codes are switched off where: by the line that an instruction begins in, and in the whole file."""

    by_line: dict[int, frozenset[str]]
    everywhere: frozenset[str]

    def at(self, line: int) -> frozenset[str]:
        return self.everywhere | self.by_line.get(line, frozenset())


def ignored(dockerfile: Dockerfile) -> Ignored:
    everywhere: frozenset[str] = frozenset()
    by_line: dict[int, frozenset[str]] = {}
    for comment in dockerfile.comments:
        everywhere |= _codes(comment, "global")
    for arg in dockerfile.arguments:
        by_line[arg.origin.span.line] = _above(dockerfile, arg)
        for comment in arg.origin.comments:
            everywhere |= _codes(comment, "global")
    for stage in dockerfile.stages:
        instructions = (stage.base, *stage.instructions)
        comments = [comment for instruction in instructions for comment in instruction.origin.comments]
        whole = frozenset(code for comment in comments for code in _codes(comment, "stage"))
        everywhere |= frozenset(code for comment in comments for code in _codes(comment, "global"))
        for instruction in instructions:
            by_line[instruction.origin.span.line] = whole | _above(dockerfile, instruction)
    return Ignored(by_line, everywhere)


def ignored_above(dockerfile: Dockerfile, line: int) -> frozenset[str]:
    """The codes that comments right above a line switch off there, also where no instruction could be read."""
    return frozenset(code for comment in above_line(dockerfile, line) for code in _codes(comment, ""))


def mentioned(dockerfile: Dockerfile) -> Iterator[tuple[Instruction, str]]:
    """Each code that such a comment names, and the instruction that it is about or stands before."""
    for instruction in dockerfile.instructions():
        for comment in instruction.origin.comments:
            for scope in ("", "stage", "global"):
                yield from ((instruction, code) for code in sorted(_codes(comment, scope)))


def told_shell(comments: Iterable[str]) -> str:
    """The shell that the last such comment names; "" if none does."""
    found = ""
    for comment in comments:
        if match := _SHELL.fullmatch(comment):
            found = match[1]
    return found


def is_pragma(comment: str) -> bool:
    """Of a comment without its `#`."""
    return _PRAGMA.fullmatch(comment) is not None


def takes_another(comment: str) -> bool:
    """Whether a code may be written at the end of a comment: it ignores rules above an instruction, and nothing else
    follows its codes."""
    match = _PRAGMA.fullmatch(comment)
    return match is not None and not match[1] and "#" not in comment


def _above(dockerfile: Dockerfile, instruction: Instruction) -> frozenset[str]:
    return ignored_above(dockerfile, instruction.origin.span.line)


def _codes(comment: str, scope: str) -> frozenset[str]:
    match = _PRAGMA.fullmatch(comment)
    if match is None or (match[1] or "") != scope:
        return frozenset()
    return frozenset(code for part in match[2].split(",") if (code := part.strip()))
