from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from onggi.registry.chunks import without_first


@given(st.lists(st.binary(max_size=5)), st.integers(min_value=0, max_value=30))
def test_the_first_bytes_are_missing_and_no_others(chunks: list[bytes], count: int) -> None:
    found = list(without_first(count, chunks))

    assert b"".join(found) == b"".join(chunks)[count:]
    assert all(found), "a chunk without bytes would be taken for the end"
