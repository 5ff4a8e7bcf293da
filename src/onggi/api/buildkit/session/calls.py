"""Calls to a client that have one message each way."""

from __future__ import annotations

import threading

from google.protobuf.message import Message

from onggi.api.buildkit.grpc.status import INTERNAL, UNAVAILABLE, CallError
from onggi.api.buildkit.grpc.stream import Headers
from onggi.api.buildkit.session.messages import M, hear, tell
from onggi.api.buildkit.session.session import Session
from onggi.api.connections import PATIENCE


def ask(
    session: Session,
    path: str,
    request: Message,
    kind: type[M],
    metadata: Headers = (),
    patience: float = PATIENCE,
) -> M:
    """Its answer, for which so many seconds are waited: others may wait for the step that needs it. Raises
    CallError."""
    stream = session.channel.call(path, metadata)
    is_late = threading.Event()

    def give_up() -> None:
        is_late.set()
        stream.give_up()

    watch = threading.Timer(patience, give_up)
    watch.daemon = True
    watch.start()
    try:
        tell(stream, request)
        stream.finish()
        answer = hear(stream, kind)
        if answer is None or stream.receive() is not None:  # how it ended comes after the message
            raise CallError(INTERNAL, f"{path} was not answered by one message")
        return answer
    except BaseException as error:
        stream.give_up()
        if isinstance(error, CallError) and is_late.is_set():
            raise CallError(UNAVAILABLE, f"no answer came for {patience:g} seconds") from error
        raise
    finally:
        watch.cancel()
