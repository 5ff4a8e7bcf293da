"""Base images that are in the local store, as facts for rules. Nothing is pulled: of an image that is not here, or for
someone who may not look, nothing is known."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from msgspec.structs import replace

from onggi.dockerfile.parse import parse_instruction
from onggi.dockerfile.scope import global_scope
from onggi.dockerfile.source import Source
from onggi.dockerfile.syntax import SCRATCH, Dockerfile
from onggi.errors import OnggiError
from onggi.lint.view.facts import Base
from onggi.oci.config import DEFAULT_PATH
from onggi.oci.platform import Platform, fits, parse

if TYPE_CHECKING:
    from onggi.store.images import StoredImage
    from onggi.store.store import Store


class LocalImages:
    """Opens the store with the first image that is asked for, and looks each up once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[tuple[str, Platform], Base | None] = {}

    def base(self, name: str, platform: Platform) -> Base | None:
        key = name, platform
        if key not in self._known:
            self._known[key] = self._look_up(name, platform)
        return self._known[key]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if store := self.__dict__.get("_store"):
            store.close()

    def _look_up(self, name: str, platform: Platform) -> Base | None:
        try:
            if self._store is None:
                return None
            image = self._store.images.get(name, prefer=platform)
            base = Base.of(image.config())
            for trigger in base.triggers:
                parse_instruction(Source.of(trigger, name))
        except OnggiError:  # not there, no name of an image, or a store of another version: a lint needs none of it
            return None
        if base.platform is None or not fits(base.platform, platform):
            return None
        path = base.environment.get("PATH", DEFAULT_PATH)
        return replace(base, programs=_Programs(self._store, image, path.split(":")))

    @cached_property
    def _store(self) -> Store | None:
        if os.geteuid() != 0 or not (self._root / "onggi.db").is_file():
            return None
        from onggi.store.store import Store

        return Store(self._root)


class StageBases(Mapping[int, Base]):
    """What the images say that the stages of a Dockerfile begin on, by the stages' indexes."""

    def __init__(self, dockerfile: Dockerfile, automatic: Mapping[str, str], platform: Platform, images: LocalImages):
        self._images = images
        self._wanted = dict(_wanted(dockerfile, automatic, platform))

    def __getitem__(self, stage: int) -> Base:
        base = self._images.base(*self._wanted[stage])
        if base is None:
            raise KeyError(stage)
        return base

    def __iter__(self) -> Iterator[int]:
        return (stage for stage in self._wanted if stage in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _wanted(
    dockerfile: Dockerfile, automatic: Mapping[str, str], platform: Platform
) -> Iterator[tuple[int, tuple[str, Platform]]]:
    """Which image, and for which platform."""
    outer = global_scope(dockerfile, automatic, {})
    stages: set[str] = set()
    for stage in dockerfile.stages:
        name = outer.look_up(stage.base.image.text)
        if not name.missed and name.text not in ("", SCRATCH) and name.text.lower() not in stages:
            own = _platform(outer.expand(stage.base.platform.text)) if stage.base.platform is not None else platform
            if own is not None:
                yield stage.index, (name.text, own)
        if stage.base.name is not None:
            stages.add(stage.base.name.text)


def _platform(text: str) -> Platform | None:
    try:
        return parse(text)
    except OnggiError:
        return None


class _Programs(Container[str]):
    """The names in the folders of an image's PATH, listed when one is asked for."""

    def __init__(self, store: Store, image: StoredImage, folders: list[str]) -> None:
        self._store = store
        self._image = image
        self._folders = folders

    def __contains__(self, name: object) -> bool:
        return name in self._names

    @cached_property
    def _names(self) -> frozenset[str]:
        from onggi.layer.union import Union

        union = Union([self._store.snapshots.path(ref.diff_id) for ref in reversed(self._image.refs)])
        names: set[str] = set()
        for folder in self._folders:
            node = union.lookup(folder)
            if node is not None and node.is_folder:
                names.update(union.listdir(folder))
        return frozenset(names)
