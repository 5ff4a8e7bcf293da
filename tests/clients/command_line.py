"""The real `docker` on PATH, as a client of a server."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Docker:
    """A call returns what was printed on standard output, and fails the test if the exit code is not 0."""

    env: Mapping[str, str]
    folder: Path | None = None
    """Where it runs."""

    def run(self, *words: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["docker", *map(str, words)],
            env=self.env,
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            timeout=120,
        )

    def __call__(self, *words: str | Path, stdin: bytes = b"") -> str:
        done = self.run(*words, stdin=stdin)
        assert done.returncode == 0, (words, done.returncode, done.stdout, done.stderr.decode())
        return done.stdout.decode().strip()

    def told(self, *words: str | Path, stdin: bytes = b"") -> str:
        """What it says on standard error: progress, above all."""
        done = self.run(*words, stdin=stdin)
        assert done.returncode == 0, (words, done.returncode, done.stdout, done.stderr.decode())
        return done.stderr.decode()

    def fails(self, *words: str | Path, code: int = 1, stdin: bytes = b"") -> str:
        """What it says on standard error when it fails with `code`."""
        done = self.run(*words, stdin=stdin)
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr.decode())
        return done.stderr.decode()

    def start(self, *words: str | Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["docker", *map(str, words)],
            env=self.env,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
