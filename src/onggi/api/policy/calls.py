"""Each call of BuildKit's protocol that a socket which can do less may serve, as the request of the Engine API that
does the same. What is built is judged when it is known, as it is for `POST /build`."""

from __future__ import annotations

from collections.abc import Mapping

from onggi.api.policy.table import TABLE, Row

_ALWAYS = TABLE["POST /grpc"]
_FOLLOWS = Row(sets=("build", "system"), looks=True)
_BUILDS = Row(sets=("build",))
_TELLS = TABLE["GET /system/df"]
_REMOVES = Row(sets=("remove",))
_CONTROL: Mapping[str, Row] = {
    "Info": _ALWAYS,
    "ListWorkers": _ALWAYS,
    "Session": _ALWAYS,
    "Solve": _BUILDS,
    "Status": _FOLLOWS,
    "DiskUsage": _TELLS,
    "Prune": _REMOVES,
    "ListenBuildHistory": _TELLS,
    "UpdateBuildHistory": _REMOVES,
}
_BRIDGE = (
    "Ping Solve Return Inputs Evaluate Warn ResolveImageConfig ResolveSourceMeta ReadFile ReadDir StatFile NewContainer"
    " ReleaseContainer ExecProcess ReadFileContainer ReadDirContainer StatFileContainer"
)
"""Of a build of the client's own, all. A call that has no name here is refused, as a request is."""

CALLS: Mapping[str, Row] = {
    **{f"/moby.buildkit.v1.Control/{name}": row for name, row in _CONTROL.items()},
    **{f"/moby.buildkit.v1.frontend.LLBBridge/{name}": _BUILDS for name in _BRIDGE.split()},
}
"""By their paths."""
