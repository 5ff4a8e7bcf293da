"""A client's session, as gRPC's own library serves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import grpc
from tests.api.buildkit.wire import called

from onggi.api.buildkit.session.session import Session

Method: TypeAlias = Callable[[bytes, grpc.ServicerContext], bytes]
Streaming: TypeAlias = Callable[[Iterator[bytes], grpc.ServicerContext], Iterator[bytes]]


class Services(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Methods by their paths: one message in and out, or streams of them."""

    def __init__(self, unary: dict[str, Method], streaming: dict[str, Streaming] | None = None) -> None:
        self._handlers = {
            **{path: grpc.unary_unary_rpc_method_handler(method) for path, method in unary.items()},
            **{path: grpc.stream_stream_rpc_method_handler(method) for path, method in (streaming or {}).items()},
        }

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        return self._handlers.get(details.method)


@contextmanager
def session(unary: dict[str, Method], streaming: dict[str, Streaming] | None = None) -> Iterator[Session]:
    """Of a client that serves these."""
    with called(Services(unary, streaming)) as channel:
        yield Session("of-tests", channel, frozenset())
