"""The I/O of a build: what `solve.ports.Work` asks for, done with the store's snapshots and the launcher."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from onggi.amounts import spaced_size
from onggi.container.host import Host
from onggi.container.op import Plan
from onggi.container.plan import Credentials, EtcFiles, Step, step_plan
from onggi.container.spec import Bind
from onggi.engine.rootfs import make_folder, root_fs, union
from onggi.errors import Failed
from onggi.graph.op import ContextSource, Copy, Exec, ImageSource, MakeDirectory, Op
from onggi.graph.vertex import Graph, Vertex
from onggi.layer.accounts import resolve_owner, resolve_user
from onggi.layer.clamp import clamp
from onggi.layer.context import Context
from onggi.layer.pack import pack
from onggi.layer.place import Placement, make_directory, place
from onggi.layer.select import Selection, Tree, select
from onggi.layer.union import Union
from onggi.linux.launch import Launcher
from onggi.oci import digest
from onggi.oci.digest import Digest
from onggi.solve.ports import Watch
from onggi.solve.result import LayerRef, Result
from onggi.store.disk import Lease
from onggi.store.store import Store

_READ_SIZE = 64 * 1024
_WORTH_LINKING = 8  # files of a COPY: what to link is not worth remembering of fewer
_MESSAGE_WIDTH = 60
_CA_PATH = "/dev/host-ca.crt"
_CA_VARIABLES = (
    "SSL_CERT_FILE",  # OpenSSL, and what is built on it
    "NODE_EXTRA_CA_CERTS",
    "NPM_CONFIG_CAFILE",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "CARGO_HTTP_CAINFO",
    "AWS_CA_BUNDLE",
)


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What the ops of one build see beside their inputs."""

    context: Path
    host: Callable[[], Host]
    etc: EtcFiles
    host_ca: Path | None = None


