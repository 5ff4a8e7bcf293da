from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.linux.frames import LONGEST, Parser, frame

FRAMES = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=50)), max_size=8)


@given(FRAMES, st.integers(1, 20))
def test_frames_come_out_as_they_went_in_however_they_are_cut(sent: list[tuple[int, bytes]], size: int) -> None:
    data = b"".join(frame(kind, payload) for kind, payload in sent)
    parser = Parser()
    got = [each for start in range(0, len(data), size) for each in parser.feed(data[start : start + size])]
    assert got == sent


def test_the_header_is_dockers() -> None:
    assert frame(2, b"abc") == b"\x02\x00\x00\x00\x00\x00\x00\x03abc"


def test_a_frame_that_is_too_long_is_refused_at_its_header() -> None:
    header = frame(0, b"")[:4] + (LONGEST + 1).to_bytes(4, "big")
    with pytest.raises(ValueError, match="a frame of"):
        list(Parser().feed(header))
