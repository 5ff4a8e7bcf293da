"""A disk that is full: one clear error, and nothing half-made."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onggi.container.spec import ContainerSpec
from onggi.errors import Unavailable
from onggi.image import random, validate
from onggi.oci import platform
from onggi.store import archive, fsck, gc, reserve
from onggi.store.store import Store

from .helpers import add_layer, name
from .test_archive import docker_archive, tar_of
from .test_images import squeezed_image

pytestmark = pytest.mark.kernel

SIZE = 3 << 20


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Store]:
    """A store on a file system of three megabytes, one of them in reserve, with one image in it."""
    point = tmp_path / "small"
    point.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", point], check=True)
    try:
        with Store(point / "store") as store:
            store.images.put(random.image(1), [name("kept")])
            yield store
    finally:
        subprocess.run(["umount", point], check=True)


def check_whole(store: Store) -> None:
    gc.collect(store)
    assert fsck.check(store, deep=True) == []
    assert os.listdir(store.root / "tmp") == []
    assert [image.references for image in store.images.list()] == [(name("kept"),)]
    validate.image(store.images.get("kept"))


def fill(store: Store) -> Path:
    """Take up all that is left."""
    path = store.root.parent / "filler"
    with path.open("wb") as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    os.write(file.fileno(), bytes(size))
            except OSError:
                continue
    return path


def test_loading_an_image_that_is_too_large(small: Store) -> None:
    data = tar_of(docker_archive(random.image(2, size=400_000)))
    with pytest.raises(Unavailable, match=f"no space left on {small.root} while"):
        archive.load(small, io.BytesIO(data), platform.of_host())
    check_whole(small)


def test_storing_an_image_that_is_too_large(small: Store) -> None:
    for image in (random.image(3, size=400_000), random.image(4, size=150_000, files=20)):
        with pytest.raises(Unavailable, match=r"(?i)no space left"):
            small.images.put(image, [name("large")])
        check_whole(small)


def put_container(store: Store) -> object:
    return store.containers.add(ContainerSpec(image="kept", image_id=store.images.get("kept").id))


def put_layer(store: Store) -> object:
    with store.lease() as lease:
        return add_layer(store, {"f": bytes(10_000)}, lease)


def put_names(store: Store) -> object:
    for number in range(10_000):
        store.images.tag("kept", name(f"another:{number}"))
    return None


ACTS: dict[str, Callable[[Store], object]] = {
    "container": put_container,
    "image": lambda store: store.images.put(squeezed_image(5), [name("new")]),
    "save": lambda store: archive.save(store, ["kept"], io.BytesIO(), compression="gzip"),
    "names": put_names,
    "record": lambda store: [store.records.begin("/src", "Dockerfile", "", 1.0) for _ in range(10_000)],
}


@pytest.mark.parametrize("act", ACTS)
def test_whatever_is_done_on_a_full_disk_says_so_and_leaves_nothing(small: Store, act: str) -> None:
    filler = fill(small)
    with pytest.raises(Unavailable, match=f"no space left on {small.root} while"):
        ACTS[act](small)
    filler.unlink()
    gc.collect(small)
    assert fsck.check(small, deep=True) == []
    for image in small.images.list():
        for reference in image.references:
            if reference != name("kept"):
                small.images.untag(reference)
    for record in small.records.list():
        small.records.remove(record.id)
    check_whole(small)
    assert small.containers.list() == []
    put_container(small)  # with space again, all goes on
    put_layer(small)


def test_on_a_full_disk_a_store_can_be_opened_read_and_emptied(small: Store) -> None:
    container = small.containers.add(ContainerSpec(image="kept", image_id=small.images.get("kept").id))
    small.close()
    filler = fill(small)
    for _ in range(3):
        with Store(small.root) as again:
            assert [row.id for row in again.containers.list()] == [container.id]
            with pytest.raises(Unavailable, match="no space left"):
                put_container(again)
        assert os.stat(small.root / reserve.FILE).st_blocks > 0
    with Store(small.root) as again:
        again.containers.remove(container.id)
        again.images.untag(name("kept"))
        gc.collect(again)
        assert again.containers.list() == []
    filler.unlink()
    with Store(small.root) as again:
        assert fsck.check(again, deep=True) == []
        again.images.put(random.image(1), [name("kept")])
    assert os.stat(small.root / reserve.FILE).st_size == reserve.SIZE
