"""Whether an image at a registry is signed as it must be: with a key that a person names, and with one that the policy
names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from onggi.errors import Denied, Invalid, NotFound
from onggi.registry.documents import Document
from onggi.registry.flow import Conversation
from onggi.registry.place import Place
from onggi.registry.resolve import Found
from onggi.registry.settings.table import Demand

if TYPE_CHECKING:
    from onggi.registry.trust.keys import PublicKey

_LONGEST_FILE = 64 << 10  # bytes of a key, and of what stands beside it in its file


class Signatories(msgspec.Struct, frozen=True):
    """One of these keys must have signed the image. `demand` says so where it is the policy, "" where a person does."""

    keys: tuple[PublicKey, ...]
    demand: str = ""


def required(demand: Demand, asked: Sequence[Path] = ()) -> tuple[Signatories, ...]:
    """Who must have signed an image: one of the policy's keys, if it has any, and one of those that were asked for.
    Reads the files. Raises NotFound, Invalid, Unsupported."""
    found = []
    if asked:
        found.append(Signatories(tuple(map(public_key, asked))))
    if demand.keys:
        said = f"{demand.line} demands that of all of {demand.prefix}"
        found.append(Signatories(tuple(map(public_key, demand.keys)), said))
    return tuple(found)


def trusted(place: Place, asking: Conversation[Found], signatories: Sequence[Signatories]) -> Conversation[Found]:
    """What a conversation finds at a place, once it is known to be signed. Raises as `check_trust`."""
    found = yield from asking
    yield from check_trust(place, found.named, signatories)
    return found


def check_trust(place: Place, image: Document, signatories: Sequence[Signatories]) -> Conversation[None]:
    """Hold the signatures of an image against all who must have signed it: of an image for several platforms, those of
    the index that the reference names. Signatures are looked for where the image is. Raises NotFound where it is not
    signed, Denied where no signature counts."""
    from onggi.registry.trust.verification import verify

    for each in signatories:
        try:
            yield from verify(place, image, each.keys)
        except (NotFound, Denied) as error:
            if not each.demand:
                raise
            raise type(error)(f"{error.message}; {each.demand}", hint=error.hint) from error


def public_key(path: Path) -> PublicKey:
    """The key in a file. Raises NotFound, Invalid, Unsupported."""
    from onggi.registry.trust import keys

    return keys.public(read_key(path), str(path))


def read_key(path: Path) -> bytes:
    """The bytes of a file with a key. Raises NotFound, Invalid."""
    try:
        with path.open("rb") as file:
            raw = file.read(_LONGEST_FILE + 1)
    except FileNotFoundError as error:
        raise NotFound(f"there is no key {path}", hint="`onggi image generate-key` makes a pair of keys") from error
    except OSError as error:
        raise Invalid(f"the key {path} cannot be read: {error.strerror}") from error
    if len(raw) > _LONGEST_FILE:
        raise Invalid(f"{path} is no key: it has more than {_LONGEST_FILE} bytes")
    return raw
