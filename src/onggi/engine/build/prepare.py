"""Everything that is decided before anything runs: the project is read, base images are found, the graph is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
from msgspec.structs import replace

from onggi.boolean import parse_bool
from onggi.container import extra_hosts, rlimit
from onggi.dockerfile.syntax import Dockerfile
from onggi.engine.build import frontends, outputs
from onggi.engine.build.bases import Bases, base_of
from onggi.engine.build.contexts import Contexts
from onggi.engine.build.entitlements import HOST_NETWORK, INSECURE, entitlements
from onggi.engine.build.errors import NotHere
from onggi.engine.build.project import Project, read
from onggi.engine.build.survey import warnings
from onggi.engine.dates import parse_epoch
from onggi.engine.naming import new_name
from onggi.engine.types import BuildRequest
from onggi.errors import NotFound
from onggi.graph.merge import merge
from onggi.graph.vertex import Graph
from onggi.lint.finding import Finding
from onggi.lower.lower import lower, unused_arguments
from onggi.lower.named_contexts import unused_contexts
from onggi.lower.needs import missing, needs
from onggi.lower.request import BaseImage, ImageName, LowerRequest
from onggi.oci import platform
from onggi.oci.platform import Platform
from onggi.oci.reference import Reference
from onggi.settings import Settings
from onggi.store.disk import Lease
from onggi.store.store import Store
from onggi.suggest import meant

# Build arguments that BuildKit heeds, whether or not an ARG declares them.
_MULTI_PLATFORM = "BUILDKIT_MULTI_PLATFORM"
_BUILDER = "BUILDKIT_"  # arguments for the builder itself


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """`request` with what it leaves open filled in; `names` are those that the image gets. `is_index`: the image is
    one for several platforms, or looks like one."""

    request: BuildRequest
    project: Project
    graph: Graph
    is_index: bool
    names: tuple[Reference, ...]
    warnings: tuple[str, ...]
    findings: tuple[Finding, ...]


def prepare(request: BuildRequest, store: Store, settings: Settings, contexts: Contexts, images: Bases) -> Prepared:
    """The base images are leased: whoever removes their names meanwhile, this build has them until its end. Raises what
    is wrong with the request, the Dockerfile or its context."""
    names = tuple(new_name(text) for text in request.references)
    is_index = len(request.platforms) > 1 or parse_bool(request.build_args.get(_MULTI_PLATFORM, "")) is True
    outputs.check(request.outputs, request.annotations, names, is_index=is_index)
    request = replace(request, epoch=_epoch(request))
    project = read(request, contexts)
    bases: dict[ImageName, BaseImage] = {}
    graphs: list[Graph] = []
    for each in request.platforms or (platform.of_host(),):
        asked = ask(request, project, settings, each)
        while wanted := needs(project.dockerfile, asked, bases):
            try:
                bases |= images.find(wanted)
            except NotHere as error:
                here = [each.familiar() for image in store.images.list() for each in image.references]
                raise missing(project.dockerfile, asked, bases, error.name, here, error.reason) from error
        graphs.append(lower(project.dockerfile, bases, asked))
    return Prepared(
        request=request,
        project=project,
        graph=merge(graphs),
        is_index=is_index,
        names=names,
        warnings=tuple(_warnings(project.dockerfile, asked, bases)),
        findings=warnings(project.dockerfile, asked, bases),
    )


def _warnings(dockerfile: Dockerfile, asked: LowerRequest, bases: Mapping[ImageName, BaseImage]) -> Iterator[str]:
    if image := frontends.passed_over(dockerfile, asked.build_args):
        yield f"the frontend {image} is not run: {dockerfile.source.name} is read as docker/dockerfile reads it"
    for name, near in unused_contexts(dockerfile, asked, bases).items():
        yield f"--build-context {name}: no FROM or --from names it{meant(near)}"
    unused = unused_arguments(dockerfile, asked, bases)
    if names := [name for name in unused if not name.startswith(_BUILDER)]:
        near = " or ".join(filter(None, map(unused.get, names)))
        yield f"One or more build-args [{' '.join(names)}] were not consumed: no ARG declares them{meant(near or None)}"


def ask(request: BuildRequest, project: Project, settings: Settings, target: Platform | None = None) -> LowerRequest:
    """What lowering is told of a request: of one for several platforms, for the first unless another is named."""
    host = platform.of_host()
    allowed = entitlements(request.allow)
    return LowerRequest(
        target=request.target,
        build_args={**settings.proxies, **request.build_args},
        labels=request.labels,
        ignore=project.ignore,
        contexts=project.contexts,
        network=request.network,
        platform=target or (*request.platforms, host)[0],
        build_platform=host,
        insecure=INSECURE in allowed,
        host_network=HOST_NETWORK in allowed or request.network == "host",
        hosts=tuple(extra_hosts.parse(text) for text in request.hosts),
        shm_size=request.shm_size,
        ulimits=tuple(rlimit.parse(text).text() for text in request.ulimits),
        realm=request.realm,
        epoch=request.epoch,
    )


def known_bases(project: Project, asked: LowerRequest, store: Store, lease: Lease) -> dict[ImageName, BaseImage]:
    """Of the base images those that are in the store."""
    bases: dict[ImageName, BaseImage] = {}
    absent: set[ImageName] = set()
    while wanted := [name for name in needs(project.dockerfile, asked, bases) if name not in absent]:
        for name in wanted:
            try:
                bases[name] = base_of(store.images.get(name.reference, lease, prefer=name.platform))
            except NotFound:
                absent.add(name)
    return bases


def _epoch(request: BuildRequest) -> int | None:
    """A build argument SOURCE_DATE_EPOCH is the date too, as in BuildKit. Raises Invalid if it is none."""
    text = request.build_args.get("SOURCE_DATE_EPOCH")
    if text is None or request.epoch is not None:
        return request.epoch
    return parse_epoch(text)
