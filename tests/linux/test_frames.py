from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.linux.frames import LONGEST, STDOUT, STREAMS, Parser, frame

FRAMES = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=50)), max_size=8)


@given(FRAMES, st.integers(1, 20))
def test_frames_come_out_as_they_went_in_however_they_are_cut(sent: list[tuple[int, bytes]], size: int) -> None:
    """Those of streams as pieces."""
    data = b"".join(frame(kind, payload) for kind, payload in sent)
    parser = Parser()
    got = [
        (kind, bytes(payload))
        for start in range(0, len(data), size)
        for kind, payload in parser.feed(data[start : start + size])
    ]
    assert joined(got) == joined(sent)


def joined(frames: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """What follows each other of one stream as one, and nothing that is empty of it."""
    result: list[tuple[int, bytes]] = []
    for kind, payload in frames:
        if kind in STREAMS and result and result[-1][0] == kind:
            result[-1] = (kind, result[-1][1] + payload)
        elif kind not in STREAMS or payload:
            result.append((kind, payload))
    return result


def test_a_piece_of_a_stream_does_not_wait_for_the_rest_of_its_frame() -> None:
    parser = Parser()
    assert [bytes(payload) for _, payload in parser.feed(frame(STDOUT, b"abcdef")[:10])] == [b"ab"]
    assert [bytes(payload) for _, payload in parser.feed(b"cd")] == [b"cd"]


def test_the_header_is_dockers() -> None:
    assert frame(2, b"abc") == b"\x02\x00\x00\x00\x00\x00\x00\x03abc"


def test_a_frame_that_is_too_long_is_refused_at_its_header() -> None:
    header = frame(0, b"")[:4] + (LONGEST + 1).to_bytes(4, "big")
    with pytest.raises(ValueError, match="a frame of"):
        list(Parser().feed(header))
