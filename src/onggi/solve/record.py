"""What is remembered of each vertex of a build: enough to say later why a step ran, and what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from onggi.oci.digest import Digest
from onggi.solve.inventory import FileChange


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """A vertex as it is known before anything runs.

    op: canonical JSON of the op, without what is outside of keys. inputs: indexes of the input vertices. parts: what
    stood for each of them in the key, an input's definition key or, for a context, the digest of the files selected
    from it; of a vertex that fetches, what it would fetch. selections: those digests again, by the input's place.
    """

    stage: str
    text: str
    line: int
    op: str
    inputs: tuple[int, ...]
    parts: tuple[str, ...]
    selections: Mapping[int, Digest] = {}
    key: str


VARIABLES = ("build argument", "environment")


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """One difference from the build before. "" means that there was, or is, none.

    what: "command"; "build argument" and "environment" (`name` is the variable's); "files" (old and new are the digests
    that stand for all of them, `files` says which changed, as far as that is known, of how many in `total`); "base"
    (image IDs; `name` is the image's reference) and "reference" (what FROM calls it); "heredoc" (`name` is the file's);
    "remote" (what a URL, `name`, or a repository has); or another field of the op ("user", "working directory", …).
    is_hidden: the values look like secrets, and hashes stand in for them.
    """

    what: str
    name: str = ""
    old: str = ""
    new: str = ""
    files: tuple[FileChange, ...] = ()
    total: int = 0
    is_hidden: bool = False

    def short(self) -> str:
        """A few words for a line of the live tree."""
        if self.files:
            first, rest = self.files[0], len(self.files) - 1
            return f"{first.path} {first.word}" + (f", and {rest} more" if rest else "")
        subject = self.name or self.what
        if self.what in VARIABLES and self.name and not (self.old and self.new):
            return f"{subject} {'removed' if self.old else 'added'}"
        return f"{subject} changed"


class Cause(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a step was not kept.

    kind: "changed" (see `changes`); "above" (only because the vertex `above`, one of its inputs, changed); "new" (the
    build before had no such step); "unfinished" (it failed or was cancelled then); "forgotten" (nothing changed, but
    the cache no longer has it); "no-cache" (the person asked for it).
    """

    kind: Literal["changed", "above", "new", "unfinished", "forgotten", "no-cache"]
    changes: tuple[Change, ...] = ()
    above: int | None = None

    def short(self) -> str:
        """A few words for a line of the live tree; "" where they would only repeat what is plain to see."""
        if self.kind != "changed":
            return _SHORT[self.kind]
        rest = len(self.changes) - 1
        return self.changes[0].short() + (f", and {rest} more" if rest else "")


_SHORT = {
    "above": "",
    "new": "new step",
    "unfinished": "not finished last time",
    "forgotten": "no longer in the cache",
    "no-cache": "",
}

Outcome: TypeAlias = Literal["kept", "ran", "failed", "cancelled"]
KeptBy: TypeAlias = Literal["definition", "content", "store", "later"]


class VertexRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one vertex.

    by: which key hit, as in events.Kept; "" if none. content: its content key; "" if it was not needed. contents: what
    stood for its inputs in its content key, when it was made; () if that is not known. seconds: what running it took.
    saved: what a hit spared. cause: why it ran. ready, started, ended: when its inputs were there, when it was begun
    to be made, and when it was settled (seconds since the epoch; 0 where that never was, or nobody wrote it down).
    """

    vertex: int
    definition: Definition
    outcome: Outcome
    by: KeptBy | Literal[""] = ""
    content: str = ""
    contents: tuple[Digest, ...] = ()
    seconds: float = 0.0
    saved: float = 0.0
    detail: str = ""
    exit_code: int | None = None
    cause: Cause | None = None
    ready: float = 0.0
    started: float = 0.0
    ended: float = 0.0

    def taken(self) -> tuple[Digest, ...]:
        """The digests of the files that it takes from its inputs, as far as they are known."""
        return tuple(filter(None, (self.selection(position) for position in range(len(self.definition.inputs)))))

    def selection(self, position: int) -> Digest:
        """The digest of the files that it takes from the input at `position`; "" if it is not known."""
        if position in self.definition.selections:
            return self.definition.selections[position]
        return self.contents[position] if 0 < position < len(self.contents) else ""


def stage_parts(stage: str) -> tuple[str, str]:
    """Its platform, "" in a build for one, and its own name, which may be a number ("linux/arm64 1")."""
    platform, _, own = stage.rpartition(" ")
    return platform, own


def is_plain(stages: Iterable[str]) -> bool:
    """Whether there is but one, and it has no name."""
    return {stage_parts(stage)[1] for stage in stages} <= {"", "0"}


def stage_name(stage: str) -> str:
    """What to call it."""
    platform, own = stage_parts(stage)
    return f"{platform} {f'stage-{own}' if own.isdecimal() else own}".lstrip()


def numbers(lines: Sequence[int]) -> list[int]:
    """The numbers by which people know the vertices whose lines these are, in graph order: those of the Dockerfile
    first, from 1 on."""
    order = sorted(range(len(lines)), key=lambda index: not lines[index])
    return [number for _, number in sorted(zip(order, range(1, len(lines) + 1), strict=True))]
