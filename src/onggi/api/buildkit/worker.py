"""What builds here, as clients know it: one worker, which is onggi."""

from __future__ import annotations

from onggi.api.buildkit.wire.control_pb2 import BuildkitVersion, WorkerRecord
from onggi.api.buildkit.wire.definition_pb2 import Platform
from onggi.oci import platform

VERSION = BuildkitVersion(package="github.com/moby/buildkit", version="v0.25.0+onggi")
"""Of BuildKit, whose protocol this is; clients look at it to see what may be asked for."""

HOST_GATEWAY = "192.0.2.1"
"""What clients are to say for this host, whose address a step knows only when it has its network: one that nobody has
(RFC 5737)."""
_LABELS = {
    "org.mobyproject.buildkit.worker.executor": "onggi",
    "org.mobyproject.buildkit.worker.snapshotter": "onggi",
    "org.mobyproject.buildkit.worker.moby.host-gateway-ip": HOST_GATEWAY,
}
"""Where there is a snapshotter, buildx takes it that images for several platforms, archives and caches can be made
(docker/buildx, driver/docker)."""


def record() -> WorkerRecord:
    host = platform.of_host()
    return WorkerRecord(
        id="onggi",
        labels=_LABELS,
        platforms=[Platform(architecture=host.architecture, os=host.os, variant=host.variant or "")],
        buildkit_version=VERSION,
    )
