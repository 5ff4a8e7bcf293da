"""The flow of `build`: prepare, solve, assemble, put into the store; and a record of how."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from onggi.container import cgroup_parent
from onggi.container.spec import Resources
from onggi.engine.build.bases import Bases
from onggi.engine.build.contexts import Contexts
from onggi.engine.build.history import History
from onggi.engine.build.ledger import Ledger, against
from onggi.engine.build.logs import StepLogs
from onggi.engine.build.network import StepNetwork
from onggi.engine.build.outputs import Delivered, Product, deliver
from onggi.engine.build.prepare import Prepared, prepare
from onggi.engine.build.product import make_product
from onggi.engine.build.remotes import Remotes, open_remotes
from onggi.engine.build.selections import Selections
from onggi.engine.build.shared_mounts import SharedMounts
from onggi.engine.build.surroundings import Surroundings
from onggi.engine.build.work import BuildWork
from onggi.engine.output import CacheTarget, InlineCache, StoreOutput, asks_for_inline_cache
from onggi.engine.rootfs import write_step_files
from onggi.engine.types import BuildRequest, BuildResult
from onggi.errors import NotFound, OnggiError
from onggi.layer.staging import Staging
from onggi.settings import Settings
from onggi.solve import fresh
from onggi.solve.before import Before
from onggi.solve.events import Built, Event, Found
from onggi.solve.fresh import Fresh
from onggi.solve.ports import CacheIndex, Cancel
from onggi.solve.record import VertexRecord
from onggi.solve.run import Options, Solution, solve
from onggi.store.disk import Lease, make_folder
from onggi.store.records import BuildRecord
from onggi.store.store import Store

if TYPE_CHECKING:
    from onggi.container.host import Host
    from onggi.engine.build.shared import Sharing
    from onggi.engine.container.household import Household
    from onggi.lint.finding import Finding
    from onggi.linux.launch import Launcher
    from onggi.solve.prune import Pruned

OnEvent = Callable[[Event], None]


class _Session(msgspec.Struct, frozen=True):
    """One build: what was prepared, and what it uses, kept until its end. `sharing`: the caches of others, if there are
    some; `told` collects what is wrong with them."""

    prepared: Prepared
    work: BuildWork
    lease: Lease
    ledger: Ledger
    cache: CacheIndex
    sharing: Sharing | None
    told: list[str]

    def compare(self, build: str, previous: BuildRecord | None) -> Before:
        """Hold the build with that ID, "" for one that is only foreseen, against the one before."""
        self.ledger.open(build, previous)
        return against(previous, self.prepared.project.dockerfile, self.ledger)

    def inline(self, solution: Solution, product: Product) -> Product:
        """The images with their own cache in them, if that was asked for."""
        if (sharing := self.sharing) is None:
            return product
        return replace(product, images=tuple(sharing.inline(image, solution.records) for image in product.images))

    def share(self, solution: Solution, emit: OnEvent) -> None:
        """Write the caches that were asked for."""
        if self.sharing is not None:
            self.sharing.write(solution.records, emit)


class Builder:
    """The use case `build`."""

    def __init__(
        self, store: Store, launcher: Callable[[], Launcher], host: Callable[[], Host], settings: Settings
    ) -> None:
        self._store = store
        self._launcher = launcher
        self._host = host
        self._settings = settings

    def build(
        self, request: BuildRequest, on_event: OnEvent | None = None, cancel: Cancel | None = None
    ) -> BuildResult:
        """The image. Setting `cancel` gives the build up. Raises what is wrong with the request; `solve.run.StepError`
        when a step's program failed; Abandoned."""
        started = time.time()
        cancel = cancel or Cancel()
        try:
            with self._session(request, on_event, cancel) as session:
                result = self._build(session, started, on_event, cancel)
        except BaseException:
            from onggi.store import gc

            with suppress(OnggiError):  # what ended the build is what the person must hear of
                gc.collect(self._store)
            raise
        return self._tidied(request, result)

    def dry_run(self, request: BuildRequest) -> Pruned:
        """What a build would keep and run; nothing runs."""
        from onggi.solve.foresee import foresee

        with self._session(request, is_foreseen=True) as session:
            project = session.prepared.project
            now = BuildRecord(
                id="", context=project.name, dockerfile=project.file, target=request.target, started=time.time()
            )
            before = session.compare("", self._store.records.before(now))
            return foresee(
                session.prepared.graph, session.cache, session.work, fresh=_fresh(session.prepared), before=before
            )

    @contextmanager
    def _session(
        self,
        request: BuildRequest,
        on_event: OnEvent | None = None,
        cancel: Cancel | None = None,
        *,
        is_foreseen: bool = False,
    ) -> Iterator[_Session]:
        with ExitStack() as scope:
            lease = scope.enter_context(self._store.lease())
            remotes = open_remotes(request, self._store, self._settings, scope, cancel)
            contexts = Contexts.of(request, remotes)
            with Bases(
                self._store,
                self._settings,
                lease,
                on_event,
                is_fresh=request.pull,
                can_pull=not is_foreseen,
                cancel=cancel,
            ) as images:
                prepared = prepare(request, self._store, self._settings, contexts, images)
            prepared = replace(prepared, project=prepared.project.fetched(prepared.graph))
            folder = scope.enter_context(self._store.temporary())
            ledger = Ledger(self._store.inventories)
            told: list[str] = []
            sharing = self._sharing(prepared, scope, lease, told)
            mounts = sharing.mounts if sharing is not None else SharedMounts()
            network = scope.enter_context(StepNetwork(self._house, lease, folder, told.append))
            resources = _resources(request.resources, told.append)
            around = self._around(prepared, lease, ledger, folder, remotes, mounts, network, resources)
            history = History(prepared.graph, around)
            kept = None if is_foreseen else str(make_folder(folder / "context"))
            staging = scope.enter_context(Staging(kept, history.of_contexts))
            folders = [folder.path for folder in prepared.project.folders.values()]
            for node, data in prepared.project.texts.within(folders):
                staging.put(node, data)
            work = BuildWork(around, Selections(prepared.graph, around, staging), history)
            cache = sharing.cache if sharing is not None else self._store.cache(lease)
            yield _Session(prepared, work, lease, ledger, cache, sharing, told)

    def _sharing(self, prepared: Prepared, scope: ExitStack, lease: Lease, told: list[str]) -> Sharing | None:
        request = prepared.request
        if asks_for_inline_cache(request.build_args):
            request = replace(request, cache_to=(*request.cache_to, CacheTarget(place=InlineCache())))
        if not (request.cache_from or request.cache_to):
            return None
        from onggi.engine.build.shared import Sharing  # few builds have one

        return Sharing(self._store, self._settings, replace(prepared, request=request), scope, lease, told.append)

    def _around(
        self,
        prepared: Prepared,
        lease: Lease,
        ledger: Ledger,
        folder: Path,
        remotes: Remotes,
        mounts: SharedMounts,
        network: StepNetwork,
        resources: Resources,
    ) -> Surroundings:
        return Surroundings(
            store=self._store,
            lease=lease,
            launcher=self._launcher,
            project=prepared.project.name,
            contexts=prepared.project.folders,
            host=self._host,
            etc=write_step_files(folder),
            ledger=ledger,
            host_ca=self._host_ca(prepared.request),
            remotes=remotes,
            mounts=mounts,
            network=network,
            resources=resources,
            cgroup_parent=cgroup_parent.folder(prepared.request.cgroup_parent),
        )

    def _house(self) -> Household:
        from onggi.engine.container.household import Household  # where a step runs

        return Household(self._store, self._launcher, self._host, self._settings)

    def _host_ca(self, request: BuildRequest) -> Path | None:
        if not request.host_ca:
            return None
        if self._settings.host_ca is None:
            raise NotFound(
                "no CA bundle is known that could be shown to RUN steps",
                hint="install ca-certificates or set SSL_CERT_FILE; from Python, name it in Settings(host_ca=…)",
            )
        return self._settings.host_ca

    def _build(self, session: _Session, started: float, on_event: OnEvent | None, cancel: Cancel) -> BuildResult:
        prepared = session.prepared
        project, target = prepared.project, prepared.request.target
        record = self._store.records.begin(project.name, project.file, target, started)
        previous = self._store.records.before(record)
        if previous:
            record = replace(record, previous=previous.id)
        before = session.compare(record.id, previous)

        def keep(vertices: tuple[VertexRecord, ...]) -> None:
            nonlocal record
            record = replace(record, vertices=vertices)
            session.ledger.close(vertices)

        try:
            with StepLogs(self._store, record.id, on_event, session.told.append) as emit:
                for finding in prepared.findings:
                    emit(_found(finding))
                solution = self._solve(session, record.id, before, emit, keep, cancel)
                product = session.inline(solution, make_product(self._store, prepared, solution, session.lease))
                delivered = deliver(self._store, self._settings, product, prepared.request.outputs, session.lease, emit)
                session.share(solution, emit)
                result = _result(session, solution, product, delivered, record.id, time.time() - started)
                emit(_built(result))
            record = replace(
                record, outcome="built", saved=result.saved, image_id=result.image_id, references=result.references
            )
        except OnggiError as error:
            record = replace(record, outcome="failed", error=error.message)
            raise
        except BaseException:
            record = replace(record, outcome="cancelled")
            raise
        finally:
            self._store.records.finish(replace(record, seconds=time.time() - started))
        self._store.failures.forget(record)
        return result

    def _solve(
        self,
        session: _Session,
        build: str,
        before: Before,
        emit: OnEvent,
        keep: Callable[[tuple[VertexRecord, ...]], None],
        cancel: Cancel,
    ) -> Solution:
        request = session.prepared.request
        options = Options(
            build=build,
            jobs=request.jobs,
            cores=self._settings.jobs,
            fresh=_fresh(session.prepared),
            before=before,
        )
        return solve(session.prepared.graph, session.cache, session.work, emit, options, keep, cancel)

    def _tidied(self, request: BuildRequest, result: BuildResult) -> BuildResult:
        """After a build that added something: what it replaced goes, and the cache is kept below its cap. The image is
        there whether or not that succeeds, so failing is a warning."""
        if not result.new_size:
            return result
        from onggi.store import gc

        try:
            if request.no_cache or request.no_cache_stages:
                gc.collect(self._store)
            if self._settings.cache_bytes is not None:
                gc.cap_cache(self._store, self._settings.cache_bytes)
        except OnggiError as error:
            return replace(result, warnings=(*result.warnings, f"the build cache was not tidied up: {error}"))
        return result


