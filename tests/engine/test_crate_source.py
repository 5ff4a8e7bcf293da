from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import BinaryIO, cast

import pytest

from onggi.engine.registry.cargo import Crate
from onggi.engine.registry.crate_source import CrateSource
from onggi.layer.compress import Write
from onggi.layer.compression import Squeeze
from onggi.oci import digest as digests
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.store.layers import StoredLayer

DATA = random.Random(5).randbytes(6 << 20) + bytes(6 << 20)  # of which the first half cannot be squeezed
PIECE = 1 << 16


class Layer:
    """A layer of which the bytes are `DATA`, as far as a source asks."""

    size = len(DATA)
    descriptor = Descriptor(mediatype.OCI_LAYER, digests.of(DATA), len(DATA))

    def copy(self, write: Write) -> None:
        for start in range(0, len(DATA), PIECE):
            write(DATA[start : start + PIECE])

    def open(self) -> BinaryIO:
        return BytesIO(DATA)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as found:
        yield found


def source(pool: ThreadPoolExecutor, told: list[tuple[int, int, bool]], *, is_kept: bool) -> CrateSource:
    crate = Crate(layer=cast(StoredLayer, Layer()), forms=(), is_kept=is_kept)
    return CrateSource(crate, Squeeze("gzip"), pool, 2, lambda *how_far: told.append(how_far))


def test_what_goes_out_as_it_is_has_a_size(pool: ThreadPoolExecutor) -> None:
    told: list[tuple[int, int, bool]] = []
    sent = b"".join(source(pool, told, is_kept=True).chunks(0))
    assert sent == DATA
    assert {(total, is_estimate) for _, total, is_estimate in told} == {(len(DATA), False)}


def test_what_is_squeezed_is_estimated_but_not_from_its_first_bytes(pool: ThreadPoolExecutor) -> None:
    told: list[tuple[int, int, bool]] = []
    made = source(pool, told, is_kept=False)
    sent = b"".join(made.chunks(0))
    assert told[-1][0] == len(sent) == made.size
    estimates = [total for _, total, is_estimate in told if is_estimate]
    assert estimates
    assert max(estimates) <= len(DATA) * 1.1
    assert all(is_estimate == bool(total) and total in (0, max(total, done)) for done, total, is_estimate in told)


def test_what_was_squeezed_once_has_a_size_when_it_begins_again(pool: ThreadPoolExecutor) -> None:
    told: list[tuple[int, int, bool]] = []
    made = source(pool, told, is_kept=False)
    sent = b"".join(made.chunks(0))
    told.clear()
    assert b"".join(made.chunks(PIECE)) == sent[PIECE:]
    assert {(total, is_estimate) for _, total, is_estimate in told} == {(len(sent), False)}
