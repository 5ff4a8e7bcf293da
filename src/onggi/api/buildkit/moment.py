"""Moments in messages."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp


def moment(seconds: float) -> Timestamp:
    """Of so many seconds since the epoch."""
    made = Timestamp()
    made.FromNanoseconds(int(seconds * 1_000_000_000))
    return made
