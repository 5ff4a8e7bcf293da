from __future__ import annotations

import io
import random
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.errors import Corrupt, Invalid
from onggi.layer.compress import compress
from onggi.layer.produced import produced
from onggi.layer.squeeze import squeezed

VOCABULARY = [b"%x" % random.Random(number).getrandbits(30) for number in range(999)]
WORDS = b" ".join(VOCABULARY[number % 999] for number in range(1_000_000))
"""Several pieces of either form."""
KINDS = ("gzip", "zstd", "none")


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(3) as made:
        yield made


def cut(data: bytes, step: int) -> Callable[[Callable[[bytes], object]], None]:
    def copy(write: Callable[[bytes], object]) -> None:
        for at in range(0, len(data), step):
            write(data[at : at + step])

    return copy


def alone(data: bytes, kind: str, level: int | None = None) -> bytes:
    out = io.BytesIO()
    compressor = compress(kind, out.write, level)
    compressor.write(data)
    compressor.close()
    return out.getvalue()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("step", [70_000, 1 << 20, 5 << 20])
@pytest.mark.parametrize("ahead", [1, 7])
def test_many_threads_make_what_one_makes(kind: str, step: int, ahead: int, pool: ThreadPoolExecutor) -> None:
    made = b"".join(squeezed(cut(WORDS, step), kind, None, pool, ahead))
    assert made == alone(WORDS, kind)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.binary(max_size=3000), step=st.integers(1, 3000))
def test_little_data_too(kind: str, data: bytes, step: int, pool: ThreadPoolExecutor) -> None:
    assert b"".join(squeezed(cut(data, step), kind, None, pool, 2)) == alone(data, kind)


@pytest.mark.parametrize(("kind", "program"), [("gzip", "gzip"), ("zstd", "zstd")])
def test_others_read_it(kind: str, program: str, pool: ThreadPoolExecutor) -> None:
    made = b"".join(squeezed(cut(WORDS, 1 << 20), kind, None, pool, 4))
    done = subprocess.run([program, "-dc"], input=made, capture_output=True, check=True)
    assert done.stdout == WORDS


def test_an_error_of_what_makes_it_comes_out(pool: ThreadPoolExecutor) -> None:
    def copy(write: Callable[[bytes], object]) -> None:
        write(WORDS[: 2 << 20])
        raise Corrupt("it was changed")

    with pytest.raises(Corrupt, match="it was changed"):
        list(squeezed(copy, "gzip", None, pool, 2))
    with pytest.raises(Invalid, match="no compression level 50"):
        list(squeezed(copy, "gzip", 50, pool, 2))


def test_what_makes_it_ends_with_it(pool: ThreadPoolExecutor) -> None:
    def endless(write: Callable[[bytes], object]) -> None:
        while True:
            write(WORDS)

    with closing(squeezed(endless, "gzip", None, pool, 2)) as made:
        assert next(made)
    assert not [thread for thread in threading.enumerate() if thread.name == "pack"]


def test_it_is_no_further_ahead_than_was_said() -> None:
    given: list[int] = []

    def run(give: Callable[[int], object]) -> None:
        for number in range(1000):
            given.append(number)
            give(number)

    with closing(produced(run, 3, "numbers")) as made:
        for number in range(20):
            assert next(made) == number
            assert len(given) <= number + 1 + 3 + 2  # one is waiting to be put, one was taken


def test_all_of_it_comes_in_order() -> None:
    def run(give: Callable[[int], object]) -> None:
        for number in range(500):
            give(number)

    assert list(produced(run, 2, "numbers")) == list(range(500))
