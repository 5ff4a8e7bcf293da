"""What package managers leave of their downloads in the layer of a RUN, and how it is kept out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from onggi.dockerfile.syntax import Run
from onggi.lint.shell.commands import Command
from onggi.lint.view.mounts import mounts
from onggi.lint.view.subject import Step
from onggi.lint.violation import Fix, Text, Violation, behind

_FOLLOWED = ("&&", ";")


class Cache(msgspec.Struct, frozen=True, kw_only=True):
    """What a program keeps of its downloads: the words of its commands that `fill` it, and of those that `clean` it;
    `cleaning` is a command that does. `folders` are where it lies, in somebody's home where they do not begin with
    `/`."""

    program: str
    fills: frozenset[str]
    cleans: frozenset[str]
    cleaning: str
    folders: tuple[str, ...]


def left_over(step: Step, cache: Cache) -> Command | None:
    """The last command that fills the cache, where nothing empties it later in the step and no mount keeps it out of
    the layer."""
    if isinstance(step.inner, Run) and is_mounted(step.inner, *cache.folders):
        return None
    last: Command | None = None
    for command in step.commands:
        if command.name == cache.program and command.has_argument(*cache.fills):
            last = command
        elif empties(command, cache):
            last = None
    return last


def uncleaned(steps: Iterable[Step], cache: Cache, message: Text) -> Iterator[Violation]:
    """A violation for each step that leaves the cache in its layer, at the command that filled it last."""
    for step in steps:
        command = left_over(step, cache)
        if command is not None:
            yield step.violation(command.span, message, cleaned(step, command, cache.cleaning))


def empties(command: Command, cache: Cache) -> bool:
    """Whether the program itself does, or an `rm -r` of the folder."""
    if command.name == cache.program:
        return command.has_argument(*cache.cleans)
    return removes(command, *cache.folders)


def removes(command: Command, *folders: str, within: bool = False) -> bool:
    """Whether it is an `rm -r` of one of the folders, of one that it lies in, or with `within` of a part of it."""
    if command.name != "rm" or not command.has_flag("r", "R", "recursive"):
        return False
    return any(_holds(word.text, folder, within=within) for word in command.operands for folder in folders)


def is_mounted(run: Run, *folders: str) -> bool:
    """Whether one of the folders is a mount of type cache or tmpfs, or within one, or has one within."""
    return any(
        mount.is_outside and any(_holds(mount.target, folder, within=True) for folder in folders)
        for mount in mounts(run)
    )


def cleaned(step: Step, command: Command, cleaning: str) -> Fix | None:
    """Runs `cleaning` after a command. None where something else than the next command may come behind it, or it is no
    link of the script's only chain of `&&`: elsewhere whether the command failed may no longer decide what is next."""
    if not command.is_placed or not command.is_chained:
        return None
    end, lines = command.span, step.source.lines
    rest = lines[end.end_line - 1][end.end_column - 1 :].strip()
    if rest == step.standing.scope.escape:
        rest = lines[end.end_line].strip()
        is_next = rest.startswith(_FOLLOWED)
    else:
        is_next = not rest or rest.startswith(_FOLLOWED)
    return Fix((behind(end, f" && {cleaning}"),)) if is_next else None


def _holds(path: str, folder: str, *, within: bool = False) -> bool:
    """Whether a path is the folder, or one that it lies in; or with `within` a part of it. `node_modules/.cache` is
    nobody's home."""
    path = path.rstrip("/*") + "/"
    if folder.startswith("/"):
        return f"{folder}/".startswith(path) or (within and path.startswith(f"{folder}/"))
    if "node_modules/" in path:
        return False
    above, _, _ = folder.rpartition("/")
    return path.endswith((f"/{folder}/", f"/{above}/")) or (within and f"/{folder}/" in path)
