"""Uploads of blobs: in one request, or begun, written piece by piece and closed (distribution spec, "Pushing blobs").

A client that lost its connection asks how far it came, and goes on from there. Whoever closes an upload says the
digest; if it is not that of the bytes which came, they are forgotten.
"""

from __future__ import annotations

import re
from asyncio import to_thread

from aiohttp import web

from onggi.errors import OnggiError
from onggi.oci.digest import Digest
from onggi.registry_server import asked, body
from onggi.registry_server.context import CONTEXT
from onggi.registry_server.refusals import Refusal, shown
from onggi.registry_server.running import Upload

_RANGE = re.compile(r"(?:bytes[ =])?([0-9]{1,18})-([0-9]{1,18})(?:/(?:[0-9]+|\*))?")


async def post(request: web.Request) -> web.Response:
    """Begin one; with `?mount=` take a blob over from another repository if it is there, with `?digest=` the body is
    the whole blob."""
    context, repository = request.app[CONTEXT], asked.repository(request)
    _refuse_other_algorithm(request)
    if "mount" in request.query:
        digest = asked.checked_digest(request.query["mount"])
        source = asked.checked_repository(request.query["from"]) if request.query.get("from") else ""
        if await to_thread(context.served.mount, repository, digest, source):
            return _created(repository, digest)
    wanted = asked.checked_digest(request.query["digest"]) if "digest" in request.query else None
    upload = context.uploads.begin(repository, context.served.draft())
    if wanted is None:
        return _accepted(upload)
    with context.uploads.hold(upload):
        try:
            await _receive(request, upload)
            return await _finish(request, upload, wanted)
        finally:
            context.uploads.end(upload)


async def get(request: web.Request) -> web.Response:
    """How far it came."""
    return web.Response(status=204, headers=_place(_upload(request)))


async def patch(request: web.Request) -> web.Response:
    upload = _upload(request)
    with request.app[CONTEXT].uploads.hold(upload):
        await _receive(request, upload)
    return _accepted(upload)


async def put(request: web.Request) -> web.Response:
    """The last piece, which may be empty, and the digest of the whole."""
    upload = _upload(request)
    if "digest" not in request.query:
        raise Refusal("DIGEST_INVALID", "an upload is closed with ?digest=sha256:…")
    wanted = asked.checked_digest(request.query["digest"])
    with request.app[CONTEXT].uploads.hold(upload):
        await _receive(request, upload)
        return await _finish(request, upload, wanted)


async def delete(request: web.Request) -> web.Response:
    """Cancel it."""
    upload, uploads = _upload(request), request.app[CONTEXT].uploads
    with uploads.hold(upload):
        uploads.end(upload)
    return web.Response(status=204)


def _upload(request: web.Request) -> Upload:
    return request.app[CONTEXT].uploads.get(asked.repository(request), request.match_info["upload"])


async def _receive(request: web.Request, upload: Upload) -> None:
    """Append the body. What a broken connection leaves is kept; what is too large, or too much for the store, ends the
    upload."""
    context, draft = request.app[CONTEXT], upload.draft
    most = min(_length_of_chunk(request, upload), context.options.largest_blob - draft.size)
    try:
        async for piece in body.pieces(request, most, f"the upload {upload.id}"):
            await to_thread(draft.append, piece)
    except (OnggiError, body.TooLarge):
        context.uploads.end(upload)
        raise


def _length_of_chunk(request: web.Request, upload: Upload) -> int:
    """The bytes at most that Content-Range lets come; it must begin where the upload is."""
    text = request.headers.get("Content-Range")
    if text is None:
        return request.app[CONTEXT].options.largest_blob
    found = _RANGE.fullmatch(text.strip())
    if found is None:
        raise Refusal("BLOB_UPLOAD_INVALID", f"Content-Range is {shown(text)}, not <first>-<last>")
    first, last = int(found[1]), int(found[2])
    if first != upload.draft.size or last < first:
        raise Refusal(
            "RANGE_INVALID",
            f"the upload has {upload.draft.size} bytes, so no chunk {first}-{last} can follow",
            headers=_place(upload),
        )
    length = last - first + 1
    if request.content_length not in (None, length):
        raise Refusal("SIZE_INVALID", f"Content-Range {first}-{last} is not {request.content_length} bytes")
    return length


async def _finish(request: web.Request, upload: Upload, wanted: Digest) -> web.Response:
    context, draft = request.app[CONTEXT], upload.draft
    try:
        if draft.digest != wanted:
            raise Refusal(
                "DIGEST_INVALID",
                f"the {draft.size} bytes that came are {draft.digest}, not {wanted}",
                detail={"digest": wanted},
            )
        await to_thread(context.served.take, upload.repository, draft)
    finally:
        context.uploads.end(upload)
    return _created(upload.repository, wanted)


def _refuse_other_algorithm(request: web.Request) -> None:
    algorithm = request.query.get("digest-algorithm", "sha256")
    if algorithm != "sha256":
        raise Refusal("DIGEST_INVALID", f"this registry knows sha256 alone, not {shown(algorithm)}")


def _created(repository: str, digest: Digest) -> web.Response:
    headers = {"Location": f"/v2/{repository}/blobs/{digest}", "Docker-Content-Digest": digest}
    return web.Response(status=201, headers=headers)


def _accepted(upload: Upload) -> web.Response:
    return web.Response(status=202, headers=_place(upload))


def _place(upload: Upload) -> dict[str, str]:
    """Where it is, and how far. Nothing yet is `0-0` too, as in Docker's registry: there is no word for it."""
    return {
        "Location": f"/v2/{upload.repository}/blobs/uploads/{upload.id}",
        "Range": f"0-{max(upload.draft.size - 1, 0)}",
        "Docker-Upload-UUID": upload.id,
    }
