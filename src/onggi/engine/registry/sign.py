"""`image sign`, `image verify`, `image generate-key`: signatures of images at registries, and the keys for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from onggi.engine.registry.trust import public_key, read_key
from onggi.errors import Conflict, Invalid
from onggi.oci import reference as references
from onggi.oci.digest import Digest
from onggi.settings import Settings

if TYPE_CHECKING:
    from onggi.oci.reference import Reference
    from onggi.registry.documents import Document
    from onggi.registry.flow import Conversation
    from onggi.registry.place import Place
    from onggi.registry.settings.table import Table
    from onggi.registry.trust.keys import PublicKey
    from onggi.registry.trust.signatures import Verified


class SignRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to sign: what the registry has under `name`. `annotations` are signed with it."""

    name: str
    key: Path
    annotations: Mapping[str, str] = {}


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """`name` has the digest that was signed, `tag` is where the signature is, and `fingerprint` the digest of the key
    that checks it. If not `is_new`, this key had said the same already."""

    name: str
    tag: str
    fingerprint: Digest
    is_new: bool


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """The good signatures of an image, at least one. `host` is where it and they were found."""

    name: str
    host: str
    digest: Digest
    signatures: tuple[Verified, ...]


class Signatures:
    """Signatures at the registries that the settings describe."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def sign(self, request: SignRequest, password: Callable[[], bytes]) -> Signed:
        """Put a signature beside an image that is at a registry; `password` is asked if the key is locked. Raises
        NotFound for an image that is not there, Denied for another password, Invalid, Unsupported, Unauthorized,
        Unavailable."""
        from onggi.engine.registry.wire import open_wire
        from onggi.registry.trust import keys, signing

        reference = references.parse(request.name)
        key = keys.private(read_key(request.key), str(request.key), password)
        with open_wire(self._settings) as wire:
            receipt = wire.driver.run(signing.sign(wire.home(reference), reference, key, request.annotations))
        return Signed(
            name=f"{reference.familiar_name()}@{receipt.digest}",
            tag=receipt.tag,
            fingerprint=key.public.fingerprint,
            is_new=receipt.is_new,
        )

    def verify(self, name: str, keys: Sequence[Path] = ()) -> Checked:
        """The signatures by one of the keys, or without any by those that the policy demands, of what a registry has
        under a name. Raises NotFound, Denied, Invalid, Unsupported, Unauthorized, Unavailable."""
        from onggi.engine.registry.wire import open_wire
        from onggi.registry import resolve

        reference = references.parse(name)
        given = tuple(map(public_key, keys))
        with open_wire(self._settings) as wire:
            wanted = given or _demanded(reference, wire.table)
            asked = resolve.first(wire.places(reference), lambda place: _check(place, reference, wanted))
            place, (image, signatures) = wire.driver.run(asked)
        return Checked(name=reference.familiar(), host=place.familiar_host, digest=image.digest, signatures=signatures)

    def generate_key(self, prefix: Path, password: Callable[[], bytes]) -> tuple[Path, Path]:
        """A new pair of keys in files that were not there: `<prefix>.key`, which the password opens, and
        `<prefix>.pub`, which may be shown. Raises Conflict, Invalid."""
        from onggi.registry.trust import keys

        private, public = (prefix.with_name(prefix.name + ending) for ending in (".key", ".pub"))
        for path in (private, public):
            if os.path.lexists(path):
                raise _taken(path)  # before anyone is asked for a password
        pair = keys.generate(str(public))
        _write_new(private, pair.boxed(password()), 0o600)
        try:
            _write_new(public, pair.public.pem(), 0o644)
        except BaseException:
            with suppress(OSError):
                private.unlink()
            raise
        return private, public


def _check(
    place: Place, reference: Reference, keys: Sequence[PublicKey]
) -> Conversation[tuple[Document, tuple[Verified, ...]]]:
    from onggi.registry import documents
    from onggi.registry.resolve import tag_or_digest
    from onggi.registry.trust.verification import verify

    image = yield from documents.fetch(place, tag_or_digest(reference))
    return image, (yield from verify(place, image, keys, is_thorough=True))


def _demanded(reference: Reference, table: Table) -> tuple[PublicKey, ...]:
    from onggi.registry.settings.policy import demands

    found = demands(reference, table).keys
    if not found:
        raise Invalid(
            f"no key says who must have signed {reference.familiar()}",
            hint="--key names one, or the policy for it in registries.toml",
        )
    return tuple(map(public_key, found))


def _write_new(path: Path, data: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    except FileExistsError as error:
        raise _taken(path) from error
    except OSError as error:
        raise Invalid(f"{path} cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _taken(path: Path) -> Conflict:
    return Conflict(f"{path} is there already", hint="a key is not overwritten: give another prefix")
