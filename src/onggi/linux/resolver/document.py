"""What a network's resolver knows: a file that the engine writes and the resolver reads again when it has changed."""

from __future__ import annotations

import os

import msgspec


class Entry(msgspec.Struct, frozen=True):
    """A container in the network, by its ID: its addresses of both families, and its names there without the network's.
    The first name is the one that its addresses are translated back to. A name of several entries has the addresses of
    all. Those are known that are being served: who does not run has no names."""

    container: str
    names: tuple[str, ...]
    addresses: tuple[str, ...]


class Document(msgspec.Struct, frozen=True):
    """domain: the network's name, which every name may have behind it. upstream: addresses of the servers that are
    asked for everything else; none are in an internal network, where nothing else exists."""

    domain: str
    entries: tuple[Entry, ...] = ()
    upstream: tuple[str, ...] = ()


def write(path: str, document: Document) -> None:
    """In the place of what was there: who reads sees the one or the other. Raises OSError."""
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "wb") as file:
        file.write(msgspec.json.encode(document))
    os.replace(temporary, path)
