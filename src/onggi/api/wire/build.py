"""What a build is asked for by the parameters of POST /build → BuildRequest (moby, daemon/server/router/build)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Literal

import msgspec

from onggi.api import transfers
from onggi.api.refusals import Refusal
from onggi.boolean import parse_bool
from onggi.container import security_options
from onggi.container.spec import Resources, Security
from onggi.decoders import decoder
from onggi.dockerfile.source import DockerfileError, NotAllowed
from onggi.engine.build.errors import MissingSource, NoDockerfile, NotHere
from onggi.engine.output import ImageCache
from onggi.engine.types import BuildRequest, Pruned
from onggi.errors import Corrupt, Failed, Invalid, NotFound, OnggiError, Unsupported
from onggi.oci import platform, reference
from onggi.solve.run import StepError


class BuildQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Docker's names; texts that are JSON are decoded by `request`."""

    dockerfile: str = ""
    remote: str = ""
    tags: tuple[str, ...] = msgspec.field(default=(), name="t")
    quiet: bool = msgspec.field(default=False, name="q")
    no_cache: bool = msgspec.field(default=False, name="nocache")
    pull: bool = False
    remove: bool = msgspec.field(default=True, name="rm")
    force_remove: bool = msgspec.field(default=False, name="forcerm")
    target: str = ""
    platform: str = ""
    build_args: str = msgspec.field(default="", name="buildargs")
    labels: str = ""
    cache_from: str = msgspec.field(default="", name="cachefrom")
    network_mode: str = msgspec.field(default="", name="networkmode")
    extra_hosts: tuple[str, ...] = msgspec.field(default=(), name="extrahosts")
    shm_size: int = msgspec.field(default=0, name="shmsize")
    squash: bool = False
    memory: int = 0
    memory_swap: int = msgspec.field(default=0, name="memswap")
    cpu_shares: int = msgspec.field(default=0, name="cpushares")
    cpu_set: str = msgspec.field(default="", name="cpusetcpus")
    memory_nodes: str = msgspec.field(default="", name="cpusetmems")
    cpu_period: int = msgspec.field(default=0, name="cpuperiod")
    cpu_quota: int = msgspec.field(default=0, name="cpuquota")
    ulimits: str = ""
    cgroup_parent: str = msgspec.field(default="", name="cgroupparent")
    security_options: tuple[str, ...] = msgspec.field(default=(), name="securityopt")
    isolation: str = ""
    version: str = ""
    session: str = ""
    build_id: str = msgspec.field(default="", name="buildid")
    outputs: str = ""


class CacheReport(msgspec.Struct, frozen=True, rename="pascal"):
    caches_deleted: tuple[str, ...] | None
    space_reclaimed: int


class _Ulimit(msgspec.Struct, frozen=True, rename="pascal"):
    name: str
    soft: int
    hard: int


def read(query: BuildQuery) -> BuildRequest:
    """Its context is "" where that is the body of the request. Raises as `refuse` and `request`."""
    refuse(query)
    if is_buildkit(query):
        exporter(query)
        return request(query, url(query))
    return request(query, query.remote)


def request(query: BuildQuery, context: str | BinaryIO) -> BuildRequest:
    """Raises Refusal for JSON that is none, Invalid, Unsupported."""
    return BuildRequest(
        context=context,
        dockerfile=Path(query.dockerfile) if query.dockerfile else None,
        references=query.tags,
        target=query.target,
        platforms=(platform.parse(query.platform),) if query.platform else (),
        build_args=_said("buildargs", query.build_args),
        labels=_said("labels", query.labels),
        no_cache=query.no_cache,
        pull=query.pull,
        cache_from=tuple(ImageCache(reference=name) for name in cache_names(query)),
        network=_network(query.network_mode),
        hosts=query.extra_hosts,
        shm_size=query.shm_size,
        ulimits=tuple(
            f"{each.name}={each.soft}:{each.hard}" for each in _document("ulimits", query.ulimits, list[_Ulimit])
        ),
        resources=Resources(
            memory=query.memory,
            memory_swap=query.memory_swap,
            cpu_shares=query.cpu_shares,
            cpu_period=query.cpu_period,
            cpu_quota=query.cpu_quota,
            cpuset_cpus=query.cpu_set,
            cpuset_mems=query.memory_nodes,
        ),
        cgroup_parent=query.cgroup_parent,
        squash=query.squash,
    )


_BUILDKIT = "2"
"""The version of the builder that BuildKit is."""
_REFUSED: Mapping[str, str] = {
    "outputs": "version=2, which is BuildKit's, has outputs",
    "session": "version=2, which is BuildKit's, has sessions",
}
"""Parameters that the classic builder has no use for → the way on."""
_UNSAID = ("", 0, (), "[]", "null")
UPLOAD = "upload-request"
"""The remote of a context that comes by another request, and what the build's ID begins with there."""
_OF_SESSION = "client-session"
_NETWORKS: Mapping[str, Literal["default", "host", "none"]] = {
    "": "default",
    "default": "default",
    "bridge": "default",
    "host": "host",
    "none": "none",
}


