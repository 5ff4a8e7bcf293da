"""Plan a container and give it to a monitor; stay with it if it is in the foreground."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, TypeAlias

import msgspec
from msgspec.structs import replace

from onggi.container import log_options, namespaces, signals
from onggi.container.host import Host
from onggi.container.life import advance
from onggi.container.op import Plan
from onggi.container.plan import plan, seccomp_filter
from onggi.container.resources import devices
from onggi.container.spec import ContainerSpec
from onggi.container.stdio import Stdio, Unheeded
from onggi.engine import events
from onggi.engine.container.abandoned import removed_if_abandoned
from onggi.engine.container.create import credentials
from onggi.engine.container.hostname import hostname
from onggi.engine.container.household import Household
from onggi.engine.container.remove import remove
from onggi.engine.rootfs import root_fs, share_etc_files, write_etc_files
from onggi.errors import NotFound, Unavailable
from onggi.linux import attach
from onggi.linux.launch import Actor, MonitorOptions
from onggi.store.containers import ContainerRow

if TYPE_CHECKING:
    from onggi.container.devices import Given
    from onggi.container.health_plan import HealthPlan
    from onggi.container.rootfs import Credentials, EtcFiles
    from onggi.container.state import State
    from onggi.container.volume import MountPlace
    from onggi.engine.network.connection.connection import Connection


Clients: TypeAlias = Callable[[], Sequence[socket]]
"""Who is to be attached from the first byte on. Asked for once, when nothing is left but to launch: a start that is
refused, or that somebody else was quicker with, has none."""


def start(house: Household, name: str, stdio: Stdio | None, clients: Clients = tuple) -> int | None:
    row = house.row(name)
    ours, its = attach.pair() if stdio else (None, None)
    try:
        with house.store.containers.lock(row.id), its or nullcontext():
            state = house.state(row)
            is_new = state.status not in _STARTED
            if is_new:
                advance(state.status, "start", row.name)
                first = [its] if its else []
                _launch(house, row, state, lambda: [*first, *clients()], _terminal_size(row, stdio))
    except BaseException:
        if ours:
            ours.close()
        if row.spec.auto_remove and not house.is_running(row):
            remove(house, row.id)
        raise
    if ours and not is_new:
        ours.close()
    return follow(house, row, stdio, ours if is_new else None) if stdio else None


_STARTED = ("running", "restarting")
"""Who starts what is so has what they want."""


def follow(
    house: Household,
    row: ContainerRow,
    stdio: Stdio,
    connection: socket | None = None,
    show_log: Callable[[int], object] | None = None,
) -> int | None:
    """Stay attached; without `connection`, to one that runs; show_log as in linux.attach."""
    streams = replace(stdio, terminal=row.spec.process.terminal)

    def clear_away() -> None:
        if row.spec.auto_remove:
            with suppress(NotFound):  # someone else was quicker
                remove(house, row.id)

    try:
        return attach.attach(house.home(row), streams, connection, show_log=show_log, at_end=clear_away)
    except Unheeded as error:
        raise Unheeded(
            f"{error.message} and leave; container {row.name} goes on",
            hint=f"`onggi stop {row.name}` ends it, with SIGKILL if need be",
        ) from error
    except Unavailable:  # its monitor was killed
        removed_if_abandoned(house, row, house.state(row))
        raise


def _launch(house: Household, row: ContainerRow, before: State, clients: Clients, size: tuple[int, int]) -> None:
    """Plan and start; what was decided at `create` is in the row."""
    with _connected(house, row) if row.spec.networking.is_attached else nullcontext() as connection:
        _give_to_monitor(house, row, before, clients, size, connection)
    if connection:  # the monitor's by now, which has who fails here replaced
        connection.finish()


def _give_to_monitor(
    house: Household,
    row: ContainerRow,
    before: State,
    clients: Clients,
    size: tuple[int, int],
    connection: Connection | None,
) -> None:
    home, host = house.home(row), house.host()
    sharers = _sharers(house, row)
    root = root_fs(house.store, row.layers, home)
    spec, etc = _names(row, home, sharers, connection)
    who = credentials(spec, house.view(row))
    places, mounted = _mounts(house, row)
    made = plan(
        spec,
        root,
        etc,
        who,
        host,
        cgroup=row.id,
        device_numbers=_device_numbers(spec),
        places=places,
        host_devices=_devices(spec),
        sharers=sharers,
        netns=connection.netns if connection else "",
    )
    rows, columns = size
    log_driver, log = log_options.for_journal(spec, row.id, row.name)
    options = MonitorOptions(
        open_stdin=spec.process.open_stdin,
        stdin_once=not spec.process.keeps_stdin,
        rows=rows,
        columns=columns,
        auto_remove_argv=_removal(house, row) if spec.auto_remove else (),
        runtime=spec.runtime,
        bundle=_bundle(made, spec, host) if spec.runtime else "",
        restart=(spec.restart.name, spec.restart.most),
        stop_signal=signals.stopping(spec.stop_signal),
        stop_timeout=spec.grace,
        health=_health(spec, who, host) if spec.health else None,
        log_driver=log_driver,
        log_options=log,
        volumes=mounted,
        networks=connection.told if connection else (),
        before=before,
        actor=Actor(folder=house.store.events_folder, id=row.id, attributes=events.container_attributes(row)),
        is_attached=connection is not None,
        companions=connection.companions if connection else (),
        mend_argv=_command(house, "network", "mend", "--locked") if connection else (),
        mend_lock=connection.mending_lock if connection else "",
        ports=connection.ports if connection else (),
    )
    if connection:
        connection.settle()
    house.launcher().container(made, home, options, clients())


def _device_numbers(spec: ContainerSpec) -> dict[str, str]:
    """Of the devices that have limits."""
    if not devices(spec.resources):
        return {}
    from onggi.engine.container.limits import numbers

    return numbers(spec.resources)


def _mounts(house: Household, row: ContainerRow) -> tuple[dict[str, MountPlace], tuple[Actor, ...]]:
    """Where its volumes and images are, and those to tell of. What it binds is there afterwards."""
    if not row.spec.mounts:
        return {}, ()
    from onggi.engine.container import binds, storage

    binds.make_sources(row.spec)
    return storage.places(house.store, row.spec, house.home(row)), storage.mounted(house.store, row)


def _devices(spec: ContainerSpec) -> tuple[Given, ...]:
    """Those that it asks for by name."""
    if not spec.devices:
        return ()
    from onggi.linux import host_devices

    return host_devices.find(spec.devices)


def _sharers(house: Household, row: ContainerRow) -> dict[str, str]:
    """The folders of the containers whose namespaces it shares."""
    if not any(namespaces.other(namespaces.mode(row.spec, kind)) for kind in namespaces.SHARED):
        return {}
    from onggi.engine.container import sharing

    return sharing.sharers(house, row)


def _names(
    row: ContainerRow, home: Path, sharers: Mapping[str, str], connection: Connection | None
) -> tuple[ContainerSpec, EtcFiles]:
    """The spec with a host name, and the files that tell names; both are another's if the network is."""
    if other := namespaces.other(row.spec.networking.mode):
        etc = share_etc_files(home, sharers[other])
        return replace(row.spec, hostname=Path(etc.hostname).read_text().strip()), etc
    spec = replace(row.spec, hostname=hostname(row))
    return spec, write_etc_files(home, spec, connection.plan if connection else None)


