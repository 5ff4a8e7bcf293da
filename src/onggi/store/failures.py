"""What a step that failed worked on and had written until then, so that a person can look into it afterwards.

builds/<id>/failed/ is a layer in overlay form; it goes with the record of the build, and when a later build of the same
project succeeds. The layers beneath it are not collected as long as it is there.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from onggi.decoders import decoder
from onggi.graph.op import Exec
from onggi.layer import removal
from onggi.oci.digest import Digest
from onggi.solve.result import Result
from onggi.store.disk import Disk
from onggi.store.records import BuildRecord


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """The step's op and its inputs; host_ca: whether it was shown the host's CA bundle."""

    op: Exec
    inputs: tuple[Result, ...]
    host_ca: bool = False


class Failures:
    """At most one of each build: the step that ended it."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def put(self, build: str, failure: Failure, upper: Path) -> None:
        """Take over what the step wrote, a folder of tmp/, by rename. The layers of its inputs are leased."""
        layers = {layer.diff_id for source in failure.inputs for layer in source.layers}
        with self._disk.db.write("keeping what a failed step wrote") as transaction:
            row = transaction.execute("SELECT 1 FROM failures WHERE build = ?", (build,)).fetchone()
            if row is not None:
                return  # two failed at once
            transaction.rename(str(upper), str(self.folder(build)))
            transaction.execute("INSERT INTO failures VALUES (?, ?)", (build, msgspec.json.encode(failure)))
            rows = [(build, diff_id) for diff_id in layers]
            transaction.execute_many("INSERT INTO failure_layers VALUES (?, ?)", rows)

    def get(self, build: str) -> Failure | None:
        row = self._disk.db.one("SELECT failure FROM failures WHERE build = ?", (build,))
        return None if row is None else decoder(Failure).decode(row[0])

    def folder(self, build: str) -> Path:
        return self._disk.root / "builds" / build / "failed"

    def layers(self) -> dict[str, set[Digest]]:
        """What each build keeps."""
        found: dict[str, set[Digest]] = {}
        for build, diff_id in self._disk.db.all("SELECT build, diff_id FROM failure_layers"):
            found.setdefault(build, set()).add(diff_id)
        return found

    def newest(self) -> str:
        """The build that failed last, of those that are kept; "" if there is none."""
        row = self._disk.db.one("SELECT id FROM failures JOIN builds ON id = build ORDER BY started DESC LIMIT 1")
        return "" if row is None else str(row[0])

    def forget(self, record: BuildRecord) -> None:
        """All of the project that `record` is of."""
        query = "SELECT build FROM failures JOIN builds ON id = build WHERE project = ?"
        if self._disk.db.one(query, (record.project,)) is None:
            return
        trash: list[str] = []
        with self._disk.db.write("letting go what failed steps wrote") as transaction:
            for (build,) in transaction.execute(query, (record.project,)).fetchall():
                transaction.execute("DELETE FROM failures WHERE build = ?", (build,))
                if os.path.isdir(self.folder(build)):
                    trash.append(self._disk.trash())
                    transaction.rename(str(self.folder(build)), trash[-1])
        for path in trash:
            removal.remove(path)
