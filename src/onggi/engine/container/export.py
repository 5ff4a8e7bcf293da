"""`export`: a container's file system as one tar."""

from __future__ import annotations

from typing import BinaryIO

from onggi.engine.container.files import own_files
from onggi.engine.container.household import Household
from onggi.engine.container.landing import parse
from onggi.layer.stream import stream


def export(house: Household, name: str, out: BinaryIO) -> None:
    """Names in the tar have no slash in front, and the root has none at all, as in Docker."""
    with own_files(house, name) as files:
        house.tell(house.row(name), "export")
        entries = files.walk(parse("/"), "/")
        for piece in stream(each._replace(path=each.path[1:]) for each in entries if each.path != b"/"):
            out.write(piece)
