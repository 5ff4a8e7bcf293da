from __future__ import annotations

import pytest

from onggi.errors import Invalid
from onggi.linux.detach import DetachKeys, detach_sequence


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


@pytest.mark.parametrize(
    ("sequence", "typed", "passed", "were_pressed"),
    [
        (b"", b"anything", b"anything", False),
        (b"\x10\x11", b"ls\n", b"ls\n", False),
        (b"\x10\x11", b"a\x10\x11b", b"a", True),
        (b"\x10\x11", b"a\x10b", b"a\x10b", False),
        (b"\x10\x11", b"a\x10", b"a", False),
        (b"\x10\x11", b"\x10\x10\x11", b"\x10", True),
        (b"q", b"abq", b"ab", True),
    ],
    ids=["none", "other keys", "all", "only the first", "the first so far", "the first twice", "a single one"],
)
@pytest.mark.parametrize("size", [1, 100], ids=["key by key", "at once"])
def test_what_is_typed_is_passed_on_without_the_keys(
    sequence: bytes, typed: bytes, passed: bytes, were_pressed: bool, size: int
) -> None:
    keys = DetachKeys(sequence)
    found = b""
    for at in range(0, len(typed), size):
        found += b"" if keys.were_pressed else keys.without(typed[at : at + size])
    assert (found, keys.were_pressed) == (passed, were_pressed)
