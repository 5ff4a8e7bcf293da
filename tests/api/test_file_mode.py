"""Modes of files as Go counts them."""

from __future__ import annotations

import stat

import pytest

from onggi.api import file_mode


@pytest.mark.parametrize(
    ("ours", "gos"),
    [
        (stat.S_IFREG | 0o644, 0o644),
        (stat.S_IFDIR | 0o1777, 1 << 31 | 1 << 20 | 0o777),
        (stat.S_IFLNK | 0o777, 1 << 27 | 0o777),
        (stat.S_IFREG | 0o6755, 1 << 23 | 1 << 22 | 0o755),
        (stat.S_IFCHR | 0o600, 1 << 26 | 1 << 21 | 0o600),
    ],
    ids=["file", "folder", "link", "set-id", "device"],
)
def test_modes(ours: int, gos: int) -> None:
    assert file_mode.to_go(ours) == gos
    assert file_mode.of_go(gos) == ours
    assert file_mode.of_go(gos | 1 << 30) == ours
