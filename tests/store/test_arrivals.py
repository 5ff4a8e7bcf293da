"""Layers from afar: what has arrived of one is kept, and is worth no more than its digest."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

import pytest

from onggi.errors import Corrupt, Unavailable
from onggi.image import validate
from onggi.oci import digest as digests
from onggi.store import fsck, gc
from onggi.store.arrivals import FOLDER, KEPT_SECONDS, Arrivals
from onggi.store.store import Store

from .far import SIZE, Far, image_of
from .helpers import exit_code, in_child, kill, name


@pytest.fixture
def far() -> Far:
    return Far(1)


def kept(store: Store, far: Far) -> Path:
    return store.disk.root / FOLDER / digests.hex_of(far.descriptor.digest)


def put(store: Store, far: Far) -> None:
    store.images.put(image_of(far), [name("far")])


def is_whole(store: Store, far: Far) -> bool:
    validate.image(store.images.get("far"))
    return not kept(store, far).exists() and fsck.check(store, deep=True) == []


def test_a_layer_from_afar(store: Store, far: Far) -> None:
    put(store, far)
    assert far.offsets == [0]
    assert is_whole(store, far)
    put(store, far)
    assert far.offsets == [0], "what is here is not asked for"


def test_what_has_arrived_stays_where_the_wire_breaks(store: Store, far: Far) -> None:
    far.sent, far.error = far.blob[: len(far.blob) // 2], Unavailable("no route")
    with pytest.raises(Unavailable, match="no route"):
        put(store, far)
    arrived = kept(store, far).stat().st_size
    assert arrived > 0
    assert far.blob.startswith(kept(store, far).read_bytes())
    assert store.images.list() == []
    far.sent, far.error = far.blob, None
    put(store, far)
    assert far.offsets == [0, arrived]
    assert is_whole(store, far)


def test_a_process_that_is_killed_leaves_what_has_arrived(tmp_path: Path, far: Far) -> None:
    hung, tell = os.pipe()

    def pull() -> None:
        far.sent, far.hung = far.blob[: len(far.blob) * 3 // 4], tell
        with Store(tmp_path / "store") as store:
            put(store, far)

    pid = in_child(pull)
    os.close(tell)
    assert os.read(hung, 1) == b"."
    os.close(hung)
    kill(pid)
    with Store(tmp_path / "store") as store:
        assert fsck.check(store, repair=True) is not None
        arrived = kept(store, far).stat().st_size
        assert arrived > 1_000_000
        put(store, far)
        assert far.offsets == [arrived]
        assert is_whole(store, far)


def test_all_of_it_had_arrived(store: Store, far: Far) -> None:
    kept(store, far).parent.mkdir()
    kept(store, far).write_bytes(far.blob)
    put(store, far)
    assert far.offsets == []
    assert is_whole(store, far)


@pytest.mark.parametrize("size", [1, 1000, SIZE // 2])
def test_what_has_arrived_was_wrong(store: Store, far: Far, size: int) -> None:
    kept(store, far).parent.mkdir()
    kept(store, far).write_bytes(bytes(size))
    put(store, far)
    assert far.offsets == [size, 0], "once more, from the start"
    assert is_whole(store, far)


def test_more_than_there_is_has_arrived(store: Store, far: Far) -> None:
    kept(store, far).parent.mkdir()
    kept(store, far).write_bytes(far.blob + b"!")
    put(store, far)
    assert far.offsets == [0]
    assert is_whole(store, far)


@pytest.mark.parametrize("change", ["other", "longer", "shorter"])
@pytest.mark.parametrize("before", [0, 1000])
def test_a_server_that_gives_other_bytes(store: Store, far: Far, change: str, before: int) -> None:
    blob = far.blob
    far.sent = {"other": blob[:-100] + bytes(100), "longer": blob + bytes(9), "shorter": blob[:-9]}[change]
    if before:
        kept(store, far).parent.mkdir()
        kept(store, far).write_bytes(blob[:before])
    with pytest.raises(
        Corrupt, match=f"{far.descriptor.digest} (has other contents|is longer|has {len(blob) - 9} bytes)"
    ):
        put(store, far)
    assert far.offsets == ([1000, 0] if before else [0])
    assert not kept(store, far).exists()
    assert store.images.list() == []
    assert fsck.check(store, deep=True) == []
    far.sent = blob
    put(store, far)
    assert is_whole(store, far)


def test_several_processes_fetch_a_layer_once(tmp_path: Path, far: Far) -> None:
    with Store(tmp_path / "store"):
        pass

    def pull(number: int) -> None:
        with Store(tmp_path / "store") as store:
            put(store, far)
        (tmp_path / f"opened-{number}").write_text(str(len(far.offsets)))

    pids = [in_child(partial(pull, number)) for number in range(4)]
    assert [exit_code(pid) for pid in pids] == [0] * 4
    assert sum(int((tmp_path / f"opened-{number}").read_text()) for number in range(4)) == 1


class TestSweep:
    """What nobody goes on with."""

    def arrived(self, store: Store, text: str, age: float) -> Path:
        with Arrivals(store.disk).open(digests.of(text.encode())) as file:
            file.write_bytes(bytes(10_000))
        os.utime(file, (time.time() - age,) * 2)
        return file

    def test_what_is_old_goes(self, store: Store) -> None:
        old, new = self.arrived(store, "old", 1000), self.arrived(store, "new", 10)
        assert Arrivals(store.disk).sweep(older_than=100) >= 10_000
        assert (old.exists(), new.exists()) == (False, True)
        assert Arrivals(store.disk).sweep(older_than=100) == 0

    def test_what_somebody_is_at_stays(self, store: Store) -> None:
        self.arrived(store, "busy", 1000)
        with Arrivals(store.disk).open(digests.of(b"busy")) as file:
            assert Arrivals(store.disk).sweep(older_than=0) == 0
            assert file.exists()

    def test_pruning_images_takes_all_of_it_and_collecting_garbage_what_is_old(self, store: Store) -> None:
        old, new = self.arrived(store, "old", 2 * KEPT_SECONDS), self.arrived(store, "new", 10)
        assert gc.collect(store) >= 10_000
        assert (old.exists(), new.exists()) == (False, True)
        assert gc.prune_images(store).bytes >= 10_000
        assert not new.exists()

    def test_nothing_there(self, store: Store) -> None:
        assert Arrivals(store.disk).sweep() == 0
