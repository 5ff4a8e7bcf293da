"""Blobs at a place: read, looked for, mounted, sent (OCI distribution spec, "Pulling blobs", "Pushing blobs")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from onggi.errors import Corrupt, Unavailable
from onggi.fetch.url import join
from onggi.image.validate import check_bytes
from onggi.oci import digest as digests
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.registry.flow import LIMIT, Answer, Body, Conversation, Request
from onggi.registry.place import Place
from onggi.registry.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]+/(?:[0-9]+|\*)")
_ARRIVED = re.compile(r"(?:bytes=)?0-([0-9]{1,18})")
PUSH = ("pull", "push")


class Opened(msgspec.Struct, frozen=True):
    """A blob on its way; `offset` is where the bytes begin: a server may give all of it where a part was asked for."""

    chunks: Iterator[bytes]
    close: Callable[[], object]
    offset: int


class Upload(msgspec.Struct, frozen=True):
    """Where a blob can be sent to, and how many bytes have arrived there. `least`: bytes that the registry wants each
    piece but the last to have."""

    place: Place
    url: str
    size: int = 0
    least: int = 0


def look(place: Place, digest: Digest, actions: tuple[str, ...] = ("pull",)) -> Conversation[bool]:
    """Is it there? `actions`: what else is to be done there, so that one token is enough."""
    answer = yield Request(method="HEAD", place=place, target=_target(place, digest), actions=actions)
    if answer.status == 404:
        return False
    if answer.status != 200:
        raise refusal(answer, place.full_name(digest))
    return True


def read(place: Place, descriptor: Descriptor) -> Conversation[bytes]:
    """A small one, held against its descriptor. Raises NotFound, Unauthorized, Corrupt."""
    what = place.full_name(descriptor.digest)
    if descriptor.size > LIMIT:
        raise Corrupt(f"{what} is said to have {descriptor.size} bytes, too many for a document")
    answer = yield Request(
        method="GET", place=place, target=_target(place, descriptor.digest), limit=max(descriptor.size, 1)
    )
    if answer.status != 200:
        raise refusal(answer, what)
    check_bytes(f"{place.full_name()}:", answer.body, descriptor)
    return answer.body


def open_blob(place: Place, descriptor: Descriptor, offset: int = 0) -> Conversation[Opened]:
    """Its bytes from `offset` on, or from the beginning where the server gives no parts; unchecked."""
    answer = yield Request(
        method="GET",
        place=place,
        target=_target(place, descriptor.digest),
        headers={"Range": f"bytes={offset}-"} if offset else {},
        is_streamed=True,
    )
    if answer.status == 200:
        return Opened(answer.chunks, answer.close, 0)
    if answer.status == 206 and offset and _begin(answer) == offset:
        return Opened(answer.chunks, answer.close, offset)
    answer.close()
    if offset and answer.status in (206, 416):  # another part, or none: all of it then
        return (yield from open_blob(place, descriptor))
    raise refusal(answer, place.full_name(descriptor.digest))


def mount(place: Place, digest: Digest, source: str) -> Conversation[Upload | None]:
    """Have the blob of another repository of the same registry here too; None if that is done, else where it can be
    sent."""
    answer = yield Request(
        method="POST",
        place=place,
        target=f"/v2/{place.repository}/blobs/uploads/?mount={digest}&from={source}",
        actions=PUSH,
        sources=(source,),
    )
    if answer.status == 201:
        return None
    return _upload(place, answer, place.full_name(digest), 202)


def begin(place: Place) -> Conversation[Upload]:
    """A new upload."""
    answer = yield Request(method="POST", place=place, target=f"/v2/{place.repository}/blobs/uploads/", actions=PUSH)
    return _upload(place, answer, f"a push to {place.full_name()}", 202)


def send(upload: Upload, body: Body) -> Conversation[Upload]:
    """The next bytes. With a size they are said to be the part that they are, without one they stream; the size of the
    upload is 0 then where the registry does not tell it."""
    headers = {"Content-Type": "application/octet-stream"}
    if body.size is not None:
        headers |= {"Content-Length": str(body.size), "Content-Range": f"{upload.size}-{upload.size + body.size - 1}"}
    answer = yield Request(
        method="PATCH",
        place=upload.place,
        target=upload.url,
        headers=headers,
        body=body,
        actions=PUSH,
        is_repeatable=False,
    )
    after = _upload(upload.place, answer, f"a layer of {upload.place.full_name()}", 202, 204, 201)
    size = _arrived(answer)
    if not size and body.size is not None:
        size = upload.size + body.size
    return replace(after, size=size, least=upload.least)


def resume(upload: Upload) -> Conversation[Upload | None]:
    """An upload that was broken off, as far as it has come; None where there is nothing to go on with."""
    answer = yield Request(method="GET", place=upload.place, target=upload.url, actions=PUSH)
    size = _arrived(answer)
    if answer.status not in (200, 204) or not size:
        return None
    url = join(answer.url, answer.header("location")) if answer.header("location") else upload.url
    return replace(upload, url=url, size=size)


def finish(upload: Upload, digest: Digest, data: bytes | Body = b"") -> Conversation[None]:
    """The end of an upload, with all of its bytes where none were sent before. Raises Unavailable where the registry
    has other bytes than were sent."""
    mark = "&" if "?" in upload.url else "?"
    size = len(data) if isinstance(data, bytes) else data.size
    answer = yield Request(
        method="PUT",
        place=upload.place,
        target=f"{upload.url}{mark}digest={digest.replace(':', '%3A')}",
        headers={"Content-Type": "application/octet-stream"} | ({} if size is None else {"Content-Length": str(size)}),
        body=data,
        actions=PUSH,
        is_repeatable=False,
    )
    if answer.status not in (201, 204):
        raise refusal(answer, upload.place.full_name(digest))
    told = answer.header("docker-content-digest")
    if told and told != digest:
        raise Unavailable(f"{upload.place.host} has stored {told} where {digest} was sent")


def put(place: Place, data: bytes) -> Conversation[Digest]:
    """A small blob, unless it is there."""
    digest = digests.of(data)
    if not (yield from look(place, digest)):
        upload = yield from begin(place)
        yield from finish(upload, digest, data)
    return digest


def delete(place: Place, digest: Digest) -> Conversation[None]:
    """Raises NotFound, Unsupported."""
    answer = yield Request(method="DELETE", place=place, target=_target(place, digest), actions=("pull", "delete"))
    if answer.status not in (200, 202, 204):
        raise refusal(answer, place.full_name(digest))


def _upload(place: Place, answer: Answer, what: str, *wanted: int) -> Upload:
    if answer.status not in wanted:
        raise refusal(answer, what)
    location = answer.header("location")
    if not location:
        raise Corrupt(f"{place.host} does not say where {what} goes")
    return Upload(place, join(answer.url, location), least=answer.number("oci-chunk-min-length") or 0)


def _arrived(answer: Answer) -> int:
    """How many bytes the registry has: its Range names the first and the last of them. One is told as none, for `0-0`
    is what nothing is called too."""
    found = _ARRIVED.fullmatch(answer.header("range"))
    last = int(found[1]) if found else 0
    return last + 1 if last else 0


def _begin(answer: Answer) -> int:
    found = _RANGE.fullmatch(answer.header("content-range"))
    return int(found[1]) if found else -1


def _target(place: Place, digest: Digest) -> str:
    return f"/v2/{place.repository}/blobs/{digests.parse(digest)}"
