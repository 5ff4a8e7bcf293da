"""`container …`: create, start, watch and end containers."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext, suppress
from pathlib import Path
from signal import SIGKILL
from socket import socket
from typing import Any, BinaryIO

import msgspec
from msgspec.structs import replace

from onggi.container import signals
from onggi.container.host import Host
from onggi.container.op import Plan
from onggi.container.plan import complete, plan, seccomp_filter
from onggi.container.rootfs import Credentials
from onggi.container.spec import ContainerSpec, Tmpfs
from onggi.container.state import State, advance, status_words
from onggi.engine.rootfs import root_fs, union, write_etc_files
from onggi.engine.types import ContainerSummary, Pruned, RunRequest, Stdio, Unheeded
from onggi.errors import Conflict, NotFound, OnggiError, Unsupported
from onggi.image.index import platform_of
from onggi.layer.accounts import resolve_user
from onggi.layer.place import make_directory
from onggi.layer.union import Union
from onggi.linux import attach, runtime
from onggi.linux.launch import Launcher, MonitorOptions
from onggi.linux.logs import Record, read_log
from onggi.linux.state import RUNNING, read_state
from onggi.oci import platform
from onggi.oci.digest import Digest
from onggi.store.containers import ContainerRow
from onggi.store.images import StoredImage
from onggi.store.prune_filter import EVERYTHING, PruneFilter
from onggi.store.store import Store
from onggi.store.usage import written

_GRACE = 10
"""Seconds between stop signal and KILL where nobody asked for others; Docker's."""


