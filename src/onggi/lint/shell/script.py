"""The shell scripts of a Dockerfile, laid out as in the file: a place in the script is a place in the Dockerfile."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from onggi.dockerfile.lines import logical_line
from onggi.dockerfile.source import SPACES, LogicalLine, Source, Span
from onggi.dockerfile.syntax import Cmd, Entrypoint, HealthCheck, Heredoc, Instruction, Run, ShellForm, performed
from onggi.lint.pattern import Pattern

DEFAULT_SHELL = ("/bin/sh", "-c")
_SHEBANG = Pattern(r"#!\s*(\S+)(?:[ \t]+(\S+))?")
_BARE_HEREDOC = Pattern(r"\d*<<-?\s*(['\"]?)[^\s'\"<>|&;]+\1\s*")
_INTERPRETED = Pattern(r"(?:\S*/)?(sh|bash|dash|ash|ksh)(?:\s+-[A-Za-z]+(?:\s+pipefail)?)*\s+<<-?\s*\S+\s*")


class Script(msgspec.Struct, frozen=True):
    """`text` has the lines of the Dockerfile as they are, from line `line` on; its first line begins at `column`
    (1-based). `shell` is the name of what runs it: sh, bash, pwsh, cmd …"""

    shell: str
    text: str
    line: int
    column: int

    def span(self, start: tuple[int, int], end: tuple[int, int]) -> Span:
        """Where the part from (row, column) to (row, column) stands; both 0-based, the end exclusive."""
        return Span(*self._place(*start), *self._place(*end))

    def part(self, start: int, end: int) -> Span:
        """Where text[start:end] stands in the file."""
        return self.span(self._position(start), self._position(end))

    def _position(self, offset: int) -> tuple[int, int]:
        return self.text.count("\n", 0, offset), offset - self.text.rfind("\n", 0, offset) - 1

    def _place(self, row: int, column: int) -> tuple[int, int]:
        return self.line + row, column + (self.column if row == 0 else 1)


def script(source: Source, escape: str, instruction: Instruction, shell: Sequence[str]) -> Script | None:
    """What an instruction gives to a shell; None if that is nothing, or no shell reads it (the exec form, a heredoc for
    a program such as python3). `shell` is the SHELL where it stands."""
    inner = performed(instruction)
    if not isinstance(inner, Run | Cmd | Entrypoint | HealthCheck) or not isinstance(inner.command, ShellForm):
        return None
    line = logical_line(source, escape, instruction.origin.span.line)
    text = line.text.rstrip(SPACES)
    start = len(text) - len(inner.command.text)
    name = shell_name(shell)
    heredocs = inner.heredocs if isinstance(inner, Run) else ()
    if not heredocs:
        return _laid_out(source, escape, line, start, name)
    body = instruction.origin.span.end_line + 1
    if len(heredocs) == 1:
        if _BARE_HEREDOC.fullmatch(inner.command.text):
            return _body(heredocs[0], body, name)
        interpreter = _INTERPRETED.fullmatch(inner.command.text)
        if interpreter is not None:
            return Script(interpreter[1], heredocs[0].body(), body, 1)
    command = _laid_out(source, escape, line, start, name)
    bodies = "".join(f"{heredoc.content}{heredoc.name}\n" for heredoc in heredocs)
    return Script(name, f"{command.text}\n{bodies}", command.line, command.column)


def shell_name(shell: Sequence[str]) -> str:
    """`/bin/bash -o pipefail -c` → `bash`"""
    first = shell[0] if shell else DEFAULT_SHELL[0]
    name = re.split(r"[/\\]", first.split()[0] if first.split() else first)[-1].lower()
    return name.removesuffix(".exe")


def _body(heredoc: Heredoc, line: int, shell: str) -> Script | None:
    """A heredoc on its own is the script; its first line may say for whom."""
    shebang = _SHEBANG.match(heredoc.content)
    if shebang is not None:
        program = shebang[2] if shebang[1].endswith("/env") and shebang[2] else shebang[1]
        shell = shell_name([program])
    return Script(shell, heredoc.body(), line, 1)


def _laid_out(source: Source, escape: str, line: LogicalLine, start: int, shell: str) -> Script:
    """The lines of an instruction from `start` of its text on. Comments and empty lines between them, which no shell
    is given, become lines that say nothing; every continuation becomes the shell's own."""
    begin = line.span(start, start + 1)
    last = line.pieces[-1][1]
    kept = {number for _, number, _ in line.pieces}
    rows: list[str] = []
    for number in range(begin.line, last + 1):
        text = source.lines[number - 1]
        if number == begin.line:
            text = text[begin.column - 1 :]
        if number not in kept:
            text = ""
        if number == last:
            rows.append(text.rstrip(SPACES))
        else:
            rows.append(text.rstrip(" \t").removesuffix(escape) + "\\")
    return Script(shell, "\n".join(rows), begin.line, begin.column)
