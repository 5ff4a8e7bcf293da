"""What a client may not ask for by the gateway."""

from __future__ import annotations

from onggi.api.buildkit.gateway import refused
from onggi.api.buildkit.wire.definition_pb2 import Definition
from onggi.api.buildkit.wire.gateway_pb2 import BridgeSolveRequest, Ref


def test_what_is_refused_is_not_looked_at() -> None:
    asked = BridgeSolveRequest(frontend="x", frontend_inputs={"y": Definition(ops=[b"z"])})
    for method in refused.METHODS.values():
        method.request.FromString(asked.SerializeToString())
        method.request.FromString(Ref(id="x").SerializeToString())
