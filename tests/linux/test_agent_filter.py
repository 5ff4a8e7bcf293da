from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.linux.agent_filter import ALLOWED, LONGEST, REFUSAL, AgentFilter, Malformed


def message(kind: int, body: bytes = b"") -> bytes:
    return (1 + len(body)).to_bytes(4, "big") + bytes([kind]) + body


LIST, SIGN, ADD = message(11), message(13, b"key and data"), message(17, b"key")


def take(buffer: bytearray) -> bytes:
    data = bytes(buffer)
    buffer.clear()
    return data


def test_listing_and_signing_go_through() -> None:
    filtered = AgentFilter()
    for request, answer in ((LIST, message(12, b"keys")), (SIGN, message(14, b"signature"))):
        filtered.asked(request)
        assert not filtered.wants_requests
        assert take(filtered.to_agent) == request
        filtered.answered(answer)
        assert take(filtered.to_client) == answer
        assert filtered.wants_requests


@pytest.mark.parametrize("kind", [1, 9, 17, 18, 19, 20, 21, 22, 23, 25, 26, 27, 255])
def test_all_else_is_refused(kind: int) -> None:
    filtered = AgentFilter()
    filtered.asked(message(kind, b"x"))
    assert take(filtered.to_client) == REFUSAL
    assert not filtered.to_agent


def test_refusals_wait_for_their_turn() -> None:
    filtered = AgentFilter()
    filtered.asked(LIST + ADD + SIGN)
    assert take(filtered.to_agent) == LIST
    assert not filtered.to_client
    filtered.answered(message(12))
    assert take(filtered.to_client) == message(12) + REFUSAL
    assert take(filtered.to_agent) == SIGN


@pytest.mark.parametrize("data", [bytes(4), (LONGEST + 1).to_bytes(4, "big")])
def test_what_is_no_message(data: bytes) -> None:
    with pytest.raises(Malformed):
        AgentFilter().asked(data)


def test_an_answer_to_nothing() -> None:
    with pytest.raises(Malformed):
        AgentFilter().answered(message(12))
    filtered = AgentFilter()
    filtered.asked(LIST)
    with pytest.raises(Malformed):
        filtered.answered(message(12) + message(12))


_requests = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=20)), max_size=12)


@given(_requests, st.lists(st.integers(1, 7)))
def test_every_request_has_its_answer_however_it_is_cut(requests: list[tuple[int, bytes]], cuts: list[int]) -> None:
    data = b"".join(message(kind, body) for kind, body in requests)
    filtered = AgentFilter()
    asked, answered = b"", b""
    for cut in [*cuts, len(data)]:
        piece, data = data[:cut], data[cut:]
        filtered.asked(piece)
        while filtered.to_agent:
            asked += take(filtered.to_agent)
            filtered.answered(message(200))
            answered += take(filtered.to_client)
        answered += take(filtered.to_client)
    assert asked == b"".join(message(kind, body) for kind, body in requests if kind in ALLOWED)
    assert answered == b"".join(message(200) if kind in ALLOWED else REFUSAL for kind, _ in requests)
