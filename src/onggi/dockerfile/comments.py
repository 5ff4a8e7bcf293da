"""What the comment right above an instruction says: a description of what it defines, or which checks to skip."""

from __future__ import annotations

from onggi.dockerfile.source import SPACES
from onggi.dockerfile.syntax import Dockerfile, Instruction


def above(dockerfile: Dockerfile, instruction: Instruction) -> tuple[str, ...]:
    """The comment lines that end right above the instruction, without their `#`, top down. An empty line, an empty
    comment and a directive end them."""
    return above_line(dockerfile, instruction.origin.span.line)


def above_line(dockerfile: Dockerfile, line: int) -> tuple[str, ...]:
    """Those right above a line, which may be none of an instruction's."""
    lines = dockerfile.source.lines
    directives = {directive.span.line for directive in dockerfile.directives}
    found: list[str] = []
    number = line - 1
    while number and number not in directives:
        text = lines[number - 1].strip(SPACES)
        if not text.startswith("#") or text == "#":
            break
        found.append(text[1:].strip(SPACES))
        number -= 1
    return tuple(reversed(found))


def description(dockerfile: Dockerfile, instruction: Instruction, name: str) -> str:
    """What a comment `# name text` right above an instruction tells of the stage or argument that it defines."""
    for line in above(dockerfile, instruction):
        first, _, text = line.partition(" ")
        if first == name:
            return text.strip(SPACES)
    return ""
