"""`/_ping`, `/version`, `/info`, …: the engine as a whole."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from onggi.api.call import Call
from onggi.api.route import Nothing, Route
from onggi.api.versions import NEWEST, OLDEST, has, text
from onggi.api.wire.host_config import LOG_DRIVER
from onggi.engine.information import NAME

_HEADERS = {
    "Builder-Version": "2",
    "Swarm": "inactive",
    "Cache-Control": "no-cache, no-store, must-revalidate",
    "Pragma": "no-cache",
}

_OF_OLD = dict.fromkeys(("BridgeNfIptables", "BridgeNfIp6tables", "KernelMemory", "KernelMemoryTCP"), False)
_COMMITS = ("ContainerdCommit", "RuncCommit", "InitCommit")
_NONDISTRIBUTABLE = ("AllowNondistributableArtifactsCIDRs", "AllowNondistributableArtifactsHostnames")
"""What older versions tell of the host, and had told long after there was nothing to tell."""


def ping(call: Call[Nothing, None]) -> web.Response:
    """Say that one is there. The headers tell clients which version to speak, and that BuildKit builds."""
    return web.Response(text="" if call.request.method == "HEAD" else "OK", headers=_HEADERS)


def version(call: Call[Nothing, None]) -> dict[str, Any]:
    """What is at work here, in which versions."""
    known = call.engine.system.version()
    about = {"ApiVersion": text(NEWEST), "MinAPIVersion": text(OLDEST), "GitCommit": "", "GoVersion": ""}
    details = {**about, "Os": known["Os"], "Arch": known["Arch"], "KernelVersion": known["KernelVersion"]}
    components = [
        {"Name": "Engine", "Version": known["Version"], "Details": {**details, "Experimental": "false"}},
        {"Name": "Python", "Version": known["PythonVersion"], "Details": {}},
    ]
    return {"Platform": {"Name": NAME}, "Components": components, **known, **about, "BuildTime": ""}


def info(call: Call[Nothing, None]) -> dict[str, Any]:
    """Facts about the host and the store."""
    known = call.engine.system.info()
    commits = {name: {**known[name], "Expected": known[name]["ID"]} for name in _COMMITS}
    registries = {**known["RegistryConfig"], **dict.fromkeys(_NONDISTRIBUTABLE)}
    facts = {**known, **_OF_OLD, **commits, "RegistryConfig": registries, "LoggingDriver": LOG_DRIVER}
    if not has(call.version, "security options have names"):
        return {**facts, "SecurityOptions": list(map(_name_of, facts["SecurityOptions"]))}
    return facts


def _name_of(option: str) -> str:
    """`name=seccomp,profile=builtin` → `seccomp`."""
    return option.partition(",")[0].removeprefix("name=")


ROUTES = (
    Route(method="GET", path="/_ping", handler=ping),
    Route(method="HEAD", path="/_ping", handler=ping),
    Route(method="GET", path="/version", handler=version, answer=dict[str, Any]),
    Route(method="GET", path="/info", handler=info, answer=dict[str, Any]),
)
