"""RUN --mount: what a step sees besides its root file system, prepared before it runs and let go after it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import msgspec

from onggi.container.spec import Bind, Tmpfs
from onggi.container.step import Layers, SecretFile, StepMount
from onggi.dockerfile import glob
from onggi.engine.build.surroundings import Surroundings, diff_ids
from onggi.engine.rootfs import layer_folders
from onggi.engine.secrets import Secret
from onggi.errors import NotFound
from onggi.graph.op import BindMount, CacheMount, Exec, Mount, SecretMount, SshMount, TmpfsMount
from onggi.layer.place import Placement, place
from onggi.layer.select import select
from onggi.layer.stubs import make_stubs
from onggi.layer.union import Union
from onggi.oci.digest import Digest
from onggi.solve.ports import Abandoned, Watch
from onggi.solve.result import Result
from onggi.store.disk import make_folder
from onggi.suggest import did_you_mean

_OF_THE_STEP = ("/dev", "/proc", "/sys")
"""Memory and kernel files of each step's own: mount points in there leave no trace."""


class Mounts(msgspec.Struct, frozen=True, kw_only=True):
    """What a step is shown. `stubs`: a layer with the mount points that are not there, if some are not. `secrets` by
    ID, in the order of their numbers; `secret_env` as in Step; `env` are further variables."""

    mounts: tuple[StepMount, ...] = ()
    stubs: tuple[str, ...] = ()
    secrets: Mapping[str, Secret] = {}
    secret_env: tuple[tuple[str, int], ...] = ()
    env: tuple[str, ...] = ()


@contextmanager
def mounted(op: Exec, inputs: Sequence[Result], home: Path, around: Surroundings, watch: Watch) -> Iterator[Mounts]:
    """What the step sees until the end of the block; caches are held so long. `home` is a folder of the step's own.

    Raises NotFound for a secret or an SSH agent that is required and was not given.
    """
    if not op.mounts:  # as most steps, which pay nothing for what they do not use
        yield Mounts()
        return
    with ExitStack() as scope:
        preparing = _Preparing(inputs, home, around, scope, op.realm)
        preparing.hold([mount for mount in op.mounts if isinstance(mount, CacheMount)], watch)
        mounts = tuple(found for mount in op.mounts if (found := preparing.mount(mount)))
        yield Mounts(
            mounts=mounts,
            stubs=preparing.stubs(mounts),
            secrets=preparing.secrets,
            secret_env=tuple(preparing.variables),
            env=tuple(f"SSH_AUTH_SOCK={target}" for target in preparing.sockets[:1]),
        )


