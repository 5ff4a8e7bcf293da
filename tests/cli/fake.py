"""An engine without a store: answers what the tests put into it, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

import click.testing
from msgspec.structs import asdict

from onggi.cli.main import program
from onggi.cli.session import Session
from onggi.container import host
from onggi.container.network.network import Network, NetworkSpec
from onggi.container.spec import Attachment, Link, Resources, RestartPolicy
from onggi.engine.types import (
    BuildRequest,
    BuildResult,
    Change,
    CommitRequest,
    ContainerSpec,
    ContainerSummary,
    ContainerUsage,
    HistoryLine,
    ImageSummary,
    Loaded,
    PathStat,
    Processes,
    Pruned,
    PruneFilter,
    PullRequest,
    Removed,
    Stdio,
    SystemPruned,
    VolumeSummary,
)
from onggi.errors import NotFound, OnggiError
from onggi.linux.event_log import Event as Happening
from onggi.linux.log.record import Record
from onggi.oci.platform import Platform
from onggi.settings import Settings
from onggi.solve.events import Built, Event
from onggi.store.cache_use import CacheUse
from onggi.store.df import Report
from onggi.store.fsck import Finding
from onggi.store.prune_filter import EVERYTHING

if TYPE_CHECKING:
    from onggi.engine.engine import Engine
    from onggi.engine.registry.progress import Event as Transferred
    from onggi.engine.registry.pull import Pulled

ID = "4fa6e0f0c6786287e131c3852c58a2e01cc697a68231826813597e4994f1d6e2"


class FakeImages:
    """`images` and `documents` are what there is; `asked` what was called."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.summaries: list[ImageSummary] = []
        self.lines: list[HistoryLine] = []
        self.documents: dict[str, dict[str, Any]] = {}
        self.removed: dict[str, list[Removed]] = {}
        self.pruned = Pruned()
        self.archive = b"a tar"
        self.missing: set[str] = set()
        self.fails: OnggiError | None = None

    def has(self, name: str, wanted: Platform | None = None) -> bool:
        return name not in self.missing

    def inspect(self, name: str) -> dict[str, Any]:
        return _get(self.documents, name, "image")

    def history(self, name: str) -> Sequence[HistoryLine]:
        self.asked.append(("history", name))
        return self.lines

    def tag(self, source: str, target: str) -> None:
        self.asked.append(("tag", source, target))

    def remove(self, name: str, force: bool = False) -> Sequence[Removed]:
        self.asked.append(("remove", name, force))
        if name not in self.removed:
            raise NotFound(f"No such image: {name}")
        return self.removed[name]

    def prune(self, all: bool = False, only: PruneFilter = EVERYTHING) -> Pruned:
        self.asked.append(("prune", all, only))
        return self.pruned

    def save(self, names: Sequence[str], out: BinaryIO, format: str = "docker", compression: str = "none") -> None:
        self.asked.append(("save", tuple(names), format, compression))
        out.write(self.archive)
        if self.fails:
            raise self.fails

    def load(self, stream: BinaryIO) -> Sequence[Loaded]:
        self.asked.append(("load", stream.read()))
        return [Loaded("sha256:" + ID, ("busybox:latest", "busybox:1.35")), Loaded("sha256:" + ID[::-1], ())]

    def import_tar(
        self, stream: BinaryIO, name: str = "", changes: Sequence[str] = (), message: str = "", for_platform: str = ""
    ) -> str:
        self.asked.append(("import", stream.read(), name, tuple(changes), message, for_platform))
        return "sha256:" + ID

    def list(self) -> Sequence[ImageSummary]:
        return self.summaries


