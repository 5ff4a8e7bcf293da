"""`cp`, and what the Engine API offers for it: files into a container and out of it, by way of a tar that is whole
nowhere."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from onggi.engine.container.files import Files, container_files, host_files
from onggi.engine.container.household import Household
from onggi.engine.container.landing import Landing, land, parse
from onggi.engine.container.landing import Source as Chosen
from onggi.engine.types import PathStat
from onggi.errors import Invalid, NotFound
from onggi.layer.accounts import Owner
from onggi.layer.extract import NOBODY, Extraction, extract
from onggi.layer.source import Source
from onggi.layer.stream import Pieces, stream
from onggi.linux.root import Root

OnBytes = Callable[[int], object]

_carried = "security.capability".__eq__  # of extended attributes only capabilities, as in Docker


def path_stat(house: Household, name: str, path: str) -> PathStat:
    with container_files(house, name) as files:
        return files.stat(_given(path))


@contextmanager
def archive_get(house: Household, name: str, path: str) -> Iterator[tuple[PathStat, Iterator[bytes]]]:
    with container_files(house, name) as files:
        found = files.stat(_given(path))
        house.tell(house.row(name), "archive-path")
        chosen = files.source(path, follow=False)
        yield found, stream(files.walk(chosen.named, chosen.name), _carried)


def archive_put(
    house: Household, name: str, path: str, tar: BinaryIO, owner: Owner | None, replaces_folders: bool
) -> None:
    from onggi.layer.compress import decompress

    with container_files(house, name) as files:
        folder = files.destination(_given(path)).path
        how = Extraction(root=files.root, folder=folder, owner=owner, replaces_folders=replaces_folders)
        _put_in(files, Source(decompress(tar)), how)
        house.tell(house.row(name), "extract-to-dir")


def copy_in(house: Household, name: str, source: str, path: str, follow: bool, on_bytes: OnBytes) -> None:
    with container_files(house, name) as there, host_files() as here:
        destination = there.destination(_given(path))
        chosen = here.source(_absolute(source), follow=follow)
        landing = land(chosen, destination)
        _put_in(
            there, _tar(here, chosen, landing), Extraction(root=there.root, folder=landing.folder, on_bytes=on_bytes)
        )
        house.tell(house.row(name), "extract-to-dir")


def copy_out(
    house: Household, name: str, path: str, target: str, follow: bool, keeps_owners: bool, on_bytes: OnBytes
) -> None:
    target = _absolute(target)
    with host_files() as here:
        _require_folder(here, posixpath.dirname(parse(target).path))
        destination = here.destination(target)
        with container_files(house, name) as there:
            chosen = there.source(_given(path), follow=follow)
            house.tell(house.row(name), "archive-path")
            landing = land(chosen, destination)
            folder = here.folder(landing.folder)
            try:
                how = Extraction(
                    root=Root(folder),  # nothing that comes from a container leads out of it
                    folder="/",
                    shown=landing.folder,
                    owner=None if keeps_owners else NOBODY,
                    on_bytes=on_bytes,
                )
                extract(_tar(there, chosen, landing), how)
            finally:
                os.close(folder)


def _tar(files: Files, chosen: Chosen, landing: Landing) -> Source:
    return Source(Pieces(stream(files.walk(chosen.named, landing.name), _carried)))


def _put_in(files: Files, tar: Source, how: Extraction) -> None:
    """Into a container."""
    folder = files.folder(how.folder)
    try:
        files.require_writable(folder)
    finally:
        os.close(folder)
    extract(tar, how)


def _require_folder(files: Files, path: str) -> None:
    try:
        os.close(files.folder(path))
    except NotFound as error:
        raise NotFound(f'invalid output path: directory "{path}" does not exist') from error


def _given(path: str) -> str:
    """A path in a container."""
    if not path:
        raise Invalid("the path in the container cannot be empty", hint="its root is CONTAINER:/")
    return path


def _absolute(path: str) -> str:
    """A path on the host; a slash or a dot at its end stays, for it says something."""
    return os.path.join(os.getcwd(), path)
