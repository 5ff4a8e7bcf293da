"""Tell what happens: Docker's events, a line of JSON each, in files that every process of a store appends to.

There is no daemon that could pass events on, so whoever changes something writes it down, and whoever wants to know
reads along (event_log.py). This is the writer: part of every monitor, so it imports next to nothing.

    events/00000007.json   the file that is written to is the one with the highest number

Nobody waits for anybody here: there is no lock. An event is one write to a file opened with O_APPEND, which the kernel
does not mix with others. Whoever makes a file longer than it should be begins the next one, and the oldest goes. A
writer that is overtaken by that writes to the file before the last, which is why readers read on in all of them.
"""

from __future__ import annotations

import os
import time
from _json import encode_basestring as quote  # all of json that is needed: the package imports re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE_SIZE = 4 << 20
"""Bytes in a file after which the next one begins."""
FILES = 3
"""How many are kept, the newest included: two of them full, which is some ten thousand events."""
START = b'{"Type":'
"""How each line begins, and nothing within a line: there the quotation marks would be escaped."""


class Events:
    """What becomes of one thing: `kind` is container, image, volume, …; `id` what it is known by. `attributes` are said
    with each event; they may change meanwhile, as a name does."""

    def __init__(self, folder: str, kind: str, id: str, attributes: Mapping[str, str]) -> None:
        self.folder = folder
        self.kind = kind
        self.id = id
        self.attributes = dict(attributes)

    def emit(self, action: str, **attributes: str) -> None:
        """Write down that it happened, now. Never raises: what cannot be told, for a full disk say, has happened all
        the same."""
        try:
            _append(self.folder, encode(self.kind, self.id, action, self.attributes | attributes, time.time_ns()))
        except OSError:
            pass


def encode(kind: str, id: str, action: str, attributes: Mapping[str, str], nanoseconds: int) -> bytes:
    """One line, with the fields of Docker's API (events.Message), those that it calls deprecated included."""
    pairs = ",".join([f"{quote(name)}:{quote(value)}" for name, value in attributes.items()])
    text = (
        f'{{"Type":{quote(kind)},"Action":{quote(action)},"Actor":{{"ID":{quote(id)},"Attributes":{{{pairs}}}}},'
        f'"scope":"local","time":{nanoseconds // 1_000_000_000},"timeNano":{nanoseconds}'
    )
    if kind in ("container", "image"):
        text += f',"status":{quote(action)},"id":{quote(id)}'
    if kind == "container":
        text += f',"from":{quote(attributes.get("image", ""))}'
    return f"{text}}}\n".encode("utf-8", "replace")


def numbers(names: Iterable[str]) -> list[int]:
    """Of the files in the folder, the oldest first."""
    return sorted(int(name[:-5]) for name in names if name.endswith(".json") and name[:-5].isdecimal())


def path_of(folder: str, number: int) -> str:
    return f"{folder}/{number:08}.json"


def _append(folder: str, line: bytes) -> None:
    number = max(numbers(os.listdir(folder)), default=1)
    file = os.open(path_of(folder, number), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, line)
        is_full = os.fstat(file).st_size >= FILE_SIZE
    finally:
        os.close(file)
    if is_full:
        _turn_over(folder, number + 1)


def _turn_over(folder: str, number: int) -> None:
    """Begin a file; one of those that come here at once does, and removes what is too old."""
    try:
        os.close(os.open(path_of(folder, number), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return
    for old in numbers(os.listdir(folder)):
        if old <= number - FILES:
            os.unlink(path_of(folder, old))
