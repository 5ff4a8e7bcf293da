"""What builds did: a row for each, and the whole logs of their steps as files builds/<id>/<vertex>.log."""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import FileIO
from operator import itemgetter
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from onggi.decoders import decoder
from onggi.errors import Invalid, NotFound
from onggi.layer import removal
from onggi.oci.digest import Digest
from onggi.solve.key import SALT
from onggi.solve.record import VertexRecord, numbers
from onggi.store import usage
from onggi.store.disk import Disk

Outcome: TypeAlias = Literal["running", "built", "failed", "cancelled", "killed"]
"""Nobody writes "killed": it is how a record reads that says "running" although its process is dead."""


PlannedStep: TypeAlias = tuple[str, str, int]
"""Stage, text and line of a vertex, as in solve.events.Planned."""
_PLAN = "plan.json"


class BuildRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One build. `started` is seconds since the epoch; `saved` the seconds that the cache spared; `session` the process
    that runs it; `previous` the build of the same project that it was compared with, "" if it was the first; `error`
    why it failed, "" also in records of older versions."""

    id: str
    context: str
    dockerfile: str
    target: str
    started: float
    seconds: float = 0.0
    saved: float = 0.0
    outcome: Outcome = "running"
    image_id: Digest = ""
    references: tuple[str, ...] = ()
    vertices: tuple[VertexRecord, ...] = ()
    session: str = ""
    previous: str = ""
    error: str = ""

    @property
    def project(self) -> str:
        """What was built, and what its keys mean: records that agree in it are comparable."""
        return "\n".join((self.context, self.dockerfile, self.target, SALT))

    @property
    def numbered(self) -> dict[int, VertexRecord]:
        """Its steps by the numbers that people know them by."""
        known = numbers([vertex.definition.line for vertex in self.vertices])
        return dict(sorted(zip(known, self.vertices, strict=True), key=itemgetter(0)))


_DECODER = msgspec.json.Decoder(BuildRecord)
_ENDED = (
    "SELECT id, started FROM builds WHERE json_extract(record, '$.outcome') <> 'running'"
    " OR ifnull(json_extract(record, '$.session'), '') NOT IN (SELECT value FROM json_each(?))"
)


class Records:
    """Newest first, wherever several are given."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def begin(self, context: str, dockerfile: str, target: str, started: float) -> BuildRecord:
        """A record of a build that starts now."""
        record = BuildRecord(
            id=os.urandom(6).hex(),
            context=context,
            dockerfile=dockerfile,
            target=target,
            started=started,
            session=self._disk.session_id(),
        )
        with self._disk.db.write("starting a build record") as transaction:
            transaction.execute(
                "INSERT INTO builds VALUES (?, ?, ?, ?)",
                (record.id, record.project, record.started, msgspec.json.encode(record)),
            )
            transaction.make_folder(str(self.folder(record.id)))
        return record

    def finish(self, record: BuildRecord) -> None:
        """Keep what became of the build; its logs are written by now."""
        disk = usage.own(str(self.folder(record.id)))
        with self._disk.db.write("writing a build record") as transaction:
            transaction.execute("UPDATE builds SET record = ? WHERE id = ?", (msgspec.json.encode(record), record.id))
            transaction.execute("INSERT OR REPLACE INTO logs SELECT id, ? FROM builds WHERE id = ?", (disk, record.id))

    def folder(self, build: str) -> Path:
        return self._disk.root / "builds" / build

    def log(self, build: str, vertex: int) -> FileIO:
        """The step's log, for writing, without a buffer; append as the step writes."""
        with self._disk.during("writing a step's log"):
            return open(self.folder(build) / f"{vertex}.log", "ab", buffering=0)

    def read_log(self, build: str, vertex: int) -> bytes:
        """What the step wrote; b"" if nothing."""
        try:
            return (self.folder(build) / f"{vertex}.log").read_bytes()
        except FileNotFoundError:
            return b""

    def write_plan(self, build: str, steps: Sequence[PlannedStep]) -> None:
        """What steps the build has, in graph order, for as long as its record does not say so itself."""
        with self._disk.during("writing what a build will do"):
            (self.folder(build) / _PLAN).write_bytes(msgspec.json.encode(steps))

    def read_plan(self, build: str) -> tuple[PlannedStep, ...]:
        """() if nobody wrote one, since no step wrote anything."""
        try:
            return decoder(tuple[PlannedStep, ...]).decode((self.folder(build) / _PLAN).read_bytes())
        except FileNotFoundError:
            return ()

    def logged(self, build: str) -> list[int]:
        """The vertices whose steps wrote something."""
        return sorted(int(path.stem) for path in self.folder(build).glob("*.log"))

    def get(self, text: str) -> BuildRecord:
        """By ID or the beginning of one. Raises NotFound, or Invalid where it fits several."""
        rows = self._disk.db.all(
            "SELECT record FROM builds WHERE substr(id, 1, ?) = ? ORDER BY id LIMIT 2", (len(text), text)
        )
        if not text or not rows:
            raise NotFound(f"No such build: {text}")
        if len(rows) > 1:
            raise Invalid(f"{text!r} is the beginning of several build IDs", hint="write more digits of the ID")
        return self._read(rows[0][0])

    def list(self) -> list[BuildRecord]:
        rows = self._disk.db.all("SELECT record FROM builds ORDER BY started DESC")
        return [self._read(row) for (row,) in rows]

    def newest(self) -> BuildRecord | None:
        row = self._disk.db.one("SELECT record FROM builds ORDER BY started DESC LIMIT 1")
        return None if row is None else self._read(row[0])

    def ended(self) -> dict[str, float]:
        """When each build that has ended, or was killed, had started (seconds since the epoch), by its ID."""
        rows = self._disk.db.all(_ENDED, (msgspec.json.encode(self._disk.sessions()).decode(),))
        return dict(rows)

    def before(self, record: BuildRecord) -> BuildRecord | None:
        """The newest build of the same project before this one that came so far as to have steps."""
        row = self._disk.db.one(
            "SELECT record FROM builds WHERE project = ? AND started < ?"
            " AND json_array_length(record, '$.vertices') > 0 ORDER BY started DESC LIMIT 1",
            (record.project, record.started),
        )
        return None if row is None else self._read(row[0])

    def remove(self, build: str) -> int:
        """Forget a build and its logs; returns the bytes that came free."""
        with self._disk.db.write("removing a build record") as transaction:
            transaction.execute("DELETE FROM builds WHERE id = ?", (build,))
        with self._disk.during("removing a build's logs"):
            trash = self._disk.trash()
            try:
                os.rename(self.folder(build), trash)
            except FileNotFoundError:
                return 0
            return removal.remove(trash)

    def _read(self, row: bytes) -> BuildRecord:
        record = _DECODER.decode(row)
        if record.outcome == "running" and record.session not in self._disk.sessions():
            return msgspec.structs.replace(record, outcome="killed")
        return record
