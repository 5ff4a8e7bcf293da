"""Everything that is decided before anything runs: the project is read, base images are found, the graph is made."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from onggi.container import extra_hosts, rlimit
from onggi.engine.build.contexts import Contexts
from onggi.engine.build.entitlements import INSECURE, entitlements
from onggi.engine.build.project import Project, read
from onggi.engine.dates import parse_epoch
from onggi.engine.naming import new_name
from onggi.engine.types import BuildRequest
from onggi.errors import NotFound, Unavailable
from onggi.graph.vertex import Graph
from onggi.lower.lower import lower, unused_arguments
from onggi.lower.needs import missing, needs
from onggi.lower.request import BaseImage, ImageName, LowerRequest
from onggi.oci import platform
from onggi.oci.platform import Platform
from onggi.oci.reference import Reference
from onggi.settings import Settings
from onggi.store.disk import Lease
from onggi.store.store import Store


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """`request` with what it leaves open filled in; `names` are those that the image gets."""

    request: BuildRequest
    project: Project
    graph: Graph
    names: tuple[Reference, ...]
    warnings: tuple[str, ...]


def prepare(request: BuildRequest, store: Store, settings: Settings, contexts: Contexts, lease: Lease) -> Prepared:
    """Leases the base images: whoever removes their names meanwhile, this build has them until its end. Raises what is
    wrong with the request, the Dockerfile or its context."""
    names = tuple(new_name(text) for text in request.references)
    request = replace(request, epoch=_epoch(request))
    project = read(request, contexts)
    asked = LowerRequest(
        target=request.target,
        build_args={**settings.proxies, **request.build_args},
        labels=request.labels,
        ignore=project.ignore,
        contexts=project.contexts,
        network=request.network,
        platform=platform.of_host(),
        insecure=INSECURE in entitlements(request.allow),
        hosts=tuple(extra_hosts.parse(text) for text in request.hosts),
        shm_size=request.shm_size,
        ulimits=tuple(rlimit.parse(text).text() for text in request.ulimits),
        epoch=request.epoch,
    )
    bases: dict[ImageName, BaseImage] = {}
    while wanted := needs(project.dockerfile, asked, bases):
        if request.pull:
            raise Unavailable(
                f"cannot pull {wanted[0].reference}: this version of onggi reaches no registry",
                hint="leave out --pull to build on the image that is in the store",
            )
        for name in wanted:
            try:
                bases[name] = _base(name, store, lease)
            except NotFound as error:
                raise missing(project.dockerfile, asked, bases, name) from error
    unused = unused_arguments(project.dockerfile, asked, bases)
    return Prepared(
        request=request,
        project=project,
        graph=lower(project.dockerfile, bases, asked),
        names=names,
        warnings=tuple(f"--build-arg {name}: no ARG declares it" for name in unused),
    )


def _base(name: ImageName, store: Store, lease: Lease) -> BaseImage:
    image = store.images.get(name.reference, lease)
    config = image.config()
    return BaseImage(image.id, config, Platform(config.architecture, config.os, config.variant))


def _epoch(request: BuildRequest) -> int | None:
    """A build argument SOURCE_DATE_EPOCH is the date too, as in BuildKit. Raises Invalid if it is none."""
    text = request.build_args.get("SOURCE_DATE_EPOCH")
    if text is None or request.epoch is not None:
        return request.epoch
    return parse_epoch(text)
