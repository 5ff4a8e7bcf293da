"""Containers and builds: a row and a folder each."""

from __future__ import annotations

import os
from collections.abc import Iterator

from onggi.store import lockfile
from onggi.store.containers import make_home
from onggi.store.fsck.finding import Check, Finding


def containers(check: Check) -> Iterator[Finding]:
    """Each container has its folder, and each folder its container."""
    folder = check.disk.root / "containers"
    with check.db.write("checking containers") as transaction:
        names = dict(transaction.execute("SELECT id, name FROM containers").fetchall())
        homes = set(os.listdir(folder))
        for name in sorted(homes - names.keys()):
            if lockfile.is_held(str(folder / name / "monitor.lock")):
                yield check.found("container", name, f"a process still runs in containers/{name}", can_repair=False)
                continue
            check.drop(transaction, folder / name)
            yield check.found("container", name, f"the folder containers/{name} belongs to no container")
        for row in sorted(names.keys() - homes):
            if check.repair:
                make_home(folder / row)
            yield check.found(
                "container", row, f"the folder of container {names[row]} is gone, and what it wrote with it"
            )


def builds(check: Check) -> Iterator[Finding]:
    """Each build has its folder, and each folder its build."""
    folder = check.disk.root / "builds"
    with check.db.write("checking build records") as transaction:
        rows = {build for (build,) in transaction.execute("SELECT id FROM builds")}
        folders = set(os.listdir(folder))
        for build in sorted(folders - rows):
            check.drop(transaction, folder / build)
            yield check.found("build", build, f"the logs in builds/{build} belong to no build")
        for build in sorted(rows - folders):
            if check.repair:
                (folder / build).mkdir(mode=0o700)
            yield check.found("build", build, f"the logs of build {build} are gone")
