"""Reading the JSON documents of images, which come from strangers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from onggi.errors import Corrupt

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises for bytes that are no such document."""


@contextmanager
def reading(kind: str) -> Iterator[None]:
    """What is wrong with a document that is decoded in this block is raised as Corrupt, with the field if one is to
    blame."""
    try:
        yield
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Corrupt(f"not {kind}: {error}") from error
    except RecursionError as error:
        raise Corrupt(f"not {kind}: JSON is nested too deep") from error
