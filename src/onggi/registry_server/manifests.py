"""Manifests, by tag and by digest."""

from __future__ import annotations

from asyncio import to_thread

from aiohttp import web

from onggi.oci import digest as digests
from onggi.registry_server import asked, body
from onggi.registry_server.context import CONTEXT
from onggi.registry_server.document import read
from onggi.registry_server.refusals import Refusal
from onggi.store.served.contents import Incomplete

LARGEST = 4 << 20
"""Bytes, as in most registries (distribution spec, "Pushing Manifests")."""


async def get(request: web.Request) -> web.Response:
    served, repository, reference = request.app[CONTEXT].served, asked.repository(request), asked.reference(request)
    found = await to_thread(served.manifest, repository, reference)
    if found is None:
        raise _unknown(repository, reference)
    headers = {"Content-Type": found.media_type, "Docker-Content-Digest": found.digest}
    if request.method == "HEAD":
        return web.Response(headers={**headers, "Content-Length": str(found.size)})
    return web.Response(body=await to_thread(served.read, found), headers=headers)


async def put(request: web.Request) -> web.Response:
    """With `?tag=`, once or several times, a manifest that is sent by digest gets these tags."""
    served, repository, reference = request.app[CONTEXT].served, asked.repository(request), asked.reference(request)
    raw = await body.whole(request, LARGEST, "the manifest")
    is_by_digest = ":" in reference
    if is_by_digest and reference != (found := digests.of(raw)):
        raise Refusal("DIGEST_INVALID", f"the manifest is {found}, not {reference}", detail={"digest": reference})
    tags = [asked.checked_tag(tag) for tag in request.query.getall("tag", [])] if is_by_digest else [reference]
    new = await to_thread(read, raw, _content_type(request))
    try:
        digest = await to_thread(served.put_manifest, repository, new, tags)
    except Incomplete as error:
        detail = [{"digest": missing} for missing in error.missing]
        raise Refusal("MANIFEST_BLOB_UNKNOWN", error.message, detail=detail) from error
    headers = {"Location": f"/v2/{repository}/manifests/{digest}", "Docker-Content-Digest": digest}
    if new.subject:
        headers["OCI-Subject"] = new.subject
    if is_by_digest and tags:
        headers["OCI-Tag"] = ", ".join(tags)
    return web.Response(status=201, headers=headers)


async def delete(request: web.Request) -> web.Response:
    """By digest the manifest with all its tags, by tag the tag alone."""
    served, repository, reference = request.app[CONTEXT].served, asked.repository(request), asked.reference(request)
    remove = served.remove_manifest if ":" in reference else served.untag
    if not await to_thread(remove, repository, reference):
        raise _unknown(repository, reference)
    return web.Response(status=202)


def _content_type(request: web.Request) -> str:
    return request.headers.get("Content-Type", "").partition(";")[0].strip()


def _unknown(repository: str, reference: str) -> Refusal:
    detail = {"name": repository, "reference": reference}
    return Refusal("MANIFEST_UNKNOWN", f"the repository {repository} has no manifest {reference}", detail=detail)
