"""What every cache index promises. A test class subclasses this and gives `index` and `layer`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import msgspec
import pytest

from onggi.solve.ports import Abandoned, CacheIndex, Cancel
from onggi.solve.result import CacheEntry, LayerRef, Result


class CacheIndexContract:
    @pytest.fixture
    def index(self) -> Iterator[CacheIndex]:
        """An empty index."""
        raise NotImplementedError

    @pytest.fixture
    def layer(self) -> Callable[[int], LayerRef]:
        """A layer that is in the store, another one for each number."""
        return lambda number: LayerRef(f"sha256:{number:064x}", f"sha256:{number:063x}f", number)

    @pytest.fixture
    def entry(self, layer: Callable[[int], LayerRef]) -> CacheEntry:
        return CacheEntry(
            result=Result((layer(1), layer(2)), is_own=True),
            owned=(False, True, True),
            seconds=1.25,
            created=1700000000.5,
            detail="412 files, 1.8 MB",
        )

    def test_an_unknown_key_is_none(self, index: CacheIndex) -> None:
        assert index.get("a") is None

    def test_what_was_put_is_got_whole_under_each_key(self, index: CacheIndex, entry: CacheEntry) -> None:
        index.put(["a", "b"], entry)
        assert index.get("a") == index.get("b") == entry
        assert index.get("c") is None

    def test_a_result_without_layers_is_a_result(self, index: CacheIndex) -> None:
        nothing = CacheEntry(result=Result(), owned=(False,), seconds=0.0)
        index.put(["a"], nothing)
        assert index.get("a") == nothing

    def test_the_last_put_wins(self, index: CacheIndex, entry: CacheEntry, layer: Callable[[int], LayerRef]) -> None:
        later = msgspec.structs.replace(entry, result=Result((layer(3),), is_own=True), owned=(True,))
        index.put(["a", "b"], entry)
        index.put(["b"], later)
        assert index.get("a") == entry
        assert index.get("b") == later

    def test_a_key_is_locked_by_one_at_a_time(self, index: CacheIndex, entry: CacheEntry) -> None:
        made = []
        together = threading.Barrier(4)

        def make() -> None:
            together.wait()
            with index.lock("a", Cancel()):
                if index.get("a") is None:
                    made.append(threading.get_ident())
                    index.put(["a"], entry)

        threads = [threading.Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(made) == 1

    def test_other_keys_are_not_in_the_way(self, index: CacheIndex) -> None:
        with index.lock("a", Cancel()), index.lock("b", Cancel()):
            pass

    def test_a_lock_is_free_after_an_error(self, index: CacheIndex) -> None:
        with pytest.raises(ZeroDivisionError), index.lock("a", Cancel()):
            raise ZeroDivisionError
        with index.lock("a", Cancel()):
            pass

    def test_a_wait_ends_when_the_build_is_cancelled(self, index: CacheIndex) -> None:
        cancel = Cancel()
        raised = []

        def wait() -> None:
            try:
                with index.lock("a", cancel):
                    raised.append(False)
            except Abandoned:
                raised.append(True)

        with index.lock("a", Cancel()):
            thread = threading.Thread(target=wait)
            thread.start()
            cancel.set()
            thread.join()  # while the lock is held by us
        assert raised == [True]

    def test_who_has_to_wait_is_told_once(self, index: CacheIndex) -> None:
        waits = []
        is_told = threading.Event()

        def tell() -> None:
            waits.append(True)
            is_told.set()

        def wait() -> None:
            with index.lock("a", Cancel(), tell):
                pass

        with index.lock("a", Cancel(), lambda: pytest.fail("nobody was there")):
            thread = threading.Thread(target=wait)
            thread.start()
            assert is_told.wait(20)
        thread.join()
        assert waits == [True]

    def test_a_cancelled_build_gets_no_lock(self, index: CacheIndex) -> None:
        cancel = Cancel()
        cancel.set()
        with pytest.raises(Abandoned), index.lock("a", cancel):
            pytest.fail("entered")
