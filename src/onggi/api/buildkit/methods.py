"""All methods that are served, by their paths. A method is in a module of its own, as an endpoint is."""

from __future__ import annotations

from collections.abc import Mapping

from onggi.api.buildkit.control import (
    disk_usage,
    info,
    list_build_history,
    list_workers,
    prune,
    session,
    solve,
    status,
    update_build_history,
)
from onggi.api.buildkit.gateway import evaluate, inputs, ping, refused, warn
from onggi.api.buildkit.gateway import return_ as give
from onggi.api.buildkit.gateway import solve as bridge_solve
from onggi.api.buildkit.service import Method

_CONTROL = "/moby.buildkit.v1.Control"
_BRIDGE = "/moby.buildkit.v1.frontend.LLBBridge"

METHODS: Mapping[str, Method] = {
    f"{_CONTROL}/Info": info.METHOD,
    f"{_CONTROL}/ListWorkers": list_workers.METHOD,
    f"{_CONTROL}/Session": session.METHOD,
    f"{_CONTROL}/Solve": solve.METHOD,
    f"{_CONTROL}/Status": status.METHOD,
    f"{_CONTROL}/DiskUsage": disk_usage.METHOD,
    f"{_CONTROL}/Prune": prune.METHOD,
    f"{_CONTROL}/ListenBuildHistory": list_build_history.METHOD,
    f"{_CONTROL}/UpdateBuildHistory": update_build_history.METHOD,
    f"{_BRIDGE}/Ping": ping.METHOD,
    f"{_BRIDGE}/Solve": bridge_solve.METHOD,
    f"{_BRIDGE}/Return": give.METHOD,
    f"{_BRIDGE}/Inputs": inputs.METHOD,
    f"{_BRIDGE}/Evaluate": evaluate.METHOD,
    f"{_BRIDGE}/Warn": warn.METHOD,
    **{f"{_BRIDGE}/{name}": method for name, method in refused.METHODS.items()},
}
