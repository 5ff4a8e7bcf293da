"""Several layers at once: how far each is, and how all of them end when one fails."""

from __future__ import annotations

import os
import signal
import threading
from functools import partial
from pathlib import Path

import pytest

from onggi.errors import Corrupt, Unavailable
from onggi.image import validate
from onggi.solve.ports import Abandoned, Cancel
from onggi.store import fsck
from onggi.store.intake import Transfer
from onggi.store.several import Several
from onggi.store.store import Store

from .far import Far, image_of
from .helpers import exit_code, in_child, name


@pytest.fixture
def layers() -> list[Far]:
    return [Far(seed, size=20_000) for seed in range(4)]


def put(store: Store, layers: list[Far], transfer: Transfer) -> None:
    with store.lease() as lease:
        store.images.put_all([Several((image_of(*layers),), (name("far"),))], lease, transfer)


def waits(cancel: Cancel) -> None:
    """As a connection does that brings nothing, until it is ended."""
    ended = threading.Event()
    cancel.add(ended.set)
    ended.wait(60)
    raise Abandoned


@pytest.mark.parametrize("jobs", [1, 2, 3, 9])
def test_they_are_told_of_one_by_one(store: Store, layers: list[Far], jobs: int) -> None:
    told: list[tuple[str, str]] = []
    transfer = Transfer(jobs=jobs, tell=lambda digest, state: told.append((digest, state)))
    put(store, layers, transfer)
    for layer in layers:
        assert [state for digest, state in told if digest == layer.descriptor.digest] == ["fetching", "stored"]
        assert layer.offsets == [0]
    validate.image(store.images.get("far"))
    told.clear()
    put(store, layers, transfer)
    assert sorted(told) == sorted((layer.descriptor.digest, "exists") for layer in layers)
    assert not transfer.cancel.is_set


def test_as_many_at_once_as_was_said(store: Store, layers: list[Far]) -> None:
    together = threading.Barrier(4)
    for layer in layers:
        layer.met = partial(together.wait, 60)
    put(store, layers, Transfer(jobs=4))
    validate.image(store.images.get("far"))


def test_the_first_that_fails_ends_the_others(store: Store, layers: list[Far]) -> None:
    cancel, under_way = Cancel(), threading.Barrier(4)

    def fail() -> None:
        under_way.wait(60)
        raise Unavailable("the first error")

    def wait() -> None:
        under_way.wait(60)
        waits(cancel)

    for layer in layers:
        layer.met = wait
    layers[2].met = fail
    with pytest.raises(Unavailable, match="the first error"):
        put(store, layers, Transfer(jobs=4, cancel=cancel))
    assert cancel.is_set
    assert store.images.list() == []
    assert fsck.check(store, deep=True) == []


def test_those_whose_turn_has_not_come_are_not_begun(store: Store, layers: list[Far]) -> None:
    cancel = Cancel()
    layers[0].sent = b"wrong"
    layers[1].met = layers[2].met = lambda: waits(cancel)
    with pytest.raises(Corrupt, match=layers[0].descriptor.digest):
        put(store, layers, Transfer(jobs=2, cancel=cancel))
    assert layers[3].offsets == []


def test_what_was_cancelled_before_is_not_begun(store: Store, layers: list[Far]) -> None:
    cancel = Cancel()
    cancel.set()
    with pytest.raises(Abandoned):
        put(store, layers, Transfer(jobs=3, cancel=cancel))
    assert [layer.offsets for layer in layers] == [[]] * 4


def test_who_waits_for_another_process_can_be_told_to_stop(store: Store, layers: list[Far]) -> None:
    cancel = Cancel()
    with store.disk.lock(f"layer {layers[0].diff_id}"):
        threading.Timer(0.1, cancel.set).start()
        with pytest.raises(Abandoned):
            put(store, layers, Transfer(jobs=1, cancel=cancel))


def test_two_that_share_a_layer(store: Store, layers: list[Far]) -> None:
    images = [Several((image_of(*some),), (name(f"far:{tag}"),)) for tag, some in enumerate((layers[:3], layers[1:]))]
    with store.lease() as lease:
        store.images.put_all(images, lease, Transfer(jobs=4))
    assert [layer.offsets for layer in layers] == [[0]] * 4
    for tag in range(2):
        validate.image(store.images.get(f"far:{tag}"))


def test_an_interrupt_ends_all(tmp_path: Path, layers: list[Far]) -> None:
    def pull() -> None:
        cancel, under_way = Cancel(), threading.Barrier(2)

        def interrupt() -> None:
            if under_way.wait(60) == 0:
                os.kill(os.getpid(), signal.SIGINT)
            waits(cancel)

        for layer in layers:
            layer.met = interrupt
        with Store(tmp_path / "store") as store:
            with pytest.raises(KeyboardInterrupt):
                put(store, layers, Transfer(jobs=2, cancel=cancel))
            assert cancel.is_set
            assert store.images.list() == []
            assert threading.active_count() == 1

    assert exit_code(in_child(pull)) == 0
    with Store(tmp_path / "store") as store:
        put(store, [Far(seed, size=20_000) for seed in range(4)], Transfer(jobs=2))
        assert fsck.check(store, deep=True) == []
