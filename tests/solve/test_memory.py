"""The cache index in memory keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from onggi.solve.memory import MemoryCacheIndex
from onggi.solve.ports import CacheIndex

from ..contracts.cache_index import CacheIndexContract


class TestMemoryCacheIndex(CacheIndexContract):
    @pytest.fixture
    def index(self) -> Iterator[CacheIndex]:
        yield MemoryCacheIndex()
