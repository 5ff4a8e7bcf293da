"""`verify`: is an image what its Dockerfile and context make?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec
from msgspec.structs import replace

from onggi.engine.output import StoreOutput
from onggi.engine.rootfs import union
from onggi.engine.types import BuildRequest, BuildResult
from onggi.errors import Conflict, NotFound, Unsupported
from onggi.layer.compare import Divergence, first_difference
from onggi.layer.union import Union
from onggi.oci.digest import Digest
from onggi.store.images import StoredImage
from onggi.store.store import Store

_DATES = frozenset({"created", "history"})
_OF_LAYERS = frozenset({"rootfs"})
"""Digests of layers, which hold times: their files are compared instead."""


class Setting(msgspec.Struct, frozen=True):
    """A field of the configuration that is not the same, with both values as JSON; "" where it is missing."""

    name: str
    old: str
    new: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`image_id` is the image's, `rebuilt_id` that of the new build. file, setting: the first difference of each kind,
    None if there is none. times: whether times were compared too."""

    image_id: Digest
    rebuilt_id: Digest
    times: bool
    file: Divergence | None = None
    setting: Setting | None = None

    @property
    def is_identical(self) -> bool:
        return self.file is None and self.setting is None


def verify(store: Store, name: str, request: BuildRequest, build: Callable[[BuildRequest], BuildResult]) -> Verdict:
    """Build `request` again without the cache, and compare. Times count where the request asks for a reproducible
    image: another build has others. The new image has no name, and is removed unless it was there before."""
    if len(request.platforms) > 1:
        raise Unsupported("images are compared for one platform at a time", hint="name one with --platform")
    known = {image.id for image in store.images.list()}
    store.images.get(name)  # before anything is built
    rebuilt = build(replace(request, no_cache=True, references=(), outputs=(StoreOutput(),)))
    try:
        with store.lease() as lease:
            old, new = store.images.get(name, lease), store.images.get(rebuilt.image_id, lease)
            return _compare(store, old, new, times=request.epoch is not None)
    finally:
        if rebuilt.image_id not in known:
            with suppress(NotFound, Conflict):  # somebody removed, or uses it
                store.images.remove(rebuilt.image_id)


def _compare(store: Store, old: StoredImage, new: StoredImage, *, times: bool) -> Verdict:
    verdict = Verdict(image_id=old.id, rebuilt_id=new.id, times=times)
    if old.id == new.id:
        return verdict
    return replace(
        verdict,
        file=first_difference(_tree(store, old), _tree(store, new), times=times),
        setting=next(_settings(old, new, _OF_LAYERS if times else _OF_LAYERS | _DATES), None),
    )


def _tree(store: Store, image: StoredImage) -> Union:
    return union(store, (ref.diff_id for ref in image.refs))


def _settings(old: StoredImage, new: StoredImage, ignored: frozenset[str]) -> Iterator[Setting]:
    before, after = msgspec.json.decode(old.raw_config()), msgspec.json.decode(new.raw_config())
    yield from _differing("", *({key: each[key] for key in each if key not in ignored} for each in (before, after)))


def _differing(prefix: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Setting]:
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _differing(f"{prefix}{key}.", before, after)
        elif before != after:
            was, now = (msgspec.json.encode(each).decode() if each is not None else "" for each in (before, after))
            yield Setting(f"{prefix}{key}", was, now)
