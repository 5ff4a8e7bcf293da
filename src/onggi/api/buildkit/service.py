"""The methods that clients call, and how an answer, or what went wrong, gets back to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import msgspec
from google.protobuf.message import DecodeError, Message

from onggi.api.buildkit.failures import of_error
from onggi.api.buildkit.grpc.status import CANCELLED, INVALID_ARGUMENT, UNKNOWN, CallError, unknown
from onggi.api.buildkit.grpc.stream import Stream
from onggi.api.buildkit.hub import Hub
from onggi.api.buildkit.jobs import Job, missing
from onggi.engine.loan import Loan
from onggi.errors import OnggiError
from onggi.solve.ports import Abandoned

Answer: TypeAlias = Message | Iterator[Message]


class Asked(msgspec.Struct, frozen=True):
    """A call, as its method gets it. `loan`: what stays for the client as long as its connection."""

    hub: Hub
    stream: Stream
    loan: Loan

    def find_job(self) -> Job:
        """That which it says it belongs to. Raises NotFound, also for one that another connection has."""
        name = self.stream.metadata.get("buildkit-controlapi-buildid", "")
        found = self.hub.jobs.get(name)
        if found.connection is not self.stream.connection:
            raise missing(name)
        return found


class Method(msgspec.Struct, frozen=True):
    """One message in; one out, or several."""

    request: type[Message]
    handle: Callable[[Asked, Any], Answer]


def serve(hub: Hub, methods: Mapping[str, Method], loan: Loan, stream: Stream) -> None:
    """Raises CallError."""
    method = methods.get(stream.path)
    if method is None:
        raise unknown(stream.path)
    try:
        hub.permission.require(stream.path)
        with hub.room():
            _serve(Asked(hub, stream, loan), method)
    except OnggiError as error:
        raise of_error(error) from error
    except Abandoned as error:
        raise CallError(CANCELLED, "context canceled") from error
    except OSError as error:  # a full disk, for one
        raise CallError(UNKNOWN, str(error)) from error


def _serve(asked: Asked, method: Method) -> None:
    data = asked.stream.receive()
    if data is None:
        raise CallError(INVALID_ARGUMENT, f"{asked.stream.path}: nothing was sent")
    try:
        request = method.request.FromString(data)
    except DecodeError as error:
        what = f"what was sent is no {method.request.__name__}"
        raise CallError(INVALID_ARGUMENT, f"{asked.stream.path}: {what}") from error
    answer = method.handle(asked, request)
    for message in (answer,) if isinstance(answer, Message) else answer:
        asked.stream.send(message.SerializeToString())