class Containers:
    """The containers of one store."""

    def __init__(self, store: Store, launcher: Launcher, host: Callable[[], Host]) -> None:
        self._store = store
        self._launcher = launcher
        self._host = host

    def create(self, request: RunRequest) -> str:
        """A container that has not started; its ID. Raises NotFound, Invalid, Conflict."""
        with self._store.lease() as lease:
            image = self._store.images.get(request.image, lease, prefer=request.platform or platform.of_host())
            _check_platform(image, request)
            config = image.config().config
            spec = complete(_spec(request, image), config)
            view = union(self._store, (ref.diff_id for ref in image.refs))
            _credentials(spec, view)  # a user that the image does not know is refused before there is a container
            row = self._store.containers.add(spec, request.name)
        try:
            for path in config.volumes:
                make_directory(view, str(self._home(row) / "upper"), path, (0, 0))
        except OnggiError:
            self._store.containers.remove(row.id)
            raise
        return row.id

    def start(self, name: str, stdio: Stdio | None = None) -> int | None:
        """Start it. With `stdio` it is in the foreground: its exit code, or None when the person detached. Without,
        None at once. Raises Conflict if it runs, Failed (126, 127) if its program cannot be executed, Unheeded when it
        goes on after three signals to end."""
        row = self._row(name)
        ours, its = attach.pair() if stdio else (None, None)
        try:
            with self._store.containers.lock(row.id), its or nullcontext():
                advance(self._state(row).status, "start", row.name)
                self._launch(row, its, _terminal_size(row, stdio))
        except BaseException:
            if ours:
                ours.close()
            if row.spec.auto_remove and not self.is_running(row):
                self.remove(row.id)
            raise
        return self._follow(row, stdio, ours) if stdio else None

    def inspect(self, name: str) -> dict[str, Any]:
        """Docker's JSON of one container. Raises NotFound, Invalid."""
        from onggi.engine import describe

        row = self._row(name)
        return describe.container(row, _hostname(row), self._state(row), self._home(row))

    def logs(
        self,
        name: str,
        follow: bool = False,
        since: float | None = None,
        until: float | None = None,
        tail: int | None = None,
    ) -> Iterator[Record]:
        """What it wrote, oldest first; `since` and `until` are seconds since the epoch. `follow` ends with the
        container."""
        row = self._row(name)
        return read_log(self._home(row), follow=follow, since=since, until=until, tail=tail)

    def stop(self, name: str, timeout: int | None = None, signal: str = "") -> None:
        """Send the stop signal, and KILL when the grace period (seconds; -1: for ever) is over. What does not run is
        left alone."""
        row = self._row(name)
        if not self._signal(row, signals.number(signal or row.spec.stop_signal)):
            return
        grace = row.spec.stop_timeout if timeout is None else timeout
        if attach.wait(self._home(row), None if grace < 0 else grace) is None and self._signal(row, SIGKILL):
            attach.wait(self._home(row))

    def kill(self, name: str, signal: str = "KILL") -> None:
        """Send a signal to its first process. Raises Conflict if it does not run, Invalid for an unknown signal."""
        row = self._row(name)
        if not self._signal(row, signals.number(signal)):
            raise Conflict(f"container {row.name} is not running")

    def wait(self, name: str) -> int:
        """Its exit code, once it has ended."""
        row = self._row(name)
        return attach.wait(self._home(row)) or 0

    def remove(self, name: str, force: bool = False) -> None:
        """Remove it and its writable layer. Raises Conflict while it runs, unless `force`, which kills it first."""
        row = self._row(name)
        with self._store.containers.lock(row.id):
            if force and self._signal(row, SIGKILL):
                attach.wait(self._home(row))
            advance(self._state(row).status, "remove", row.name)
            if row.spec.runtime:
                runtime.delete(row.spec.runtime, str(self._home(row)))
            self._store.containers.remove(row.id)

    def export(self, name: str, out: BinaryIO) -> None:
        """Write its root file system as one tar: layers and writable layer merged."""
        from onggi.layer.flatten import flatten

        row = self._row(name)
        folders = [str(self._home(row) / "upper"), *root_fs(self._store, row.layers, self._home(row)).lowers]
        flatten(folders, out.write)

    def prune(self, only: PruneFilter = EVERYTHING) -> Pruned:
        """Remove those that do not run."""
        from onggi.engine.pruning import pruned
        from onggi.store import gc

        return pruned(gc.prune_containers(self._store, lambda row: not self.is_running(row), only))

    def is_running(self, row: ContainerRow) -> bool:
        return self._state(row).status in RUNNING

    def _row(self, name: str) -> ContainerRow:
        """By ID, name, or the beginning of an ID. Raises NotFound with a name alike, Invalid."""
        try:
            return self._store.containers.get(name)
        except NotFound as error:
            from onggi.suggest import did_you_mean

            names = (row.name for row in self._store.containers.list())
            raise NotFound(f"{error.message}{did_you_mean(name, names)}", hint=error.hint) from error

    def _home(self, row: ContainerRow) -> Path:
        return self._store.containers.home(row.id)

    def _state(self, row: ContainerRow) -> State:
        return read_state(self._home(row))

    def _launch(self, row: ContainerRow, client: socket | None, size: tuple[int, int]) -> None:
        """Plan and start; what was decided at `create` is in the row."""
        home, host = self._home(row), self._host()
        spec = replace(row.spec, hostname=_hostname(row))
        root = root_fs(self._store, row.layers, home)
        credentials = _credentials(spec, union(self._store, row.layers, home / "upper"))
        etc = write_etc_files(home, spec.hostname, spec.network)
        made = plan(spec, root, etc, credentials, host, cgroup=row.id)
        rows, columns = size
        options = MonitorOptions(
            open_stdin=spec.process.open_stdin,
            stdin_once=True,
            rows=rows,
            columns=columns,
            auto_remove_argv=self._removal(row) if spec.auto_remove else (),
            runtime=spec.runtime,
            bundle=_bundle(made, spec, host) if spec.runtime else "",
        )
        self._launcher.container(made, home, options, client)

    def _removal(self, row: ContainerRow) -> tuple[str, ...]:
        """The command that the monitor of a `--rm` container runs when nobody is attached to do it."""
        return (sys.executable, "-I", "-m", "onggi", "--root", str(self._store.root), "rm", "-f", row.id)

    def _follow(self, row: ContainerRow, stdio: Stdio, connection: socket | None) -> int | None:
        streams = replace(stdio, terminal=row.spec.process.terminal)
        try:
            exit_code = attach.attach(self._home(row), streams, connection)
        except Unheeded as error:
            raise Unheeded(
                f"{error.message} and leave; container {row.name} goes on",
                hint=f"`onggi stop {row.name}` ends it, with SIGKILL if need be",
            ) from error
        if exit_code is not None and row.spec.auto_remove:
            with suppress(NotFound):  # someone else was quicker
                self.remove(row.id)
        return exit_code

    def _signal(self, row: ContainerRow, number: int) -> bool:
        """False if it does not run."""
        if not self.is_running(row):
            return False
        try:
            attach.send_signal(self._home(row), number)
        except Conflict:
            if self.is_running(row):
                raise
            return False
        return True

    def _summary(
        self, row: ContainerRow, state: State, now: float, layers: Mapping[Digest, int] | None
    ) -> ContainerSummary:
        """`layers` are the sizes of the store's layers; None measures no size."""
        spec = row.spec
        summary = ContainerSummary(
            id=row.id,
            name=row.name,
            image=spec.image,
            image_id=spec.image_id,
            command=(*(spec.process.entrypoint or ()), *(spec.process.command or ())),
            created=row.created,
            state=state.status,
            status=status_words(state, now),
            exit_code=state.exit_code,
            labels=spec.labels,
            network=spec.network,
            mounts=tuple(mount.target if isinstance(mount, Tmpfs) else mount.source for mount in spec.mounts),
        )
        if layers is None:
            return summary
        size = written(str(self._home(row) / "upper"))
        return replace(summary, size=size, virtual_size=size + sum(layers.get(layer, 0) for layer in row.layers))

    # Last, because its name hides the type in what follows.
    def list(self, all: bool = False, size: bool = False) -> list[ContainerSummary]:
        """Newest first; only those that run unless `all`. `size` measures what each has written."""
        now = time.time()
        layers = {ref.diff_id: ref.size for ref in self._store.snapshots.list()} if size else None
        found = ((row, self._state(row)) for row in self._store.containers.list())
        return [self._summary(row, state, now, layers) for row, state in found if all or state.status in RUNNING]