def refuse(query: BuildQuery) -> None:
    """Raises Unsupported for a parameter that would change what is built, or how, and does not here."""
    for field in msgspec.structs.fields(query):
        if field.name in _REFUSED and not is_buildkit(query) and getattr(query, field.name) not in _UNSAID:
            raise Unsupported(f"build: {field.encode_name} is not supported", hint=_REFUSED[field.name])
    if Security(**security_options.parse(query.security_options, lambda profile: profile)) != Security():
        raise Unsupported(
            "build: securityopt is not supported but for what changes nothing, as label=disable",
            hint="steps have the default profile; RUN --security=insecure has none, where it is allowed",
        )
    if query.isolation not in ("", "default"):
        raise Invalid(f"build: unsupported isolation: {query.isolation}", hint="it is Windows' alone")
    if query.version not in ("", "1", _BUILDKIT):
        raise Invalid(f"build: there is no version {query.version} of the builder")


def is_buildkit(query: BuildQuery) -> bool:
    """Whether the answer is BuildKit's."""
    return query.version == _BUILDKIT


def url(query: BuildQuery) -> str:
    """Of a context for BuildKit; "" for one that the client has, or sends by this request or another one."""
    return "" if query.remote in (_OF_SESSION, UPLOAD) else query.remote


class Exporter(msgspec.Struct, frozen=True, rename="pascal"):
    """What becomes of the result."""

    type: str
    attrs: Mapping[str, str] = {}


STORE = "moby"
"""The exporter to the store of Docker's own builder."""
_EXPORTERS = (STORE, "image", "local", "tar", "cacheonly")


def exporter(query: BuildQuery) -> Exporter:
    """An image in the store, unless something else is asked for. Raises Invalid, Unsupported."""
    said = _document("outputs", query.outputs, list[Exporter])
    if len(said) > 1:
        raise Unsupported("build: multiple outputs are not supported", hint="`docker buildx build` may have several")
    found: Exporter = said[0] if said else Exporter(STORE)
    if found.type not in _EXPORTERS or parse_bool(found.attrs.get("push", "")):
        raise Unsupported(
            f"build: the output {found.type!r} is not supported{', nor a push' if 'push' in found.attrs else ''}",
            hint=f"outputs are {', '.join(_EXPORTERS)}; `docker push` afterwards",
        )
    return found


def cache_names(query: BuildQuery) -> tuple[str, ...]:
    """What to look into for what the cache does not have."""
    return tuple(name for name in _document("cachefrom", query.cache_from, list[str]) if name)


def is_of_step(error: OnggiError) -> bool:
    """Whether the classic builder, which reads instruction by instruction, would have told of a step by then: such an
    error is a line of its answer."""
    return isinstance(error, Failed | MissingSource) or isinstance(error.__cause__, NotHere)


def refusal(error: OnggiError, query: BuildQuery) -> OnggiError:
    """The same in Docker's words, where it has some that clients look for."""
    cause = error.__cause__
    if isinstance(error, StepError) and error.argv:
        words = f"The command '{' '.join(error.argv)}' returned a non-zero code: {error.exit_code}"
        return Failed(words, exit_code=error.exit_code, hint=error.hint)
    if isinstance(error, MissingSource):
        return _missing(error)
    if isinstance(cause, NotHere):
        return transfers.pull_refusal(reference.parse(cause.name.reference), cause.reason)
    if isinstance(error, NotAllowed):
        return Invalid(f"{error.sentence} (line {error.span.line})", hint=error.hint)
    if isinstance(error, DockerfileError) and not error.source.name.endswith(".dockerignore"):
        words = f"dockerfile parse error on line {error.span.line}: {error.sentence}"
        return Invalid(words, hint=error.hint)
    if isinstance(error, NoDockerfile):
        return Invalid(f"Cannot locate specified Dockerfile: {query.dockerfile or 'Dockerfile'}")
    if isinstance(error, Corrupt) and not query.remote:
        return Invalid(error.message, hint=error.hint)  # it is what the client has sent
    return error


def _missing(error: MissingSource) -> OnggiError:
    """moby, daemon/builder/dockerfile/copy.go"""
    keyword = error.vertex.text.split(" ", 1)[0]
    what = "file not found in build context or excluded by .dockerignore: " if error.is_of_context else ""
    words = f"{keyword} failed: {what}stat {error.path}: file does not exist"
    adds_nothing = error.message == f"{error.path} is not in the build context"
    where = f"line {error.vertex.line}: {error.vertex.text}" if adds_nothing else error.placed()
    return NotFound(f"{words} ({where})", hint=error.hint)


def of_pruned(pruned: Pruned) -> CacheReport:
    return CacheReport(tuple(removed.name for removed in pruned.removed) or None, pruned.reclaimed)


def _network(mode: str) -> Literal["default", "host", "none"]:
    if mode not in _NETWORKS:
        raise Unsupported(f"build: networkmode {mode} is not supported", hint="it is default, host or none")
    return _NETWORKS[mode]


def _said(name: str, text: str) -> dict[str, str]:
    """Values by name; null is said of what has none."""
    found = _document(name, text, dict[str, str | None])
    return {key: value for key, value in found.items() if value is not None}


def _document(name: str, text: str, kind: Any) -> Any:
    """What a parameter holds as JSON; empty where nothing, or null, is said."""
    try:
        found = decoder(kind | None).decode(text or "null")
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Refusal(400, f"{name}: {error}") from error
    return kind() if found is None else found
