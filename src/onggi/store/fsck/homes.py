"""Containers and builds: a row and a folder each."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from onggi.container.home import LOCK, STATE
from onggi.container.life import KILLED
from onggi.container.state import State
from onggi.decoders import decoder
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
            if lockfile.is_held(str(folder / name / LOCK)):
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


def documents(check: Check) -> Iterator[Finding]:
    """What each container is asked to be, and what it does, can be read."""
    for row in check.store.containers.list():
        if row.damage:
            yield check.found(
                "container",
                row.id,
                f"the spec of container {row.name} cannot be read: {row.damage}",
                can_repair=False,
                hint=f"onggi rm -f {row.name}",
            )
        home = check.store.containers.home(row.id)
        if _is_readable(home / STATE) or lockfile.is_held(str(home / LOCK)):
            continue
        if check.repair:
            ended = State(status="exited", exit_code=KILLED, finished_at=time.time(), error="how it ended is not known")
            (home / STATE).write_bytes(msgspec.json.encode(ended))
        yield check.found("container", row.id, f"the state of container {row.name} cannot be read")


def _is_readable(state: Path) -> bool:
    try:
        decoder(State).decode(state.read_bytes())
    except FileNotFoundError:
        return True  # it was never started
    except msgspec.DecodeError:
        return False
    return True


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
