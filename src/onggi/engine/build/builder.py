"""`build`: a Dockerfile and its context become an image in the store, and a record of how."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec.structs import replace

from onggi.container.host import Host
from onggi.engine.build.project import Project, read
from onggi.engine.build.surroundings import Surroundings
from onggi.engine.build.work import BuildWork
from onggi.engine.dates import parse_epoch, rfc3339
from onggi.engine.naming import new_name
from onggi.engine.rootfs import write_step_files
from onggi.engine.types import BuildRequest, BuildResult
from onggi.errors import NotFound, OnggiError, Unavailable
from onggi.fetch.network import Network
from onggi.graph.op import ImageSource
from onggi.graph.vertex import Graph
from onggi.image import empty
from onggi.image.image import Image
from onggi.image.mutate import Addition, append, document
from onggi.image.mutate import config as with_config
from onggi.linux.launch import Launcher
from onggi.lower.lower import lower, unused_arguments
from onggi.lower.needs import missing, needs
from onggi.lower.request import BaseImage, ImageName, LowerRequest
from onggi.oci import platform
from onggi.oci.config import History
from onggi.oci.digest import Digest
from onggi.oci.platform import Platform
from onggi.oci.reference import Reference
from onggi.settings import Settings
from onggi.solve.events import Built, Event, Wrote
from onggi.solve.foresee import foresee
from onggi.solve.prune import Pruned
from onggi.solve.record import VertexRecord
from onggi.solve.run import Options, Solution, solve
from onggi.store import gc
from onggi.store.disk import Lease
from onggi.store.records import BuildRecord
from onggi.store.store import Store

OnEvent = Callable[[Event], None]
_MARK = "onggi"  # the comment on the lines of history that a build here added, as BuildKit leaves its own


class _Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is decided before anything runs."""

    request: BuildRequest
    project: Project
    graph: Graph
    names: tuple[Reference, ...]
    warnings: tuple[str, ...]


class Builder:
    """The use case `build`."""

    def __init__(self, store: Store, launcher: Launcher, host: Callable[[], Host], settings: Settings) -> None:
        self._store = store
        self._launcher = launcher
        self._host = host
        self._settings = settings

    def build(self, request: BuildRequest, on_event: OnEvent | None = None) -> BuildResult:
        """The image. Raises what is wrong with the request; `solve.run.StepError` when a step's program failed."""
        started = time.time()
        try:
            with self._store.lease() as lease:
                result = self._build(self._prepare(request, lease), lease, started, on_event)
        except BaseException:
            with suppress(OnggiError):  # what ended the build is what the person must hear of
                gc.collect(self._store)
            raise
        return self._tidied(request, result)

    def _tidied(self, request: BuildRequest, result: BuildResult) -> BuildResult:
        """After a build that added something: what it replaced goes, and the cache is kept below its cap. The image is
        there whether or not that succeeds, so failing is a warning."""
        try:
            if result.new_size and request.no_cache:
                gc.collect(self._store)
            if result.new_size and self._settings.cache_bytes is not None:
                gc.cap_cache(self._store, self._settings.cache_bytes)
        except OnggiError as error:
            return replace(result, warnings=(*result.warnings, f"the build cache was not tidied up: {error}"))
        return result

    def _build(self, prepared: _Prepared, lease: Lease, started: float, on_event: OnEvent | None) -> BuildResult:
        project, target = prepared.project, prepared.request.target
        record = self._store.records.begin(str(project.context), str(project.path), target, started)

        def keep(vertices: tuple[VertexRecord, ...]) -> None:
            nonlocal record
            record = replace(record, vertices=vertices)

        try:
            with _Logs(self._store, record.id, on_event) as emit:
                solution = self._solve(prepared, lease, record, emit, keep)
                image = self._assemble(prepared, solution, lease)
                image_id = self._store.images.put(image, prepared.names, lease)
                result = _result(prepared, solution, image_id, record.id, time.time() - started)
                emit(_built(result))
            record = replace(
                record, outcome="built", saved=result.saved, image_id=image_id, references=result.references
            )
        except BaseException as error:
            record = replace(record, outcome="failed" if isinstance(error, OnggiError) else "cancelled")
            raise
        finally:
            self._store.records.finish(replace(record, seconds=time.time() - started))
        return result

    def dry_run(self, request: BuildRequest) -> Pruned:
        """What a build would keep and run; nothing runs."""
        with self._store.lease() as lease, self._store.temporary() as folder:
            prepared = self._prepare(request, lease)
            work = self._work(prepared, lease, folder)
            cache = self._store.cache(lease)
            project = prepared.project
            now = BuildRecord(
                id="",
                context=str(project.context),
                dockerfile=str(project.path),
                target=request.target,
                started=time.time(),
            )
            return foresee(prepared.graph, cache, work, no_cache=request.no_cache, previous=self._previous(now))

    def _prepare(self, request: BuildRequest, lease: Lease) -> _Prepared:
        """Leases the base images: whoever removes their names meanwhile, this build has them until its end."""
        names = tuple(new_name(text) for text in request.references)
        request = replace(request, epoch=_epoch(request))
        project = read(request)
        asked = LowerRequest(
            target=request.target,
            build_args={**self._settings.proxies, **request.build_args},
            labels=request.labels,
            ignore=project.ignore,
            network=request.network,
            platform=platform.of_host(),
            epoch=request.epoch,
        )
        bases: dict[ImageName, BaseImage] = {}
        while wanted := needs(project.dockerfile, asked, bases):
            if request.pull:
                raise Unavailable(
                    f"cannot pull {wanted[0].reference}: this version of onggi reaches no registry",
                    hint="leave out --pull to build on the image that is in the store",
                )
            bases |= {name: self._base(name, project, asked, bases, lease) for name in wanted}
        return _Prepared(
            request=request,
            project=project,
            graph=lower(project.dockerfile, bases, asked),
            names=names,
            warnings=tuple(
                f"--build-arg {name}: no ARG declares it" for name in unused_arguments(project.dockerfile, asked, bases)
            ),
        )

    def _base(
        self, name: ImageName, project: Project, asked: LowerRequest, bases: Mapping[ImageName, BaseImage], lease: Lease
    ) -> BaseImage:
        try:
            image = self._store.images.get(name.reference, lease)
        except NotFound as error:
            raise missing(project.dockerfile, asked, bases, name) from error
        config = image.config()
        return BaseImage(image.id, config, Platform(config.architecture, config.os, config.variant))

    def _solve(
        self,
        prepared: _Prepared,
        lease: Lease,
        record: BuildRecord,
        emit: OnEvent,
        keep: Callable[[tuple[VertexRecord, ...]], None],
    ) -> Solution:
        options = Options(
            build=record.id,
            jobs=prepared.request.jobs,
            cores=self._settings.jobs,
            no_cache=prepared.request.no_cache,
            previous=self._previous(record),
        )
        with self._store.temporary() as folder:
            work = self._work(prepared, lease, folder)
            return solve(prepared.graph, self._store.cache(lease), work, emit, options, keep)

    def _previous(self, record: BuildRecord) -> tuple[VertexRecord, ...]:
        """What the build of the same project before this one did."""
        before = self._store.records.before(record)
        return before.vertices if before else ()

    def _work(self, prepared: _Prepared, lease: Lease, folder: Path) -> BuildWork:
        around = Surroundings(
            store=self._store,
            lease=lease,
            launcher=self._launcher,
            contexts={"": prepared.project.context},
            host=self._host,
            etc=write_step_files(folder),
            host_ca=self._host_ca(prepared.request),
            network=Network(proxies=self._settings.proxies, certificates=self._settings.host_ca),
        )
        return BuildWork(prepared.graph, around)

    def _host_ca(self, request: BuildRequest) -> Path | None:
        if not request.host_ca:
            return None
        if self._settings.host_ca is None:
            raise NotFound(
                "no CA bundle is known that could be shown to RUN steps",
                hint="install ca-certificates or set SSL_CERT_FILE; from Python, name it in Settings(host_ca=…)",
            )
        return self._settings.host_ca

    def _assemble(self, prepared: _Prepared, solution: Solution, lease: Lease) -> Image:
        """The base's layers and history, then those of the steps; nothing is written here."""
        output = prepared.graph.output
        base = self._base_image(prepared.graph, lease)
        created = self._created(prepared, solution) or base.config().created
        additions = []
        for step in output.steps:
            result = solution.results[step.vertex] if step.vertex is not None else None
            layer = self._store.snapshots.layer(result.layers[-1].diff_id) if result and result.is_own else None
            line = History(created=created, created_by=step.created_by, comment=_MARK)
            additions.append(Addition(line, layer))
        image = append(base, *additions)
        return document(
            with_config(image, output.config),
            created=created,
            author=output.author,
            architecture=output.platform.architecture,
            os=output.platform.os,
            variant=output.platform.variant,
        )

    def _created(self, prepared: _Prepared, solution: Solution) -> str:
        """When the last layer was made, so that a build which finds everything in the cache gives the image that is
        there already; "" if no layer was."""
        if prepared.request.epoch is not None:
            return rfc3339(prepared.request.epoch)
        return rfc3339(solution.created) if solution.created else ""

    def _base_image(self, graph: Graph, lease: Lease) -> Image:
        source = graph.vertices[graph.output.base].op
        assert isinstance(source, ImageSource)
        return self._store.images.get(source.image_id, lease) if source.image_id else empty.image(graph.output.platform)


