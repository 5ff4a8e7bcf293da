"""Secrets of a build: given by the caller, shown to the steps that mount them, and looked for in what the build makes.

Nothing of a secret is in a key, a record or a plan. Programs that get one may still write it into the image; so what a
step with secrets adds is searched for them, and so is the image's configuration.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onggi.errors import Denied, Invalid, NotFound

LARGEST = 500 * 1024
"""Bytes of the largest secret, as in BuildKit."""
_SHORTEST = 8  # bytes; shorter ones are found everywhere
_PIECE = 1024 * 1024


class Secret(msgspec.Struct, frozen=True):
    """What must not be seen. Its repr does not show it."""

    value: bytes

    def __post_init__(self) -> None:
        if len(self.value) > LARGEST:
            raise Invalid(f"a secret has at most {LARGEST // 1024} kB, this one has {len(self.value) // 1024} kB")

    def __repr__(self) -> str:
        return "Secret(…)"

    @classmethod
    def read(cls, path: Path) -> Secret:
        """That of a file. Raises NotFound, Denied, or Invalid for a folder."""
        try:
            return cls(path.read_bytes())
        except FileNotFoundError as error:
            raise NotFound(
                f"there is no file {path} to read a secret from",
                hint="a secret is given by --secret id=NAME,src=FILE or --secret id=NAME,env=VARIABLE",
            ) from error
        except IsADirectoryError as error:
            raise Invalid(f"{path} is a folder: a secret is one file") from error
        except PermissionError as error:
            raise Denied(f"the secret in {path} cannot be read: permission denied") from error


def check_layer(folder: Path, secrets: Mapping[str, Secret]) -> None:
    """Raises Denied if a file or a link of a layer holds one of `secrets`, which are named by their IDs. Those of less
    than eight bytes are not looked for, and blanks around one do not count."""
    wanted = _wanted(secrets)
    if not wanted:
        return
    for path in _files(os.fspath(folder)):
        for name in _found(path, wanted):
            raise Denied(
                f"the secret {name} is in {path.removeprefix(os.fspath(folder))}, which would be part of the image",
                hint="use it where it is mounted, or remove the file in the same RUN",
            )


def check_config(document: bytes, secrets: Mapping[str, Secret]) -> None:
    """The same for an image's configuration and history, as JSON."""
    for name, value in _wanted(secrets).items():
        escaped = msgspec.json.encode(value.decode(errors="replace"))[1:-1]
        if value in document or escaped in document:
            raise Denied(
                f"the secret {name} is in the configuration or the history of the image, where everybody can read it",
                hint="do not give it as ARG, ENV or LABEL, nor within a command; mount it: --mount=type=secret",
            )


def _wanted(secrets: Mapping[str, Secret]) -> dict[str, bytes]:
    stripped = {name: secret.value.strip() for name, secret in secrets.items()}
    return {name: value for name, value in stripped.items() if len(value) >= _SHORTEST}


def _files(folder: str) -> Iterator[str]:
    """The regular files and links beneath a folder, which are not followed."""
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                mode = entry.stat(follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode):
                    waiting.append(entry.path)
                elif stat.S_ISREG(mode) or stat.S_ISLNK(mode):
                    yield entry.path


def _found(path: str, wanted: Mapping[str, bytes]) -> Iterator[str]:
    """The names of those that the file holds."""
    if os.path.islink(path):
        target = os.fsencode(os.readlink(path))
        yield from (name for name, value in wanted.items() if value in target)
        return
    overlap = max(map(len, wanted.values())) - 1
    with open(path, "rb", buffering=0) as file:
        before = b""
        while piece := file.read(_PIECE):
            whole = before + piece
            yield from (name for name, value in wanted.items() if value in whole)
            before = whole[-overlap:]
