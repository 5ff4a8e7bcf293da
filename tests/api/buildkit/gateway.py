"""A client that says by the gateway what its build is to become, as buildx does."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

from google.protobuf.message import Message
from tests.api.buildkit.own_client import CONTROL, answer, call

from onggi.api.buildkit.grpc.channel import Channel
from onggi.api.buildkit.grpc.stream import Stream
from onggi.api.buildkit.wire.control_pb2 import Exporter, SolveRequest, SolveResponse, Status
from onggi.api.buildkit.wire.definition_pb2 import Definition
from onggi.api.buildkit.wire.gateway_pb2 import (
    BridgeSolveRequest,
    BridgeSolveResponse,
    Result,
    ReturnRequest,
    ReturnResponse,
)

M = TypeVar("M", bound=Message)
_BRIDGE = "/moby.buildkit.v1.frontend.LLBBridge"


class Gateway:
    """Of one job."""

    def __init__(self, channel: Channel, job: str) -> None:
        self.job = job
        self._channel = channel

    def begin(self, method: str, request: Message) -> Stream:
        return call(self._channel, f"{_BRIDGE}/{method}", request, [("buildkit-controlapi-buildid", self.job)])

    def ask(self, method: str, request: Message, kind: type[M]) -> M:
        """Raises CallError."""
        return answer(self.begin(method, request), kind)

    def solve(self, inputs: Mapping[str, Definition] | None = None, **options: str) -> Result:
        """Raises CallError."""
        return self.ask("Solve", solving(inputs, **options), BridgeSolveResponse).result


def solving(inputs: Mapping[str, Definition] | None = None, **options: str) -> BridgeSolveRequest:
    """Steps have no network. Two underscores in an option's name are a colon."""
    attributes = {"force-network-mode": "none", **{name.replace("__", ":"): text for name, text in options.items()}}
    return BridgeSolveRequest(frontend="dockerfile.v0", frontend_opt=attributes, frontend_inputs=inputs, evaluate=True)


class Job:
    """`response`: what it has come to, when it has ended."""

    def __init__(self, channel: Channel, request: SolveRequest) -> None:
        self.gateway = Gateway(channel, request.ref)
        self.stream = call(channel, f"{CONTROL}/Solve", request)
        self.response = SolveResponse()

    def end(self, error: Status | None = None) -> None:
        """Say that the client is done. Raises CallError."""
        self.gateway.ask("Return", ReturnRequest(result=Result(), error=error), ReturnResponse)
        self.response = answer(self.stream, SolveResponse)


@contextmanager
def job(channel: Channel, session: str, exporters: Sequence[Exporter] = ()) -> Iterator[Job]:
    """Done at the end of the block, unless something goes wrong in it."""
    made = Job(channel, SolveRequest(ref=secrets.token_hex(8), session=session, exporters=exporters))
    yield made
    made.end()
