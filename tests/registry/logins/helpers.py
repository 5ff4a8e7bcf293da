"""Credential helpers on PATH, for tests: programs as real as the ones that people install."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

_KEYCHAIN = """\
#!{python} -IS
import json, pathlib, sys
file = pathlib.Path({file!r})
kept = json.loads(file.read_text()) if file.exists() else {{}}
with open({calls!r}, "a") as calls:
    print(sys.argv[1], file=calls)
said = sys.stdin.read()
if sys.argv[1] == "store":
    given = json.loads(said)
    kept[given["ServerURL"]] = [given["Username"], given["Secret"]]
elif sys.argv[1] == "list":
    print(json.dumps({{url: pair[0] for url, pair in kept.items()}}))
elif said not in kept:
    print("credentials not found in native keychain")
    sys.exit(1)
elif sys.argv[1] == "get":
    print(json.dumps({{"ServerURL": said, "Username": kept[said][0], "Secret": kept[said][1]}}))
else:
    del kept[said]
file.write_text(json.dumps(kept))
"""


class Keychain:
    """A helper that keeps what it is given in a file."""

    def __init__(self, folder: Path, name: str) -> None:
        self.file, self._calls = folder / f"{name}.json", folder / f"{name}.calls"
        text = _KEYCHAIN.format(python=sys.executable, file=str(self.file), calls=str(self._calls))
        write(folder, name, text)

    def kept(self) -> dict[str, list[str]]:
        """Account → user and secret."""
        found: dict[str, list[str]] = json.loads(self.file.read_text()) if self.file.exists() else {}
        return found

    def keep(self, account: str, username: str, secret: str) -> None:
        self.file.write_text(json.dumps({**self.kept(), account: [username, secret]}))

    def calls(self) -> list[str]:
        return self._calls.read_text().split() if self._calls.exists() else []


def write(folder: Path, name: str, script: str) -> None:
    path = folder / f"docker-credential-{name}"
    path.write_text(script)
    path.chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder where helpers are looked for first."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder
