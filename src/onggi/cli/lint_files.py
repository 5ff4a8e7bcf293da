"""Which Dockerfiles a lint is of, and what each project demands of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from onggi.cli.failure import explain_os_error
from onggi.engine.lint.configuration import Configuration, Configurations
from onggi.engine.lint.find import dockerfiles, read
from onggi.engine.lint.lint import LintFile
from onggi.errors import NotFound, OnggiError
from onggi.lint.config.config import Changes

STDIN = "-"


class Chosen(msgspec.Struct, frozen=True):
    """`configurations` are those that hold for some of the files, the first file's first."""

    files: tuple[LintFile, ...]
    configurations: tuple[Configuration, ...]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What the person named. `context` is what the files are built with, None for the folder of each; `stdin` is what
    standard input is called; `changes` are to each project's policy."""

    paths: Sequence[str]
    context: str | None
    stdin: str
    changes: Changes


def choose(choice: Choice, configurations: Configurations, complain: Callable[[str, str], object]) -> Chosen:
    """`complain` is told, with a hint, of each path that is no good. Raises Invalid for what is wrong in a
    configuration, NotFound for a context that is not there."""
    around = None if choice.context is None else Path(choice.context)
    if around is not None and not around.is_dir():
        raise NotFound(f"there is no folder {choice.context} to be the context")
    files: dict[Path, LintFile] = {}
    used: dict[str, Configuration] = {}
    for name in _names(choice.paths, configurations, complain):
        shown = choice.stdin if name == STDIN else name
        place = Path(os.path.abspath(shown))
        held = configurations.of(place.parent)
        if place in files:
            continue
        try:
            data = sys.stdin.buffer.read() if name == STDIN else read(Path(name))
        except OnggiError as error:
            complain(error.message, error.hint)
            continue
        except OSError as error:
            complain(explain_os_error(error), "")
            continue
        used.setdefault(held.file, held)
        beside = None if shown == STDIN else Path(shown).parent
        files[place] = LintFile(
            name=shown,
            data=data,
            path=None if name == STDIN else Path(name),
            context=around or beside,
            policy=held.policy(place, choice.changes),
        )
    return Chosen(tuple(files.values()), tuple(used.values()))


def _names(
    paths: Sequence[str], configurations: Configurations, complain: Callable[[str, str], object]
) -> Iterator[str]:
    """Of files that are named, and of Dockerfiles in folders that are, but for those that the folder's project leaves
    out."""
    for path in paths:
        if path == STDIN or not Path(path).is_dir():
            yield path
            continue
        held = configurations.of(Path(os.path.abspath(path)))
        found = [file for file in dockerfiles(Path(path)) if not held.excludes(Path(os.path.abspath(file)))]
        if not found:
            complain(
                f"there is no Dockerfile in {path}", "name the file, if it is not called Dockerfile or Containerfile"
            )
        yield from map(str, found)
