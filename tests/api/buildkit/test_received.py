from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.api.buildkit.wire import SECONDS

from onggi.api.buildkit.session.files import Wanted
from onggi.api.buildkit.session.received import Received

KEY = ("session", Wanted(name="context"))
OTHER = ("session", Wanted(name="context", only=("a",)))


class Folder:
    """What becomes of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fetched = 0
        self.gone = 0

    def fetch(self, scope: ExitStack) -> Path:
        self.fetched += 1
        scope.callback(self._go)
        return self.path

    def _go(self) -> None:
        self.gone += 1


def test_a_folder_is_fetched_once_for_all_who_use_it(tmp_path: Path) -> None:
    received, folder, other = Received(), Folder(tmp_path), Folder(tmp_path / "other")
    together = threading.Barrier(4)

    def use() -> Path:
        with received.use(KEY, folder.fetch) as path:
            together.wait(SECONDS)
            return path

    with received.use(OTHER, other.fetch) as path, ThreadPoolExecutor() as pool:
        assert path == other.path
        assert [run.result() for run in [pool.submit(use) for _ in range(4)]] == [folder.path] * 4
    assert (folder.fetched, folder.gone, other.fetched, other.gone) == (1, 1, 1, 1)
    with received.use(KEY, folder.fetch):
        assert folder.fetched == 2


def test_who_waited_fetches_it_where_it_did_not_come(tmp_path: Path) -> None:
    received, folder = Received(), Folder(tmp_path)
    waits = threading.Event()

    def fail(scope: ExitStack) -> Path:
        scope.callback(waits.set)
        second.start()
        raise OSError("it went away")

    def use() -> None:
        with received.use(KEY, folder.fetch):
            pass

    second = threading.Thread(target=use)
    with pytest.raises(OSError, match="went away"), received.use(KEY, fail):
        pass
    second.join(SECONDS)
    assert (folder.fetched, folder.gone) == (1, 1)
    assert waits.is_set()
