"""Referrers: which manifests call another their subject (distribution spec, "Listing Referrers")."""

from __future__ import annotations

from asyncio import to_thread

from aiohttp import web

from onggi.oci import mediatype
from onggi.registry_server import asked
from onggi.registry_server.context import CONTEXT

_HEAD = b'{"schemaVersion":2,"mediaType":"' + mediatype.OCI_INDEX.encode() + b'","manifests":['


async def get(request: web.Request) -> web.Response:
    """An index of them, empty where there are none; its pages are about as large as a manifest may be."""
    served, repository, subject = request.app[CONTEXT].served, asked.repository(request), asked.digest(request)
    artifact_type = request.query.get("artifactType", "")
    last = request.query.get("last", "")
    found, next_last = await to_thread(served.referrers, repository, subject, artifact_type, last)
    headers = {"Content-Type": mediatype.OCI_INDEX}
    if artifact_type:
        headers["OCI-Filters-Applied"] = "artifactType"
    if next_last:
        headers |= asked.link(request, last=next_last)
    return web.Response(body=_HEAD + b",".join(found) + b"]}", headers=headers)
