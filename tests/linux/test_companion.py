"""Starting processes that outlive us: what becomes of those that do not get ready, and of those that nobody wants."""

from __future__ import annotations

from pathlib import Path

import pytest

from onggi.errors import Unavailable
from onggi.linux.companion import Companion

STAYS = """
import os
from onggi.linux import bare

def main():
    control = bare.begin()
    for _ in bare.told(control):
        pass
    open({mark!r}, "w").close()
    bare.stay(control)
"""


def companion(folder: Path, text: str) -> Companion:
    (folder / "helper.py").write_text(text)
    return Companion("helper", "onggi-test", "test", folders=[str(folder)])


def test_one_that_is_ready(tmp_path: Path) -> None:
    mark = tmp_path / "has-begun"
    started = companion(tmp_path, STAYS.format(mark=str(mark)))
    assert started.finish() > 0
    assert mark.exists()
    started.abandon()


def test_one_that_ends_before_it_is_ready(tmp_path: Path) -> None:
    started = companion(tmp_path, "def main(): pass")
    with pytest.raises(Unavailable, match="onggi-test ended before it was ready"):
        started.finish()
    started.abandon()


def test_one_that_does_not_read_what_it_is_told(tmp_path: Path) -> None:
    started = companion(tmp_path, "import os, select\ndef main(): select.select([0], [], []); os._exit(0)")
    started.control.send(b"unread")
    with pytest.raises(Unavailable, match="onggi-test ended before it was ready"):
        started.finish()


def test_one_that_is_given_up_does_not_begin(tmp_path: Path) -> None:
    mark = tmp_path / "has-begun"
    started = companion(tmp_path, STAYS.format(mark=str(mark)))
    started.abandon()
    assert not mark.exists()
