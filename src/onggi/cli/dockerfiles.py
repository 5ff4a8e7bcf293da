"""Which Dockerfiles a person means: files, those in folders, or standard input."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from onggi.cli.failure import warn
from onggi.engine.lint.configuration import Configurations
from onggi.engine.lint.find import broken_link, dockerfiles

STDIN = "-"


def named(
    paths: Iterable[str],
    configurations: Configurations,
    complain: Callable[[str, str], object],
    *,
    forces_exclude: bool = False,
) -> Iterator[str]:
    """The files that are named, and the Dockerfiles in folders that are, but for those that the folder's project
    excludes; with `forces_exclude` also without those that are named and excluded. `complain` is told, with a hint, of
    each path that is no good. Raises Invalid for what is wrong in a configuration."""
    for path in paths:
        if not path:
            complain("a path is empty", "name a file, or . for this folder")
        elif path == STDIN:
            yield path
        elif forces_exclude and _excluded(Path(path), configurations):
            continue
        elif Path(path).is_dir():
            yield from _within(path, configurations, complain)
        else:
            yield path


def _excluded(path: Path, configurations: Configurations) -> bool:
    place = Path(os.path.abspath(path))
    return configurations.of(place if place.is_dir() else place.parent).excludes(place)


def _within(folder: str, configurations: Configurations, complain: Callable[[str, str], object]) -> Iterator[str]:
    """A link that leads nowhere is told of, but nobody named it: it does not make a lint fail."""
    held = configurations.of(Path(os.path.abspath(folder)))
    found = [file for file in dockerfiles(Path(folder)) if not held.excludes(Path(os.path.abspath(file)))]
    broken = {file: told for file in found if (told := broken_link(file))}
    for told in broken.values():
        warn(told)
    if len(broken) == len(found):
        complain(
            f"there is no Dockerfile in {folder}", "name the file, if it is not called Dockerfile or Containerfile"
        )
    yield from (str(file) for file in found if file not in broken)
