"""What is found beside an image in its registry, and what becomes of it with the keys at hand.

    Signed ─judge(digest, keys)→ Verified | Refused
    all of those ─accept→ the verified ones, or an error that says why there is none

No I/O is done here.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from onggi.errors import Corrupt, Denied, NotFound
from onggi.oci import digest as digests
from onggi.oci.digest import Digest
from onggi.registry.trust import bundle, payload
from onggi.registry.trust.payload import Claim

if TYPE_CHECKING:
    from onggi.registry.trust.keys import PublicKey

Form: TypeAlias = Literal["cosign", "bundle"]


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """Some bytes, and signatures of them. `statement` is what a bundle says in them; None where they are the image's
    manifest. Without `has_key` somebody signed whom a certificate names."""

    form: Form
    message: bytes
    signatures: tuple[bytes, ...]
    has_key: bool = True
    statement: bytes | None = None


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """A signature that is good: by which key, over which digest, and what it says besides. `key` is the name that the
    key was given with, `fingerprint` the digest of its DER."""

    form: Form
    key: str
    fingerprint: Digest
    digest: Digest
    reference: str = ""
    annotations: dict[str, Any] = {}


class Reason(Enum):
    """Why a signature does not count, weightiest last."""

    CERTIFICATE = "made with a certificate, which is not looked at"
    UNREADABLE = "unreadable"
    OTHER_KEY = "by another key"
    OTHER_IMAGE = "by the key, but of another image"


_HINTS = {
    Reason.CERTIFICATE: "`cosign verify` checks certificates, against those who gave them",
    Reason.UNREADABLE: "somebody has broken what stands beside the image; `onggi image sign` signs it anew",
    Reason.OTHER_KEY: "is it the right key? Whoever gives the image away says which is theirs",
    Reason.OTHER_IMAGE: "the signature was made for another image and moved here: do not trust this one",
}


class Refused(msgspec.Struct, frozen=True):
    reason: Reason
    detail: str = ""


Verdict: TypeAlias = Verified | Refused


def judge(found: Signed, digest: Digest, keys: Sequence[PublicKey]) -> Verdict:
    """Whether one of the keys has signed for the image of this digest. What is said is read only once it is known who
    said it."""
    if not found.has_key:
        return Refused(Reason.CERTIFICATE)
    key = next(
        (key for key in keys for signature in found.signatures if key.has_signed(found.message, signature)), None
    )
    if key is None:
        return Refused(Reason.OTHER_KEY)
    try:
        claims = _claims(found)
    except Corrupt as error:
        return Refused(Reason.UNREADABLE, error.message)
    claim = next((claim for claim in claims if claim.digest == digest), None)
    if claim is None:
        return Refused(Reason.OTHER_IMAGE, ", ".join(claim.digest for claim in claims))
    return Verified(
        form=found.form,
        key=key.name,
        fingerprint=key.fingerprint,
        digest=digest,
        reference=claim.reference,
        annotations=dict(claim.annotations),
    )


def accept(verdicts: Sequence[Verdict], name: str, keys: Sequence[PublicKey]) -> tuple[Verified, ...]:
    """The good ones, at least one; `name` is what is signed, with its digest. Raises NotFound where there is no
    signature at all, Denied where none counts."""
    good = tuple(each for each in verdicts if isinstance(each, Verified))
    if good:
        return good
    refused = [each for each in verdicts if isinstance(each, Refused)]
    whose = " or ".join(key.name for key in keys)
    if not refused:
        raise NotFound(f"{name} is not signed", hint=f"who has the key of {whose} signs it with `onggi image sign`")
    reason = max((each.reason for each in refused), key=list(Reason).index)
    raise Denied(f"{name} is not signed with {whose}: {_count(refused)}", hint=_HINTS[reason])


def _count(refused: Sequence[Refused]) -> str:
    """Signatures by reason, the weightiest first, with what is known of one."""
    parts = []
    for reason in reversed(Reason):
        of_it = [each for each in refused if each.reason is reason]
        if of_it:
            detail = next((f" ({each.detail})" for each in of_it if each.detail), "")
            parts.append(f"{len(of_it)} {'signature' if len(of_it) == 1 else 'signatures'} {reason.value}{detail}")
    return ", ".join(parts)


def _claims(found: Signed) -> Sequence[Claim]:
    if found.form == "cosign":
        return [payload.parse(found.message)]
    if found.statement is None:
        return [Claim(digests.of(found.message))]
    return bundle.claims(found.statement)
