"""`/_ping`, `/version`, `/info`, …: the engine as a whole."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from onggi.api.call import Call
from onggi.api.route import Nothing, Route
from onggi.api.versions import NEWEST, OLDEST, text


async def ping(call: Call[Nothing, None]) -> web.Response:
    """Say that one is there. The headers tell clients which version to speak, and to use the classic builder."""
    headers = {"Builder-Version": "1", "Swarm": "inactive", "Cache-Control": "no-cache, no-store, must-revalidate"}
    return web.Response(text="" if call.request.method == "HEAD" else "OK", headers=headers)


def version(call: Call[Nothing, None]) -> dict[str, Any]:
    known = call.engine.system.version()
    about = {"ApiVersion": text(NEWEST), "MinAPIVersion": text(OLDEST), "GitCommit": "", "BuildTime": ""}
    engine = {
        "Name": "Engine",
        "Version": known["Version"],
        "Details": {**about, "Os": known["Os"], "Arch": known["Arch"]},
    }
    return {"Platform": {"Name": "onggi"}, "Components": [engine], **known, **about}


def info(call: Call[Nothing, None]) -> dict[str, Any]:
    return call.engine.system.info()


ROUTES = (
    Route(method="GET", path="/_ping", handler=ping),
    Route(method="HEAD", path="/_ping", handler=ping),
    Route(method="GET", path="/version", handler=version),
    Route(method="GET", path="/info", handler=info),
)
