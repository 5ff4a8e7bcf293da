"""`container …`: create, start, watch and end containers. What each verb does is in engine/container, imported when it
is used."""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING

from onggi.engine.container.household import Household
from onggi.store.prune_filter import EVERYTHING, Tell, unheard

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from contextlib import AbstractContextManager
    from socket import socket
    from typing import Any, BinaryIO

    from onggi.container.spec import ContainerSpec, Resources, RestartPolicy
    from onggi.engine.container.listing import Listing
    from onggi.engine.container.start import Clients
    from onggi.engine.container.wait import WaitCondition
    from onggi.engine.filters import Filters
    from onggi.engine.types import (
        Change,
        CommitRequest,
        ContainerSummary,
        ContainerUsage,
        ExecRequest,
        Execution,
        Found,
        Given,
        PathStat,
        Processes,
        Pruned,
        Stdio,
    )
    from onggi.errors import OnggiError
    from onggi.linux.log.record import Record
    from onggi.oci.digest import Digest
    from onggi.oci.platform import Platform
    from onggi.store.containers import ContainerRow
    from onggi.store.prune_filter import PruneFilter


class Containers:
    """The containers of one store. Each `name` is an ID, a name, or the beginning of an ID; NotFound where it is none,
    Invalid where it fits several."""

    def __init__(self, house: Household) -> None:
        self._house = house
        self._listing: Listing | None = None

    def create(
        self,
        spec: ContainerSpec,
        name: str = "",
        platform: Platform | None = None,
        warn: Callable[[str], object] = lambda warning: None,
    ) -> str:
        """A container that has not started; its ID. What `spec` leaves open comes from the image, of which it says the
        reference only. `platform`: of an image for several the one that is wanted; None: this machine's. `warn` is told
        of limits that this host cannot set. Raises NotFound, Invalid, Conflict."""
        from onggi.engine.container.create import create

        return create(self._house, spec, name, platform, warn)

    def start(self, name: str, stdio: Stdio | None = None, clients: Clients = tuple) -> int | None:
        """Start it, unless it runs. With `stdio` it is in the foreground: its exit code, or None when the person
        detached. Without, None at once. Raises Conflict if it is paused, Failed (126, 127) if its program cannot be
        executed, Unheeded when it goes on after three signals to end. `clients` gives ends of pairs whose other
        ends are attached from the first byte on, and is not asked where this start is refused, or another was quicker;
        whoever gives them closes them."""
        from onggi.engine.container.start import start

        return start(self._house, name, stdio, clients)

    def find(self, name: str) -> Found:
        """Which one it is, and how it is doing; quicker than `inspect`."""
        from onggi.engine.types import Found

        row = self._house.row(name, or_damaged=True)
        return Found(row.id, row.name, self._house.state(row), row.spec.process.terminal)

    def find_open(self, name: str) -> Found:
        """The same, for who is to be attached: now, or at its next start. Raises Conflict while it is paused, or waits
        to be started again."""
        from onggi.engine.container.entry import require_open

        found = self.find(name)
        require_open(found.state.status, name, "attach")
        return found

    def given(self, name: str) -> Given:
        """What whoever made it said of it; quicker than `inspect`."""
        from onggi.engine.container.given import given

        return given(self._house, name)

    def all_given(self) -> list[Given]:
        """The same of all that there are."""
        from onggi.engine.container.given import all_given

        return all_given(self._house)

    def inspect(self, name: str, size: bool = False) -> dict[str, Any]:
        """Docker's JSON of one container. `size` measures what it has written."""
        from onggi.engine.container.inspect import inspect

        return inspect(self._house, name, size)

    def logs(
        self,
        name: str,
        follow: bool = False,
        since: float | None = None,
        until: float | None = None,
        tail: int | None = None,
        joined: bool = False,
        warn: Callable[[str], object] = warnings.warn,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> Iterator[Record]:
        """What it wrote, oldest first: of the last `tail` lines those from `since` to `until`, in seconds since the
        epoch. `follow` goes on with what comes, until it ends, or until is_wanted, which is asked when nothing comes,
        says no. `joined` is quicker, its times are not exact. `warn` gets a sentence about each part that is missing or
        damaged. Raises Unsupported if the driver keeps nothing."""
        from onggi.engine.container.logs import logs

        return logs(self._house, name, follow, since, until, tail, joined, warn, is_wanted)

    def log_attributes(self, name: str) -> dict[str, str]:
        """What its log options labels, env and tag say about each line."""
        from onggi.container.log_options import attributes_of

        row = self._house.row(name)
        return attributes_of(row.spec, row.id, row.name)

    def stop(
        self,
        name: str,
        timeout: int | None = None,
        signal: str = "",
        between: Callable[[], object] = lambda: None,
    ) -> None:
        """Send the stop signal, and KILL when the grace period (seconds; -1: for ever) is over. What does not run is
        left alone. `between` is called twice a second meanwhile; what it raises ends the waiting, before KILL."""
        from onggi.engine.container.stop import stop

        stop(self._house, name, timeout, signal, between=between)

    def kill(self, name: str, signal: str = "KILL") -> None:
        """Send a signal to its first process. Raises Conflict if it does not run, Invalid for an unknown signal."""
        from onggi.engine.container.stop import kill

        kill(self._house, name, signal)

    def wait(
        self, name: str, condition: WaitCondition = "not-running", between: Callable[[], object] = lambda: None
    ) -> int:
        """Its exit code, once `condition` is true. `between` is called as soon as nothing can be missed any more, and
        then twice a second at least; what it raises ends the waiting. One that is gone, and ended in the last ten
        seconds, is still told of, by its whole ID or name. Raises Conflict where the condition cannot come true any
        more."""
        from onggi.engine.container.wait import wait

        return wait(self._house, name, condition, between)

    def restart(
        self,
        name: str,
        timeout: int | None = None,
        signal: str = "",
        clients: Clients = tuple,
        between: Callable[[], object] = lambda: None,
    ) -> None:
        """Stop it, as `stop` does, and start it; start it if it does not run. `clients` as for `start`."""
        from onggi.engine.container.restart import restart

        restart(self._house, name, timeout, signal, clients, between)

    def pause(self, name: str) -> None:
        """Freeze all its processes. Raises Conflict if it does not run."""
        from onggi.engine.container.pause import pause

        pause(self._house, name)

    def unpause(self, name: str) -> None:
        """Let them go on. Raises Conflict if it is not paused."""
        from onggi.engine.container.pause import unpause

        unpause(self._house, name)

    def attach(self, name: str, stdio: Stdio, connection: socket | None = None, since: int | None = None) -> int | None:
        """Be connected to one that runs, beside others: its exit code, or None when the person detached. `connection`:
        what `join` gave, or one end of a pair whose other end is among the `clients` of a `start` that is to come.
        since: what it logged from that moment on (ns since the epoch) is written first, and not a byte is missing or
        twice in between. Raises Conflict if it does not run, Unheeded as `start`."""
        from onggi.engine.container.attach import attach

        return attach(self._house, name, stdio, connection, since)

    def join(self, name: str, with_log: bool = False) -> socket:
        """A connection for `attach` that misses nothing from now on. with_log: that has a `since`. Raises Conflict if
        it does not run."""
        from onggi.engine.container.attach import join

        return join(self._house, name, with_log)

    def show_log(self, name: str, stdio: Stdio, since: int = 0, until: int | None = None) -> None:
        """Write what it has logged from one moment to the other (ns since the epoch)."""
        from onggi.engine.container.attach import show

        show(self._house, self._house.row(name), stdio, since, until)

    def resize(self, name: str, rows: int, columns: int) -> None:
        """The size of its terminal, if it has one. Raises Conflict if it does not run."""
        from onggi.engine.container.resize import resize

        resize(self._house, name, rows, columns)

    def execute(self, name: str, request: ExecRequest, stdio: Stdio | None = None) -> int | None:
        """Run a further process in it: its exit code, or None when the person detached. Without `stdio` it is in the
        background, None at once. Raises Conflict if the container does not run, Failed (126, 127) if the program
        cannot be executed."""
        from onggi.engine.container.exec import execute

        return execute(self._house, name, request, stdio)

    def create_exec(self, name: str, request: ExecRequest) -> str:
        """A further process of it that `start_exec` starts; its ID. Raises Invalid, and Conflict if the container does
        not run."""
        from onggi.engine.container.exec import create

        return create(self._house, name, request)

    def start_exec(self, id: str, stdio: Stdio | None = None, size: tuple[int, int] | None = None) -> int | None:
        """As `execute`. `size`: rows and columns of its terminal, if they are not those that were asked for. Raises
        NotFound, and Conflict if it has been started before."""
        from onggi.engine.container.exec import start

        return start(self._house, id, stdio, size)

    def require_startable(self, id: str) -> None:
        """Raises what start_exec would, as far as one can see."""
        from onggi.engine.container.exec import require_startable

        require_startable(self._house, id)

    def inspect_exec(self, id: str) -> Execution:
        """Raises NotFound."""
        from onggi.engine.container.exec import inspect

        return inspect(self._house, id)

    def resize_exec(self, id: str, rows: int, columns: int) -> None:
        """The size of its terminal, if it has one. Raises NotFound, and Conflict if it does not run, after a while in
        which it may start."""
        from onggi.engine.container.exec import resize

        resize(self._house, id, rows, columns)

    def resume(self, fail: Callable[[str, OnggiError], None] = lambda name, error: None) -> list[str]:
        """Start those whose restart policy asks for it, after a reboot; their names. What cannot be started is left as
        it is, and says why in its state; `fail` is told as well."""
        from onggi.engine.container.resume import resume

        return resume(self._house, fail)

    def update(
        self,
        name: str,
        changes: Resources,
        restart: RestartPolicy | None = None,
        warn: Callable[[str], object] = lambda warning: None,
        replaced: Collection[str] = (),
    ) -> None:
        """Change its limits, those that `changes` sets, and its restart policy; all or nothing. Devices that have a
        limit and are not named keep it, but for the fields that are `replaced`. `warn` is told of limits that this host
        cannot set. Raises Invalid, Conflict, Unsupported."""
        from onggi.engine.container.update import update

        update(self._house, name, changes, restart, warn, replaced)

    def stats(self, names: Sequence[str] = (), all: bool = False) -> Iterator[tuple[ContainerUsage, ...]]:
        """What they use, again and again: the first after a moment, then one a second. Those that run unless there are
        names or `all`; ends when those with names have been removed."""
        from onggi.engine.container.stats import watch

        return watch(self._house, names, all)

    def statistics(self, name: str, pause: Callable[[float], object] = time.sleep) -> Iterator[dict[str, Any]]:
        """Docker's document of what it uses, once a second until it is removed. `pause` is called in between, with
        seconds."""
        from onggi.engine.container.statistics import watch

        return watch(self._house, name, pause)

    def statistics_now(
        self, name: str, compares: bool = True, pause: Callable[[float], object] = time.sleep
    ) -> dict[str, Any]:
        """The same, once; if it `compares`, with what was a second before."""
        from onggi.engine.container.statistics import once

        return once(self._house, name, pause, compares)

    def top(self, name: str, options: Sequence[str] = ()) -> Processes:
        """Its processes, as the host's ps shows them with these options. Raises Conflict if it does not run, Failed for
        options that ps does not take."""
        from onggi.engine.container.top import top

        return top(self._house, name, options)

    def rename(self, name: str, new: str) -> None:
        """Raises Conflict for a name that is taken, Invalid for one that no container can have, or has already."""
        from onggi.engine.container.rename import rename

        rename(self._house, name, new)

    def remove(self, name: str, force: bool = False, volumes: bool = False) -> None:
        """Remove it and its writable layer, and with `volumes` those of its volumes that have no name and no other
        container. Raises Conflict while it runs, unless `force`, which kills it first."""
        from onggi.engine.container.remove import remove

        remove(self._house, name, force, volumes)

    def path_stat(self, name: str, path: str) -> PathStat:
        """What is at a path in it. Raises NotFound, Invalid."""
        from onggi.engine.container.copy import path_stat

        return path_stat(self._house, name, path)

    def archive_get(self, name: str, path: str) -> AbstractContextManager[tuple[PathStat, Iterator[bytes]]]:
        """What is at a path in it, and all beneath, as a tar in pieces, to be taken within the block. A path that ends
        with `/.` means what is in the folder. Raises NotFound, Invalid."""
        from onggi.engine.container.copy import archive_get

        return archive_get(self._house, name, path)

    def archive_put(
        self, name: str, path: str, tar: BinaryIO, owner: tuple[int, int] | None = None, replaces_folders: bool = True
    ) -> None:
        """Unpack a tar, perhaps compressed, into a folder of it. `owner`, a user and a group, gets everything; None
        leaves that to the tar. replaces_folders: a folder gives way to a file of the tar, and a file to a folder; else
        that is an error. Raises NotFound, Invalid, Corrupt."""
        from onggi.engine.container.copy import archive_put

        archive_put(self._house, name, path, tar, owner, replaces_folders)

    def copy_in(
        self,
        name: str,
        source: str,
        path: str,
        follow: bool = False,
        on_bytes: Callable[[int], object] = lambda count: None,
    ) -> None:
        """Copy a file or folder of the host to a path in it, by the rules of `docker cp`. `follow`: if `source` is a
        symbolic link, copy what it leads to. `on_bytes` is told how many bytes of files came, piece by piece. Raises
        NotFound, Invalid, Denied."""
        from onggi.engine.container.copy import copy_in

        copy_in(self._house, name, source, path, follow, on_bytes)

    def copy_out(
        self,
        name: str,
        path: str,
        target: str,
        follow: bool = False,
        keeps_owners: bool = False,
        on_bytes: Callable[[int], object] = lambda count: None,
    ) -> None:
        """The other way round. What is copied belongs to the user who runs this, unless `keeps_owners`."""
        from onggi.engine.container.copy import copy_out

        copy_out(self._house, name, path, target, follow, keeps_owners, on_bytes)

    def changes(self, name: str) -> list[Change]:
        """What it did to the files of its image: each folder before what is in it."""
        from onggi.engine.container.changes import changes

        return changes(self._house, name)

    def commit(self, name: str, request: CommitRequest) -> Digest:
        """Make an image of its files and of what it was told; the image's ID. What is mounted in it is not a part of
        it. Raises Invalid for a name or a change that cannot be."""
        from onggi.engine.container.commit import commit

        return commit(self._house, name, request)

    def export(self, name: str, out: BinaryIO) -> None:
        """Write its file system as one tar: layers and writable layer merged, without what is mounted in it."""
        from onggi.engine.container.export import export

        export(self._house, name, out)

    def prune(self, only: PruneFilter = EVERYTHING, tell: Tell = unheard) -> Pruned:
        """Remove those that do not run. `tell` hears of each at once."""
        from onggi.engine.container.prune import prune

        return prune(self._house, only, tell)

    def is_running(self, row: ContainerRow) -> bool:
        return self._house.is_running(row)

    # Last, because its name hides the type in what follows.
    def list(
        self,
        all: bool = False,
        size: bool = False,
        last: int = 0,
        filters: Filters | None = None,
        endpoints: bool = False,
        sees: Callable[[str], bool] = lambda container: True,
    ) -> list[ContainerSummary]:
        """Newest first; only those that run, unless `all` is said, the `last` newest are wanted, or a filter is about
        their state. `size` measures what each has written; `endpoints` tells what they have in their networks. filters:
        Docker's, each key with its values. sees: whether the container of an ID is there for who asks; of others the
        filters know nothing either. Raises Invalid for a filter, NotFound for a container that one names. What has not
        changed since the last call is the same object."""
        if self._listing is None:
            from onggi.engine.container.listing import Listing

            self._listing = Listing(self._house)
        return self._listing.summaries(all, size, last, filters or {}, endpoints, sees)
