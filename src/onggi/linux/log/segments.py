"""The files of a log as they are now, open to be read."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import Self

from onggi.linux.log.block_reader import BlockReader
from onggi.linux.log.blocks import NAME
from onggi.linux.log.json_lines import SUFFIX
from onggi.linux.log.json_reader import JsonReader
from onggi.linux.log.names import COMPRESSED, older
from onggi.linux.log.record import Reader, Tell

LAYOUTS: dict[str, tuple[type[BlockReader] | type[JsonReader], Callable[[str], str]]] = {
    "local": (BlockReader, lambda home: NAME),
    "json-file": (JsonReader, lambda home: home + SUFFIX),
}
"""Of each driver, and the name of its newest file."""
TRIES = 100
PAUSE = 0.001  # seconds


class Segment:
    """One file. It may get another name, be compressed or be removed meanwhile: this reads on in what it was."""

    def __init__(self, path: str, reader: Callable[[int, str], Reader], tell: Tell) -> None:
        self._path = path
        self._reader = reader
        self._tell = tell
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115 — `close` does
        self.status = os.fstat(self._file.fileno())

    @cached_property
    def reader(self) -> Reader:
        if self._path.endswith(COMPRESSED):
            self._decompress()
        return self._reader(self._file.fileno(), self._path)

    def _decompress(self) -> None:
        import gzip
        import shutil
        import zlib

        plain = open(os.memfd_create("log"), "w+b", buffering=0)  # noqa: SIM115 — `close` does; the disk may be full
        with self._file as compressed, gzip.open(compressed) as content:
            try:
                shutil.copyfileobj(content, plain)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                self._tell(f"{self._path} is damaged: {error}")
        self._file = plain

    def is_same(self, other: Segment) -> bool:
        """By what they are, or, if one was compressed meanwhile, by how they begin."""
        if os.path.samestat(self.status, other.status):
            return True
        start = self.reader.start()
        return bool(start) and start == other.reader.start()

    def close(self) -> None:
        self._file.close()

    @property
    def is_open(self) -> bool:
        return not self._file.closed


class Segments:
    """Those of the log that a driver, `local` or `json-file`, keeps in a container's folder. All that were opened are
    closed when this is left."""

    def __init__(self, home: str | Path, driver: str, joined: bool, tell: Tell) -> None:
        reader, name = LAYOUTS[driver]
        self._reader = partial(reader, joined=joined, tell=tell)
        self._path = str(Path(home, name(Path(home).name)))
        self._tell = tell
        self._opened: list[Segment] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for segment in self._opened:
            segment.close()

    def open(self) -> list[Segment]:
        """All, the oldest first."""
        for _ in range(TRIES):
            found = self._find()
            if not found or self._is_newest(found[0]):
                break
            for segment in found:
                segment.close()
            time.sleep(PAUSE)
        self._opened = [segment for segment in self._opened if segment.is_open] + found
        return found[::-1]

    def after(self, last: Segment) -> tuple[list[Segment], bool]:
        """Those that are newer, the oldest first; and whether there may have been others between them and `last`."""
        if self._is_newest(last):
            return [], False
        found = self.open()
        for number in reversed(range(len(found))):
            if found[number].is_same(last):
                for segment in found[: number + 1]:
                    segment.close()
                return found[number + 1 :], False
        return found, bool(found) and not found[0].reader.follows(last.reader)

    def _find(self) -> list[Segment]:
        """From the newest to the oldest, so that one that gets another name meanwhile is found under that, if not under
        both."""
        folder, name = os.path.split(self._path)
        age_of = re.compile(rf"{re.escape(name)}\.([1-9][0-9]*)(?:{re.escape(COMPRESSED)})?")
        found: list[Segment] = []
        try:
            ages = [int(match[1]) for entry in os.listdir(folder) if (match := age_of.fullmatch(entry))]
        except FileNotFoundError:  # the container has been removed
            return found
        for age in range(max(ages, default=0) + 2):  # they may just be moving up by one
            for ending in ("", COMPRESSED):
                with suppress(FileNotFoundError):
                    segment = Segment(older(self._path, age) + ending, self._reader, self._tell)
                    if found and os.path.samestat(segment.status, found[-1].status):
                        segment.close()
                    else:
                        found.append(segment)
                    break
        return found

    def _is_newest(self, segment: Segment) -> bool:
        try:
            return os.path.samestat(os.stat(self._path), segment.status)
        except FileNotFoundError:
            return False
