"""Which Dockerfiles a lint is of, and what each project demands of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from onggi.cli.dockerfiles import STDIN, named
from onggi.cli.failure import explain_os_error
from onggi.engine.lint.configuration import Configurations
from onggi.engine.lint.find import read
from onggi.engine.lint.lint import LintFile
from onggi.errors import NotFound, OnggiError
from onggi.lint.config.config import Changes, Config


class Chosen(msgspec.Struct, frozen=True):
    """`config` is the first file's."""

    files: tuple[LintFile, ...]
    config: Config


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What the person named. `forces_exclude`: what a project excludes is left out also of `paths`. `context` is what
    the files are built with, None for the folder of each; `stdin` is what standard input is called; `changes` are to
    each project's policy."""

    paths: Sequence[str]
    forces_exclude: bool
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
    used: list[Config] = []
    for name in named(choice.paths, configurations, complain, forces_exclude=choice.forces_exclude):
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
        used.append(held.config)
        beside = None if shown == STDIN else Path(shown).parent
        files[place] = LintFile(
            name=shown,
            data=data,
            path=None if name == STDIN else Path(name),
            context=around or beside,
            policy=held.policy(place, choice.changes),
        )
    return Chosen(tuple(files.values()), used[0] if used else Config())
