"""How documents become structs, in a process with threads.

msgspec looks at a struct's fields when the first document becomes one, and shows what it has found while it still
looks: a second thread that needs the same struct at that moment reads what is not there, and the process is killed
(SIGSEGV). Here one looks after the other, and a decoder stays.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any, TypeVar, overload

import msgspec

T = TypeVar("T")
_looking = Lock()


@overload
def decoder(kind: type[T]) -> msgspec.json.Decoder[T]: ...
@overload
def decoder(kind: Any) -> msgspec.json.Decoder[Any]: ...
def decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """Of JSON."""
    return _made(kind)


@cache
def _made(kind: Any) -> msgspec.json.Decoder[Any]:
    with _looking:
        return msgspec.json.Decoder(kind)


def convert(document: Any, kind: type[T]) -> T:
    """As `msgspec.convert`, from what a JSON document has."""
    decoder(kind)  # looks at the fields, for msgspec.convert as well
    return msgspec.convert(document, kind)