class FakeContainers:
    """The same for containers. `exit` is what a container in the foreground ends with."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.summaries: list[ContainerSummary] = []
        self.documents: dict[str, dict[str, Any]] = {}
        self.log: list[Record] = []
        self.log_warnings: list[str] = []
        self.specs: list[ContainerSpec] = []
        self.names: list[str] = []
        self.platforms: list[Platform | None] = []
        self.stdio: Stdio | None = None
        self.exit: int | None = 0
        self.fails: OnggiError | None = None
        self.missing: frozenset[str] = frozenset()
        self.pruned = Pruned()
        self.warnings: Sequence[str] = ()
        self.usages: Sequence[tuple[ContainerUsage, ...]] = ()
        self.processes = Processes((), ())

    def create(
        self,
        spec: ContainerSpec,
        name: str = "",
        platform: Platform | None = None,
        warn: Callable[[str], object] = lambda warning: None,
    ) -> str:
        self.specs.append(spec)
        self.names.append(name)
        self.platforms.append(platform)
        self._warn(warn)
        if self.fails:
            raise self.fails
        return ID

    def _warn(self, warn: Callable[[str], object]) -> None:
        for warning in self.warnings:
            warn(warning)

    def update(
        self, name: str, changes: Resources, restart: RestartPolicy | None, warn: Callable[[str], object]
    ) -> None:
        self._act("update", name, changes, restart)
        self._warn(warn)
        if self.fails:
            raise self.fails

    def stats(self, names: Sequence[str] = (), all: bool = False) -> Iterator[tuple[ContainerUsage, ...]]:
        self.asked.append(("stats", tuple(names), all))
        return iter(self.usages)

    def top(self, name: str, options: Sequence[str] = ()) -> Processes:
        self._act("top", name, tuple(options))
        return self.processes

    def start(self, id: str, stdio: Stdio | None = None) -> int | None:
        self._act("start", id)
        self.stdio = stdio
        return self.exit if stdio else None

    def rename(self, name: str, new: str) -> None:
        self._act("rename", name, new)

    def inspect(self, name: str, size: bool = False) -> dict[str, Any]:
        self.asked.append(("inspect", name, size))
        return _get(self.documents, name, "container")

    def logs(
        self,
        name: str,
        follow: bool = False,
        since: float | None = None,
        until: float | None = None,
        tail: int | None = None,
        joined: bool = False,
        warn: Callable[[str], object] = print,
    ) -> Iterator[Record]:
        self.asked.append(("logs", name, follow, since, until, tail))
        for text in self.log_warnings:
            warn(text)
        return iter(self.log)

    def log_attributes(self, name: str) -> dict[str, str]:
        return {"com.example/team": "a b", "tag": "web"}

    def _act(self, verb: str, name: str, *more: Any) -> None:
        self.asked.append((verb, name, *more))
        if name in self.missing:
            raise NotFound(f"No such container: {name}")

    def stop(self, name: str, timeout: int | None = None, signal: str = "") -> None:
        self._act("stop", name, timeout, signal)

    def kill(self, name: str, signal: str = "KILL") -> None:
        self._act("kill", name, signal)

    def wait(self, name: str, condition: str = "not-running") -> int:
        self._act("wait", name, condition)
        return 3

    def remove(self, name: str, force: bool = False, volumes: bool = False) -> None:
        self._act("remove", name, force, *(["volumes"] if volumes else ()))

    def export(self, name: str, out: BinaryIO) -> None:
        self._act("export", name)
        out.write(b"a root")

    def copy_in(self, name: str, source: str, path: str, follow: bool, on_bytes: Callable[[int], object]) -> None:
        self._act("copy in", name, source, path, follow)
        on_bytes(1500)
        on_bytes(500)

    def copy_out(
        self, name: str, path: str, target: str, follow: bool, keeps_owners: bool, on_bytes: Callable[[int], object]
    ) -> None:
        self._act("copy out", name, path, target, follow, keeps_owners)
        on_bytes(2000)

    @contextmanager
    def archive_get(self, name: str, path: str) -> Iterator[tuple[PathStat, Iterator[bytes]]]:
        self._act("archive get", name, path)
        yield PathStat(name="x", size=0, mode=0, mtime_ns=0), iter([b"a ", b"tar"])

    def archive_put(self, name: str, path: str, tar: BinaryIO, *, replaces_folders: bool) -> None:
        self._act("archive put", name, path, tar.read(), replaces_folders)

    def changes(self, name: str) -> Sequence[Change]:
        self._act("changes", name)
        return [Change("C", "/etc"), Change("A", "/etc/a b")]

    def commit(self, name: str, request: CommitRequest) -> str:
        self._act("commit", name, request)
        return f"sha256:{ID}"

    def prune(self, only: PruneFilter = EVERYTHING) -> Pruned:
        self.asked.append(("prune", only))
        return self.pruned

    def list(
        self,
        all: bool = False,
        size: bool = False,
        last: int = 0,
        filters: Mapping[str, Sequence[str]] | None = None,
    ) -> Sequence[ContainerSummary]:
        self.asked.append(("list", all, size, last, filters or {}))
        return [each for each in self.summaries if all or last or each.state == "running"][: last or None]


class FakeVolumes:
    """The same for volumes. `missing` are those that are not there."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.summaries: list[VolumeSummary] = []
        self.documents: dict[str, dict[str, Any]] = {}
        self.missing: frozenset[str] = frozenset()
        self.pruned = Pruned()

    def create(
        self, name: str = "", labels: Mapping[str, str] = {}, options: Mapping[str, str] = {}, driver: str = "local"
    ) -> str:
        self.asked.append(("create", name, labels, options, driver))
        return name or ID

    def inspect(self, name: str) -> dict[str, Any]:
        return _get(self.documents, name, "volume")

    def remove(self, name: str) -> None:
        self.asked.append(("remove", name))
        if name in self.missing:
            raise NotFound(f"get {name}: no such volume")

    def prune(self, all: bool = False, only: PruneFilter = EVERYTHING) -> Pruned:
        self.asked.append(("prune", all, only))
        return self.pruned

    def list(self, filters: Mapping[str, Sequence[str]] | None = None, size: bool = False) -> Sequence[VolumeSummary]:
        self.asked.append(("list", filters, size))
        return self.summaries