class _Logs:
    """Keeps the whole output of each step in the build's record while it passes the events on."""

    def __init__(self, store: Store, build: str, on_event: OnEvent | None) -> None:
        self._store = store
        self._build = build
        self._on_event = on_event
        self._open: dict[int, BinaryIO] = {}

    def __enter__(self) -> OnEvent:
        return self._emit

    def __exit__(self, *_: object) -> None:
        for log in self._open.values():
            log.close()

    def _emit(self, event: Event) -> None:
        if isinstance(event, Wrote):
            if event.vertex not in self._open:
                self._open[event.vertex] = self._store.records.log(self._build, event.vertex)
            self._open[event.vertex].write(event.data)
        if self._on_event is not None:
            self._on_event(event)


def _result(prepared: _Prepared, solution: Solution, image_id: Digest, build: str, seconds: float) -> BuildResult:
    layers = solution.results[prepared.graph.output.vertex].layers
    ran = {record.vertex for record in solution.records if record.outcome == "ran"}
    own = [result for vertex, result in solution.results.items() if vertex in ran and result.is_own]
    return BuildResult(
        image_id=image_id,
        references=tuple(name.familiar() for name in prepared.names),
        build=build,
        size=sum(layer.size for layer in layers),
        new_size=sum(result.layers[-1].size for result in own),
        seconds=seconds,
        saved=solution.saved,
        warnings=prepared.warnings,
    )


def _built(result: BuildResult) -> Built:
    return Built(
        image_id=result.image_id,
        references=result.references,
        size=result.size,
        new_size=result.new_size,
        seconds=result.seconds,
        saved=result.saved,
        at=time.time(),
    )


def _epoch(request: BuildRequest) -> int | None:
    """A build argument SOURCE_DATE_EPOCH is the date too, as in BuildKit. Raises Invalid if it is none."""
    text = request.build_args.get("SOURCE_DATE_EPOCH")
    if text is None or request.epoch is not None:
        return request.epoch
    return parse_epoch(text)