def _fresh(prepared: Prepared) -> Fresh:
    request = prepared.request
    if request.no_cache:
        return fresh.everything(prepared.graph)
    return fresh.of_stages(prepared.graph, request.no_cache_stages)


def _resources(asked: Resources, warn: Callable[[str], object]) -> Resources:
    """What of it this host gives its steps."""
    if asked == Resources():
        return asked
    from onggi.engine.container.limits import given  # few builds have limits

    return given(asked, warn)


def _result(
    session: _Session, solution: Solution, product: Product, delivered: Delivered, build: str, seconds: float
) -> BuildResult:
    prepared = session.prepared
    layers = [layer for output in prepared.graph.outputs for layer in solution.results[output.vertex].layers]
    ran = {record.vertex for record in solution.records if record.outcome == "ran"}
    own = [result for vertex, result in solution.results.items() if vertex in ran and result.is_own]
    return BuildResult(
        image_id=product.id,
        references=tuple(name.familiar() for name in delivered.names),
        descriptor=delivered.descriptor,
        build=build,
        size=sum(layer.size for layer in layers),
        new_size=sum(result.layers[-1].size for result in own),
        seconds=seconds,
        saved=solution.saved,
        warnings=(*prepared.warnings, *session.told),
        findings=prepared.findings,
        is_stored=any(isinstance(each, StoreOutput) for each in prepared.request.outputs),
    )


def _found(finding: Finding) -> Found:
    rule = finding.rule
    return Found(
        code=rule.code,
        message=finding.message.en,
        title=rule.title.en,
        url=rule.url,
        lines=finding.lines,
        at=time.time(),
    )


def _built(result: BuildResult) -> Built:
    return Built(
        image_id=result.image_id,
        references=result.references,
        size=result.size,
        new_size=result.new_size,
        seconds=result.seconds,
        saved=result.saved,
        is_stored=result.is_stored,
        at=time.time(),
    )