class FakeNetworks:
    """The same for networks. `missing` are those that are not there."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.networks: list[Network] = []
        self.documents: dict[str, dict[str, Any]] = {}
        self.missing: frozenset[str] = frozenset()
        self.pruned = Pruned()

    def create(self, spec: NetworkSpec) -> Network:
        self.asked.append(("create", spec))
        return Network(**asdict(spec), id=ID, created=0.0)

    def inspect(self, name: str) -> dict[str, Any]:
        return _get(self.documents, name, "network")

    def remove(self, name: str) -> None:
        self.asked.append(("remove", name))
        if name in self.missing:
            raise NotFound(f"network {name} not found")

    def connect(self, container: str, asked: Attachment, links: Sequence[Link] = ()) -> None:
        self.asked.append(("connect", container, asked, links))

    def disconnect(self, container: str, network: str, force: bool = False) -> None:
        self.asked.append(("disconnect", container, network, force))

    def mend(self, lock: int = -1) -> None:
        self.asked.append(("mend", lock))

    def prune(self, only: PruneFilter = EVERYTHING) -> Pruned:
        self.asked.append(("prune", only))
        return self.pruned

    def list(self, filters: Mapping[str, Sequence[str]] | None = None) -> Sequence[Network]:
        self.asked.append(("list", filters))
        return self.networks


class FakeSystem:
    """Facts that a test sets."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.report = Report((), 0)
        self.findings: list[Finding] = []
        self.facts: dict[str, Any] = {}
        self.lines: list[host.Finding] = []
        self.pruned = SystemPruned()
        self.uses: list[CacheUse] = []

    def cached(self) -> list[CacheUse]:
        return self.uses

    def df(self) -> Report:
        return self.report

    def check(self, repair: bool = False, deep: bool = False) -> list[Finding]:
        self.asked.append(("check", repair, deep))
        return self.findings

    def prune(self, all: bool = False, only: PruneFilter = EVERYTHING, volumes: bool = False) -> SystemPruned:
        self.asked.append(("prune", all, only, *(["volumes"] if volumes else ())))
        return self.pruned

    def info(self) -> dict[str, Any]:
        return self.facts

    def version(self) -> dict[str, Any]:
        return self.facts

    def doctor(self) -> list[host.Finding]:
        return self.lines


class FakeEngine:
    """The nouns, and `build`."""

    def __init__(self) -> None:
        self.images = FakeImages()
        self.containers = FakeContainers()
        self.volumes = FakeVolumes()
        self.networks = FakeNetworks()
        self.system = FakeSystem()
        self.settings: Settings | None = None
        self.builds: list[BuildRequest] = []
        self.build_events: Iterable[Event] = ()
        self.pulls: list[PullRequest] = []
        self.pull_events: Iterable[Transferred] = ()
        self.pulled: list[Pulled] = []
        self.happened: list[Happening] = []
        self.asked: list[tuple[Any, ...]] = []
        self.fails: BaseException | None = None

    def events(
        self, since: float | None, until: float | None, filters: Mapping[str, Sequence[str]]
    ) -> Iterator[Happening]:
        self.asked.append(("events", since, until, filters))
        return iter(self.happened)

    def import_url(self, url: str, name: str, changes: Sequence[str], message: str, for_platform: str) -> str:
        self.asked.append(("import", url, name, tuple(changes), message, for_platform))
        return "sha256:" + ID

    def warm_up(self) -> None:
        pass

    def build(self, request: BuildRequest, on_event: Callable[[Event], None] | None = None) -> BuildResult:
        self.builds.append(request)
        for event in self.build_events:
            if on_event:
                on_event(event)
        if self.fails:
            raise self.fails
        if on_event:
            on_event(
                Built(
                    image_id="sha256:" + ID, references=request.references, size=5, new_size=1, seconds=2.0, saved=1.0
                )
            )
        return BuildResult(
            image_id="sha256:" + ID, references=request.references, build="7f3a", size=5, new_size=1, seconds=2, saved=1
        )

    def pull(self, request: PullRequest, on_event: Callable[[Transferred], object]) -> list[Pulled]:
        self.pulls.append(request)
        for event in self.pull_events:
            on_event(event)
        if self.fails:
            raise self.fails
        return self.pulled

    def dry_run(self, request: BuildRequest) -> str:
        self.builds.append(request)
        return "run   base  RUN true"


def _get(documents: Mapping[str, dict[str, Any]], name: str, kind: str) -> dict[str, Any]:
    if name not in documents:
        raise NotFound(f"No such {kind}: {name}")
    return documents[name]


class Result(NamedTuple):
    """What a command printed, and its exit code."""

    out: str
    err: str
    code: int


def call(
    engine: FakeEngine, *args: str, input: str | bytes | None = None, environ: Mapping[str, str] | None = None
) -> Result:
    """Runs the program as a shell would."""

    def opener(settings: Settings) -> AbstractContextManager[Engine]:
        engine.settings = settings
        return nullcontext(cast("Engine", engine))

    session = Session(environ or {}, opener)
    ran = click.testing.CliRunner().invoke(program, args, input=input, obj=session)
    if ran.exception is not None and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    return Result(ran.stdout, ran.stderr, ran.exit_code)