def _spec(request: RunRequest, image: StoredImage) -> ContainerSpec:
    """The request as a spec; what it leaves open, `complete` takes from the image."""
    return ContainerSpec(
        image=request.image,
        image_id=image.id,
        process=request.process,
        hostname=request.hostname,
        network=request.network,
        read_only=request.read_only,
        mounts=request.mounts,
        security=request.security,
        init=request.init,
        runtime=request.runtime,
        labels=dict(request.labels),
        stop_signal=request.stop_signal,
        stop_timeout=_GRACE if request.stop_timeout is None else request.stop_timeout,
        auto_remove=request.auto_remove,
    )


def _credentials(spec: ContainerSpec, view: Union) -> Credentials:
    account = resolve_user(view, spec.process.user)
    return Credentials(uid=account.uid, gid=account.gid, groups=account.groups, home=account.home)


def _check_platform(image: StoredImage, request: RunRequest) -> None:
    name, wanted = request.image, request.platform
    if wanted is not None and not platform.fitting([(platform_of(image), image)], wanted):
        raise NotFound(
            f"image with reference {name} was found but does not provide the specified platform ({wanted})",
            hint=f"it is for {platform_of(image)}",
        )
    config, own = image.config(), platform.of_host()
    if (config.os, config.architecture) != (own.os, own.architecture):
        raise Unsupported(
            f"{name} is an image for {config.os}/{config.architecture}, and this machine is {own}",
            hint="use an image for this machine",
        )


def _bundle(made: Plan, spec: ContainerSpec, host: Host) -> str:
    """The plan as another runtime's config.json."""
    from onggi.container.bundle import bundle

    return msgspec.json.encode(bundle(made, seccomp_filter(spec.security, host))).decode()


def _hostname(row: ContainerRow) -> str:
    """As in Docker: the one that was asked for, else the host's on the host's network, else the beginning of the ID."""
    return row.spec.hostname or (os.uname().nodename if row.spec.network == "host" else row.id[:12])


def _terminal_size(row: ContainerRow, stdio: Stdio | None) -> tuple[int, int]:
    """Rows and columns of the person's terminal, for a container that gets one; else zeros."""
    if stdio is None or stdio.stdin is None or not row.spec.process.terminal or not os.isatty(stdio.stdin):
        return 0, 0
    return attach.terminal_size(stdio.stdin)
