from __future__ import annotations

import pytest

from onggi.errors import Conflict, Invalid
from onggi.linux.attach import connect, detach_sequence


@pytest.mark.parametrize(
    ("text", "sequence"),
    [("ctrl-p,ctrl-q", b"\x10\x11"), ("a,ctrl-@,ctrl-[", b"a\x00\x1b"), ("ctrl-\\", b"\x1c"), ("", b"")],
)
def test_detach_keys(text: str, sequence: bytes) -> None:
    assert detach_sequence(text) == sequence


@pytest.mark.parametrize("text", ["ctrl-", "ctrl-pp", "ctrl-1", "alt-x", "ab", "a,,b"])
def test_keys_that_are_none(text: str) -> None:
    with pytest.raises(Invalid, match="invalid detach key"):
        detach_sequence(text)


def test_a_container_that_does_not_run(tmp_path: object) -> None:
    with pytest.raises(Conflict, match="not running"):
        connect(str(tmp_path))
