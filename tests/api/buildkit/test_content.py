"""A cache in a folder of the client, which gRPC's own library serves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.api.buildkit import grpc_client
from tests.api.buildkit.content_store import ContentStore, by_digest

from onggi.api.buildkit.session.content import READ, WRITE, ClientShelf
from onggi.errors import Corrupt, NotFound, Unavailable
from onggi.oci import digest as digests
from onggi.oci.descriptor import Descriptor

FOLDER = "../a cache"
NAME = f"local:{FOLDER}"


@contextmanager
def shelf(
    content: ContentStore, digest: str = "", written: Callable[[Descriptor], object] = lambda each: None
) -> Iterator[ClientShelf]:
    with content.session() as session:
        yield ClientShelf(session, FOLDER, digest, written)


def describe(blob: bytes) -> Descriptor:
    return Descriptor("application/octet-stream", digests.of(blob), len(blob))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 600_000))
def test_what_is_put_can_be_read(size: int) -> None:
    blob = (bytes(range(251)) * (size // 251 + 1))[:size]
    told: list[Descriptor] = []
    with shelf(ContentStore(NAME, {}), written=told.append) as there:
        assert not there.has(describe(blob))
        there.put(describe(blob), lambda write: [write(blob[: size // 3]), write(blob[size // 3 :])])
        assert there.has(describe(blob))
        assert there.read(describe(blob)) == blob
        there.put(describe(blob), lambda write: write(blob))  # it is there
        there.publish(describe(b"index"), b"index")
        assert there.read(describe(b"index")) == b"index"
    assert told == [describe(b"index")]


def test_what_a_build_begins_with() -> None:
    with shelf(ContentStore(NAME, by_digest(b"index")), digests.of(b"index")) as there:
        assert there.named() == b"index"
        assert str(there) == FOLDER
    with shelf(ContentStore(NAME, {}), digests.of(b"index")) as there:
        assert there.named() is None
    with shelf(ContentStore(NAME, by_digest(b"index"))) as there:
        assert there.named() is None  # the client has not found one


def test_what_is_not_there() -> None:
    with (
        shelf(ContentStore(NAME, {})) as there,
        pytest.raises(NotFound, match=r"the client's folder \.\./a cache: .*not found"),
    ):
        there.read(describe(b"nowhere"))


def test_what_is_too_large_is_not_read() -> None:
    with shelf(ContentStore(NAME, {})) as there, pytest.raises(Corrupt, match="said to have"):
        there.read(Descriptor("", digests.of(b""), 1 << 40))


def test_a_client_that_takes_less_than_it_is_sent() -> None:
    with shelf(ContentStore(NAME, {}, is_broken=True)) as there, pytest.raises(Corrupt, match="has not taken"):
        there.put(describe(b"blob"), lambda write: write(b"blob"))


def test_a_client_without_such_folders() -> None:
    with grpc_client.session({}) as session, pytest.raises(Unavailable, match="the client's folder"):
        ClientShelf(session, FOLDER).has(describe(b""))


def test_what_is_none_of_the_clients_messages() -> None:
    def answer(messages: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        yield b"\xff\xff"

    with grpc_client.session({}, {READ: answer, WRITE: answer}) as session:
        there = ClientShelf(session, FOLDER)
        with pytest.raises(Unavailable, match=r"a cache: .* what is no ReadContentResponse"):
            there.read(describe(b"x"))
        with pytest.raises(Unavailable, match=r"a cache: .* what is no WriteContentResponse"):
            there.put(describe(b"x"), lambda write: write(b"x"))
