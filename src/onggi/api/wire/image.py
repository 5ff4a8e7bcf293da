"""Images as clients are told of them (moby, api/types/image)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from onggi.api.refusals import Refusal
from onggi.api.versions import Version, has
from onggi.decoders import decoder
from onggi.engine.registry.distribution import Distributed
from onggi.engine.types import HistoryLine, ImageSummary, Pruned, Removed
from onggi.oci import platform, timestamp
from onggi.oci.descriptor import Descriptor
from onggi.oci.manifest_list import ListPlatform
from onggi.oci.platform import Platform

_NO_TAG, _NO_DIGEST = "<none>:<none>", "<none>@<none>"
_NEVER = "0001-01-01T00:00:00Z"
_NOT_OF_IMAGES: Mapping[str, Any] = {
    "Hostname": "",
    "Domainname": "",
    "AttachStdin": False,
    "AttachStdout": False,
    "AttachStderr": False,
    "Tty": False,
    "OpenStdin": False,
    "StdinOnce": False,
    "Image": "",
}
"""Fields of a container's configuration that an image's had, too, and never set."""


class Summary(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True):
    id: str
    parent_id: str = msgspec.field(name="ParentId")
    repo_tags: tuple[str, ...]
    repo_digests: tuple[str, ...]
    created: int
    size: int
    shared_size: int
    containers: int
    labels: Mapping[str, str] | None
    virtual_size: int
    descriptor: Descriptor | None = None


class History(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    id: str
    created: int
    created_by: str
    tags: tuple[str, ...] | None
    size: int
    comment: str


class Deleted(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True):
    untagged: str = ""
    deleted: str = ""


class Report(msgspec.Struct, frozen=True, rename="pascal"):
    images_deleted: tuple[Deleted, ...] | None
    space_reclaimed: int


class Distribution(msgspec.Struct, frozen=True, rename="pascal"):
    descriptor: Descriptor
    platforms: tuple[ListPlatform, ...]


def of_summary(image: ImageSummary, version: Version, *, has_shared_size: bool) -> Summary:
    names = image.references or image.part_of
    digests = tuple(f"{repository}@{digest}" for repository, digest in image.origins)
    if not (names or digests or has(version, "an image without names has none")):
        names, digests = (_NO_TAG,), (_NO_DIGEST,)
    return Summary(
        id=image.id,
        parent_id="",
        repo_tags=names,
        repo_digests=digests,
        created=_seconds(image.created),
        size=image.size,
        shared_size=image.size - image.unique_size if has_shared_size else -1,
        containers=image.containers if has(version, "containers of an image are counted") else -1,
        labels=image.labels or None,
        virtual_size=image.size,
        descriptor=image.descriptor,
    )


def of_inspected(document: Mapping[str, Any], version: Version) -> dict[str, Any]:
    """The engine's document, with what any version has."""
    return {
        **document,
        "Created": document["Created"] or ("" if has(version, "a date may be unknown") else _NEVER),
        "Config": {**_NOT_OF_IMAGES, **document["Config"]},
        "Container": "",
        "ContainerConfig": {**_NOT_OF_IMAGES, **document["Config"]},
        "DockerVersion": "",
        "VirtualSize": document["Size"],
    }


def of_line(line: HistoryLine, tags: tuple[str, ...]) -> History:
    return History(
        id=line.id,
        created=_seconds(line.created),
        created_by=line.created_by,
        tags=tags if line.id != "<missing>" and tags else None,
        size=line.size,
        comment=line.comment,
    )


def of_removed(removed: Removed) -> Deleted:
    return Deleted(**{removed.what: removed.name})


def of_pruned(pruned: Pruned) -> Report:
    return Report(tuple(map(of_removed, pruned.removed)) or None, pruned.reclaimed)


def of_distributed(found: Distributed) -> Distribution:
    return Distribution(found.descriptor, found.platforms)


def named(repository: str, tag: str) -> str:
    """Both in one; `tag` may be a digest."""
    if not tag:
        return repository
    return f"{repository}@{tag}" if ":" in tag else f"{repository}:{tag}"


def platform_of(text: str = "") -> Platform | None:
    """Of a parameter that is JSON, `{"os": "linux", "architecture": "arm64"}`, as all but two are; None for "". Raises
    Refusal, Invalid."""
    if not text:
        return None
    try:
        said = decoder(Platform).decode(text)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Refusal(400, f"failed to parse platform: {error}") from error
    return platform.parse(str(said))


def _seconds(created: str) -> int:
    return int(timestamp.parse(created) or 0)