class BuildWork:
    """Executes the vertices of one graph. The solver calls it from many threads."""

    def __init__(self, graph: Graph, store: Store, lease: Lease, launcher: Launcher, around: Surroundings) -> None:
        self._graph = graph
        self._store = store
        self._lease = lease
        self._launcher = launcher
        self._around = around
        self._selections: dict[tuple[Op, Digest], Selection] = {}
        self._lock = threading.Lock()

    def selection(self, vertex: Vertex, source: Result | None) -> Digest:
        op = vertex.op
        assert isinstance(op, Copy)
        # Owners are names that only input 0 can look up; the op says which, so here all of them are alike.
        return self._select(vertex, op, source).digest(self._store.stats, (0, 0) if op.owner else None, _mode(op))

    def execute(self, vertex: Vertex, inputs: Sequence[Result], watch: Watch) -> Result:
        match vertex.op:
            case Exec():
                return self._exec(vertex.op, inputs[0], watch)
            case Copy():
                return self._copy(vertex, vertex.op, inputs, watch)
            case MakeDirectory():
                return self._make_directory(vertex.op, inputs[0])
            case ImageSource() | ContextSource():
                raise AssertionError("sources are read by those who build on them or copy from them")

    def image(self, op: ImageSource) -> Result:
        if not op.image_id:
            return Result()
        return Result(self._store.images.get(op.image_id, self._lease).refs)

    def _exec(self, op: Exec, base: Result, watch: Watch) -> Result:
        account = resolve_user(self._union(base), op.user)
        ca_variables, ca_binds = _host_ca(self._around.host_ca)
        step = Step(
            argv=op.argv,
            env=(*ca_variables, *op.env, *op.ambient_env),
            working_directory=op.working_directory,
            network="none" if op.network == "none" else "host",
            binds=ca_binds,
        )
        credentials = Credentials(uid=account.uid, gid=account.gid, groups=account.groups, home=account.home)
        with self._store.temporary() as home:
            for name in ("upper", "work", "rootfs"):
                make_folder(home / name)
            root = root_fs(self._store, (layer.diff_id for layer in base.layers), home)
            plan = step_plan(step, root, self._around.etc, credentials, self._around.host(), cgroup=f"step-{home.name}")
            self._run(plan, _words(op), watch)
            if op.epoch is not None:
                clamp(root.upper, op.epoch)
            return self._add_layer(home / "upper", base)

    def _run(self, plan: Plan, words: str, watch: Watch) -> None:
        out, err = os.pipe(), os.pipe()
        readers = [
            threading.Thread(target=_forward, args=(pipe[0], stream, watch.output), daemon=True)
            for stream, pipe in ((1, out), (2, err))
        ]
        for reader in readers:
            reader.start()
        try:
            running = self._launcher.step(plan, stdout=out[1], stderr=err[1])
        finally:
            os.close(out[1])
            os.close(err[1])
        forget = watch.cancel.add(running.kill)
        try:
            with watch.busy(running.cpu_seconds):
                exit_code = running.wait()
        finally:
            forget()
            for reader in readers:
                reader.join()
        if exit_code:
            raise Failed(f"{words} failed with exit code {exit_code}", exit_code=exit_code)

    def _copy(self, vertex: Vertex, op: Copy, inputs: Sequence[Result], watch: Watch) -> Result:
        base = self._union(inputs[0])
        source = None if self._is_context(vertex) else inputs[1]
        selection = self._select(vertex, op, source)
        with self._store.temporary() as folder:
            target = make_folder(folder / "layer")
            placement = Placement(
                destination=op.destination,
                owner=resolve_owner(base, op.owner) if op.owner else None,
                mode=_mode(op),
                unpack=op.unpack,
                epoch=op.epoch,
            )
            key = self._copy_key(vertex, op)
            placed = place(selection, base, str(target), placement, self._store.copies.previous(key, self._lease))
            watch.detail(_sizes(placed.files, placed.bytes))
            result = self._add_layer(target, inputs[0])
            if len(placed.contents) >= _WORTH_LINKING:
                self._store.copies.remember(key, result.layers[-1].diff_id, placed.contents)
            return result

    def _copy_key(self, vertex: Vertex, op: Copy) -> str:
        """The same for a COPY of this project before and after its files are edited."""
        source = self._graph.vertices[vertex.inputs[1]].stage
        return digest.of(msgspec.json.encode((str(self._around.context), source, op)))

    def _make_directory(self, op: MakeDirectory, base: Result) -> Result:
        view = self._union(base)
        with self._store.temporary() as folder:
            target = make_folder(folder / "layer")
            owner = resolve_owner(view, op.owner) if op.owner else (0, 0)
            if not make_directory(view, str(target), op.path, owner, epoch=op.epoch):
                return Result(base.layers)
            return self._add_layer(target, base)

    def _add_layer(self, folder: Path, base: Result) -> Result:
        packed = pack(str(folder))
        ref = LayerRef(packed.diff_id, packed.tree_digest, packed.size)
        return Result((*base.layers, self._store.snapshots.add(folder, ref, self._lease)), is_own=True)

    def _select(self, vertex: Vertex, op: Copy, source: Result | None) -> Selection:
        """The files that a COPY names, walked once for its key and for the copy itself."""
        key = (op, source.content() if source else "")
        with self._lock:
            known = self._selections.get(key)
        if known is None:
            known = select(self._tree(vertex, source), op.sources)
            with self._lock:
                self._selections[key] = known
        return known

    def _tree(self, vertex: Vertex, source: Result | None) -> Tree:
        if source is not None:
            return self._union(source)
        op = self._graph.vertices[vertex.inputs[1]].op
        assert isinstance(op, ContextSource)
        return Context(str(self._around.context), op.ignore)

    def _is_context(self, vertex: Vertex) -> bool:
        return isinstance(self._graph.vertices[vertex.inputs[1]].op, ContextSource)

    def _union(self, result: Result) -> Union:
        return union(self._store, (layer.diff_id for layer in result.layers))


def _host_ca(bundle: Path | None) -> tuple[tuple[str, ...], tuple[Bind, ...]]:
    """The host's CA bundle as a step sees it: variables that programs look at, and a mount beneath /dev, which is the
    step's own memory, so that not even a mount point is left in the layer."""
    if bundle is None:
        return (), ()
    return tuple(f"{name}={_CA_PATH}" for name in _CA_VARIABLES), (Bind(str(bundle), _CA_PATH, read_only=True),)


def _mode(op: Copy) -> int | None:
    return int(op.mode, 8) if op.mode else None


def _forward(descriptor: int, stream: int, output: Callable[[int, bytes], None]) -> None:
    """Reads a pipe until its last writer is gone."""
    with os.fdopen(descriptor, "rb", buffering=0) as pipe:
        while data := pipe.read(_READ_SIZE):
            output(stream, data)


def _words(op: Exec) -> str:
    """What ran, short enough for a message: the script of a shell form, by its first line, else the words."""
    words = op.argv[-1] if len(op.argv) == 3 and op.argv[1] == "-c" else " ".join(op.argv)
    first, *rest = words.strip().splitlines() or [""]
    line = " ".join(first.split())
    cut = line if len(line) <= _MESSAGE_WIDTH else f"{line[:_MESSAGE_WIDTH]} …"
    return f"{cut} … ({len(rest) + 1} lines)" if rest else cut


def _sizes(files: int, size: int) -> str:
    """ "412 files, 1.8 MB"."""
    return f"{files} file{'' if files == 1 else 's'}, {spaced_size(size)}"