def _removal(house: Household, row: ContainerRow) -> tuple[str, ...]:
    """The command that the monitor of a `--rm` container runs when nobody is attached to do it."""
    return _command(house, "rm", "-f", row.id)


def _command(house: Household, *words: str) -> tuple[str, ...]:
    """One of ours that the monitor runs."""
    return (sys.executable, "-I", "-m", "onggi", "--root", str(house.store.root), *words)


def _connected(house: Household, row: ContainerRow) -> AbstractContextManager[Connection]:
    from onggi.engine.network.connection.connection import connected  # late: none and host do not need it

    return connected(house, row)


def _health(spec: ContainerSpec, who: Credentials, host: Host) -> HealthPlan | None:
    from onggi.container.health_plan import health_plan

    return health_plan(spec, who, host)


def _bundle(made: Plan, spec: ContainerSpec, host: Host) -> str:
    """The plan as another runtime's config.json."""
    from onggi.container.bundle import bundle

    return msgspec.json.encode(bundle(made, seccomp_filter(spec.security, host), spec.annotations)).decode()


def _terminal_size(row: ContainerRow, stdio: Stdio | None) -> tuple[int, int]:
    """Rows and columns of the person's terminal, for a container that gets one, or those that were asked for; else
    zeros."""
    size = attach.stdin_size(stdio) if row.spec.process.terminal else None
    return size or row.spec.process.terminal_size
