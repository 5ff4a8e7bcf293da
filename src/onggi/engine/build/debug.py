"""`debug`: a shell, or another command, where a step of a build failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path

import msgspec
from msgspec.structs import replace

from onggi.container.host import Host
from onggi.container.op import Plan
from onggi.container.spec import Bind
from onggi.container.stdio import Stdio
from onggi.container.step import Step
from onggi.engine.build.ledger import Ledger
from onggi.engine.build.network import StepNetwork
from onggi.engine.build.remotes import Remotes
from onggi.engine.build.run import made_ready
from onggi.engine.build.shared_mounts import SharedMounts
from onggi.engine.build.surroundings import Surroundings
from onggi.engine.container.household import Household
from onggi.engine.rootfs import union, write_step_files
from onggi.errors import NotFound
from onggi.fetch.network import Network
from onggi.graph.op import Exec, SecretMount, SshMount
from onggi.layer.union import Union
from onggi.linux import attach
from onggi.linux.elf import is_static
from onggi.linux.launch import Launcher, MonitorOptions
from onggi.settings import Settings
from onggi.solve.ports import Cancel
from onggi.store.disk import Lease
from onggi.store.failures import Failure
from onggi.store.store import Store

_SHELLS = ("/bin/bash", "/bin/sh", "/usr/bin/bash", "/usr/bin/sh", "/bin/ash", "/busybox/sh")
_BUSYBOX = "/dev/busybox"
"""Beneath the step's own memory: nothing of it is in the image."""


class Shell(msgspec.Struct, frozen=True):
    """What to run, and the words to say of it first; `busybox` is the host's program that is shown beside the image, if
    it has no shell."""

    argv: tuple[str, ...]
    notes: tuple[str, ...] = ()
    busybox: Path | None = None


class Debugger:
    """The steps that failed, as long as they are kept: until their record goes, or a later build of the same project
    succeeds."""

    def __init__(self, store: Store, launcher: Launcher, host: Callable[[], Host], settings: Settings) -> None:
        self._store = store
        self._launcher = launcher
        self._host = host
        self._settings = settings

    def debug(
        self, name: str, argv: Sequence[str], stdio: Stdio, say: Callable[[str], object] = lambda note: None
    ) -> int:
        """Run `argv`, or a shell if that is empty, in the file system that the failed step of build `name` left, with
        its environment, working folder, user, network and mounts; its exit code. What it changes is gone afterwards.

        `say` is told what else one should know. "" is the build that failed last. Raises NotFound if nothing is kept,
        or no shell is to be had.
        """
        build, failure = self._failure(name)
        house = Household(self._store, lambda: self._launcher, self._host, self._settings)
        with (
            self._store.lease() as lease,
            self._store.temporary() as home,
            StepNetwork(lambda: house, lease, home, say) as network,
        ):
            self._hold(failure, lease)
            left = self._store.failures.folder(build)
            layers = [layer.diff_id for layer in failure.inputs[0].layers]
            shell = choose(argv, union(self._store, layers, left), self._settings.busybox)
            op, lost = _without_secrets(failure.op)
            for note in (*shell.notes, *lost):
                say(note)
            around = self._around(failure, lease, home, network)
            folder = home / "step"
            folder.mkdir()
            with made_ready(op, failure.inputs, folder, around, _Unwatched(), (str(left),)) as ready:
                shown = replace(ready, step=_shown(ready.step, shell, stdio))
                return self._attached(shown.plan(self._host(), f"debug-{home.name}"), folder, stdio)

    def _attached(self, plan: Plan, home: Path, stdio: Stdio) -> int:
        """Not a step of the launcher, which has no terminal, but what a container in the foreground is."""
        rows, columns = (attach.stdin_size(stdio) if stdio.terminal else None) or (0, 0)
        options = MonitorOptions(open_stdin=stdio.stdin is not None, ends_with_client=True, rows=rows, columns=columns)
        ours, its = attach.pair()
        with its:
            self._launcher.container(plan, home, options, (its,))
        return attach.attach(home, replace(stdio, detach_keys=""), ours) or 0

    def _failure(self, name: str) -> tuple[str, Failure]:
        build = self._store.records.get(name).id if name else self._store.failures.newest()
        failure = self._store.failures.get(build)
        if failure is None:
            what = f"build {build} has no failed step that is kept" if build else "no failed step of a build is kept"
            raise NotFound(what, hint="a failed RUN step is kept until a later build of its project succeeds")
        return build, failure

    def _hold(self, failure: Failure, lease: Lease) -> None:
        for layer in (layer for source in failure.inputs for layer in source.layers):
            if self._store.snapshots.get(layer.diff_id, lease) is None:
                raise NotFound(f"layer {layer.diff_id}, which the failed step worked on, is gone", hint="build again")

    def _around(self, failure: Failure, lease: Lease, folder: Path, network: StepNetwork) -> Surroundings:
        return Surroundings(
            store=self._store,
            lease=lease,
            launcher=lambda: self._launcher,
            project="",
            contexts={},
            host=self._host,
            etc=write_step_files(folder),
            ledger=Ledger(self._store.inventories),
            host_ca=self._settings.host_ca if failure.host_ca else None,
            remotes=Remotes(network=Network(), secrets={}, agents=None, store=self._store, scope=ExitStack()),
            mounts=SharedMounts(),
            network=network,
        )


def choose(argv: Sequence[str], root: Union, busybox: Path | None) -> Shell:
    """What to run in `root`. Raises NotFound where there is neither a shell nor a busybox."""
    if argv:
        return Shell(tuple(argv))
    for path in _SHELLS:
        if _is_executable(root, path):
            return Shell((path,))
    if busybox is None or not is_static(str(busybox)):
        raise NotFound(
            "the image has no shell, and this host no static busybox to lend it one",
            hint="apt-get install busybox-static, or name a program of the image: onggi debug BUILD -- PROGRAM",
        )
    note = f"the image has no shell: this is the host's {busybox}, mounted at {_BUSYBOX}, which is not in the image"
    return Shell((_BUSYBOX, "sh"), (note,), busybox)


def _is_executable(root: Union, path: str) -> bool:
    found = root.lookup(path)
    return found is not None and found.is_file and bool(found.stat.st_mode & 0o111)


def _without_secrets(op: Exec) -> tuple[Exec, tuple[str, ...]]:
    """Secrets and agents were given to the build, and are not kept."""
    kept = tuple(mount for mount in op.mounts if not isinstance(mount, SecretMount | SshMount))
    lost = len(op.mounts) - len(kept)
    return replace(op, mounts=kept), (("the step's secrets and SSH agents are not shown here",) if lost else ())


def _shown(step: Step, shell: Shell, stdio: Stdio) -> Step:
    mounts = (*step.mounts, *((Bind(str(shell.busybox), _BUSYBOX, read_only=True),) if shell.busybox else ()))
    return replace(step, argv=shell.argv, mounts=mounts, terminal=stdio.terminal)


class _Unwatched:
    """Implements solve.ports.Watch for what nobody watches."""

    def __init__(self) -> None:
        self.cancel = Cancel()

    def output(self, stream: int, data: bytes) -> None:
        pass

    def detail(self, text: str) -> None:
        pass

    def busy(self, cpu_seconds: Callable[[], float]) -> AbstractContextManager[None]:
        return nullcontext()
