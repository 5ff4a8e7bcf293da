"""A registry over an empty store for each test, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from onggi.registry_server.server import Server

from .client import Client


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The store that is served."""
    return tmp_path / "store"


@pytest.fixture
def server(root: Path) -> Iterator[Server]:
    with Server(root) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Client:
    return Client(server.address)
