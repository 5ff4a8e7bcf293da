"""A client's caches: to look into, and to write."""

from __future__ import annotations

from typing import cast

import msgspec
import pytest

from onggi.api.buildkit.frontend import caches
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.wire.control_pb2 import CacheOptionsEntry
from onggi.engine.output import CacheTarget, ImageCache, InlineCache, RegistryCache
from onggi.errors import Invalid, OnggiError, Unsupported

NOBODY = cast(Session, None)


def entry(kind: str, **attributes: str) -> CacheOptionsEntry:
    return CacheOptionsEntry(type=kind, attrs=attributes)


def test_caches_to_look_into_are_said_in_several_places() -> None:
    said = {
        "cache-from": "a,b:2",
        "cache-imports": msgspec.json.encode([{"Type": "registry", "Attrs": {"ref": "b:2"}}]).decode(),
    }
    found = caches.sources(said, [entry("registry", ref="b:2"), entry("registry", ref="host:5000/c")], NOBODY)
    names = ("docker.io/library/a:latest", "docker.io/library/b:2", "host:5000/c:latest")
    assert found == tuple(ImageCache(reference=name) for name in names)


def test_caches_to_write() -> None:
    said = [
        entry("inline"),
        entry("registry", ref="host/c:1", mode="max", compression="zstd", **{"ignore-error": "true"}),
    ]
    place = RegistryCache(reference="docker.io/host/c:1")
    assert caches.targets(said, NOBODY, print) == (
        CacheTarget(place=InlineCache()),
        CacheTarget(place=place, is_complete=True, compression="zstd", may_fail=True),
    )


@pytest.mark.parametrize(
    ("kind", "attributes", "error"),
    [
        ("gha", {}, Unsupported),
        ("s3", {"bucket": "b"}, Unsupported),
        ("local", {}, Invalid),
        ("registry", {}, Invalid),
        ("registry", {"ref": "a", "mode": "most"}, Invalid),
        ("registry", {"ref": "a", "image-manifest": "false"}, Unsupported),
    ],
)
def test_caches_that_cannot_be_written(kind: str, attributes: dict[str, str], error: type[OnggiError]) -> None:
    with pytest.raises(error):
        caches.targets([entry(kind, **attributes)], NOBODY, print)


@pytest.mark.parametrize("text", ["{", '[{"Type": 5}]', "5"])
def test_a_list_of_caches_that_is_none(text: str) -> None:
    with pytest.raises(Invalid, match="cache-imports"):
        caches.sources({"cache-imports": text}, [], NOBODY)