class _Preparing:
    """The mounts of one step. `secrets`, `variables` and `sockets` of agents grow with each that is prepared."""

    def __init__(
        self, inputs: Sequence[Result], home: Path, around: Surroundings, scope: ExitStack, realm: str
    ) -> None:
        self._inputs = inputs
        self._realm = realm
        self._home = home
        self._around = around
        self._scope = scope
        self._place = str(make_folder(home / "mount"))
        self._caches: dict[str, str] = {}
        self._files: set[str] = set()  # targets that files are mounted on, or sockets
        self.secrets: dict[str, Secret] = {}
        self.variables: list[tuple[str, int]] = []
        self.sockets: list[str] = []

    def hold(self, caches: Sequence[CacheMount], watch: Watch) -> None:
        """Take the caches. One that is mounted twice is taken once, as the strictest mount asks; always in the order of
        their names, so that two steps never wait for each other."""

        def ask() -> None:
            if watch.cancel.is_set:
                raise Abandoned("a cache mount")

        wanted = {self._name(cache): cache for cache in sorted(caches, key=lambda each: each.sharing == "locked")}
        store = self._around.store
        with watch.busy(lambda: 0.0):  # who waits computes nothing
            for name, cache in sorted(wanted.items()):
                self._around.mounts.used[name] = cache.id
                using = store.kept_folders.use(name, cache.id, cache.sharing, partial(self._fill, cache), ask)
                self._caches[name] = self._scope.enter_context(using)

    def mount(self, mount: Mount) -> StepMount | None:
        """None if what it shows was not given, and may be missing."""
        match mount:
            case BindMount():
                return self._bind(mount)
            case CacheMount():
                return Bind(self._caches[self._name(mount)], mount.target, mount.read_only)
            case TmpfsMount():
                return Tmpfs(mount.target, ("exec", "dev", *((f"size={mount.size}",) if mount.size else ())))
            case SecretMount():
                return self._secret(mount)
            case SshMount():
                return self._ssh(mount)

    def stubs(self, mounts: Sequence[StepMount]) -> tuple[str, ...]:
        """A layer with the mount points that the base lacks: mounting leaves nothing in the step's own layer then, and
        what is there keeps its times."""
        targets = [mount.target for mount in mounts]
        outer = [each for each in targets if not _is_beneath(each, (*_OF_THE_STEP, *targets))]
        base = self._around.union(self._inputs[0])
        folder = make_folder(self._home / "stubs")
        made = make_stubs(base, str(folder), {target: target in self._files for target in outer})
        return (str(folder),) if made else ()

    def _bind(self, mount: BindMount) -> Layers:
        source = self._inputs[mount.input]
        found = self._around.union(source).lookup(mount.source)
        if found is not None and not found.is_folder:
            self._files.add(mount.target)
        upper = work = ""
        if mount.writable:
            own = make_folder(self._home / f"bind-{_short(mount.target)}")
            upper, work = str(make_folder(own / "upper")), str(make_folder(own / "work"))
        return Layers(
            lowers=layer_folders(self._around.store, diff_ids(source)) or (self._place,),
            place=self._place,
            source=mount.source,
            target=mount.target,
            upper=upper,
            work=work,
        )

    def _secret(self, mount: SecretMount) -> SecretFile | None:
        secret = self._around.remotes.secrets.get(mount.id)
        if secret is None:
            if mount.required:
                near = did_you_mean(mount.id, self._around.remotes.secrets)
                raise NotFound(
                    f"the build was not given the secret {mount.id}{near}",
                    hint=f"give it: --secret id={mount.id},src=FILE or --secret id={mount.id},env=VARIABLE",
                )
            return None
        self.secrets.setdefault(mount.id, secret)
        number = list(self.secrets).index(mount.id)
        if mount.env:
            self.variables.append((mount.env, number))
        if not mount.target:
            return None
        self._files.add(mount.target)
        return SecretFile(
            number=number, place=self._place, target=mount.target, mode=mount.mode, uid=mount.uid, gid=mount.gid
        )

    def _ssh(self, mount: SshMount) -> Bind | None:
        agents = self._around.remotes.agents
        if agents is None or mount.id not in agents:
            if mount.required:
                raise NotFound(f"the build was not given the SSH agent {mount.id}", hint=f"give it: --ssh {mount.id}")
            return None
        self._files.add(mount.target)
        path = self._home / f"agent-{_short(mount.target)}"
        socket = agents.listen(mount.id, path, uid=mount.uid, gid=mount.gid, mode=mount.mode)
        self._scope.callback(socket.close)
        self.sockets.append(mount.target)
        return Bind(str(path), mount.target)

    def _name(self, cache: CacheMount) -> str:
        return mount_name(cache, "" if cache.input is None else self._inputs[cache.input].content(), self._realm)

    def _fill(self, cache: CacheMount, folder: Path) -> None:
        """What a new cache begins with: what another machine has kept in it, else what the Dockerfile says."""
        is_filled = self._around.mounts.fill(self._name(cache), folder)
        if cache.input is not None and not is_filled:
            tree = self._around.union(self._inputs[cache.input])
            place([select(tree, [glob.escape(cache.source)])], Union([]), str(folder), Placement(destination="/"))
        os.chown(folder, cache.uid, cache.gid)
        folder.chmod(cache.mode)


def mount_name(cache: CacheMount, content: Digest = "", realm: str = "") -> str:
    """What the store calls a cache mount; `content` is that of its input, if it has one. As in BuildKit, a cache of the
    same ID that begins otherwise is another one; so is one of another realm."""
    origin = (content, cache.source) if cache.input is not None else ()
    whose = ({"realm": realm},) if realm else ()
    return hashlib.sha256(
        msgspec.json.encode((cache.id, cache.mode, cache.uid, cache.gid, *origin, *whose))
    ).hexdigest()


def _is_beneath(target: str, folders: Sequence[str]) -> bool:
    return any(target.startswith(f"{folder}/") for folder in folders)


def _short(text: str) -> str:
    """A name that is the text's own, and short: the path of a socket must not be long."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
