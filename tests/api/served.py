"""`onggi serve` on a store, and Docker's own command line as its client."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

DOCKER = "docker"


@contextmanager
def serve(argv: Sequence[str], socket: Path, env: Mapping[str, str]) -> Iterator[None]:
    """The program `argv` serves at `socket` until the end of the block, which it has to leave with 0
    and without a traceback."""
    words = [*argv, "serve", "-H", f"unix://{socket}"]
    server = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **env}
    )
    assert server.stdout is not None
    try:
        line = server.stdout.readline().decode()
        assert line.startswith("Serving"), line + server.stdout.read().decode()
        yield
    finally:
        server.terminate()
        rest = server.communicate(timeout=60)[0].decode()
    assert server.returncode == 0, rest
    assert "Traceback" not in rest, rest


class Docker:
    """The real `docker`. A call returns what it printed, and fails the test if the exit code is not 0."""

    def __init__(self, socket: Path, config: Path) -> None:
        self.env = {**os.environ, "DOCKER_HOST": f"unix://{socket}", "DOCKER_CONFIG": str(config)}

    def run(self, *words: str, stdin: bytes = b"", timeout: float = 240) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([DOCKER, *words], input=stdin, env=self.env, capture_output=True, timeout=timeout)

    def __call__(self, *words: str, stdin: bytes = b"") -> str:
        done = self.run(*words, stdin=stdin)
        said = done.stdout.decode() + done.stderr.decode()
        assert done.returncode == 0, f"docker {' '.join(words)} → {done.returncode}\n{said}"
        return done.stdout.decode().strip()

    def fails(self, *words: str, code: int = 1, stdin: bytes = b"") -> str:
        """What it says on standard error when it fails with `code`."""
        done = self.run(*words, stdin=stdin)
        said = done.stderr.decode()
        assert done.returncode == code, f"docker {' '.join(words)} → {done.returncode}\n{done.stdout!r}\n{said}"
        return said
