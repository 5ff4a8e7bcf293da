"""Moments of time in Go's words (`time.Time.String`)."""

from __future__ import annotations

from datetime import datetime

from onggi.amounts import human_duration


def ago(then: float, now: float) -> str:
    """`3 minutes ago`; both in seconds since the epoch."""
    return f"{human_duration(now - then)} ago"


def go_time(seconds: float) -> str:
    """Local time as Go prints it: `2024-05-01 10:00:00 +0900 KST`."""
    return datetime.fromtimestamp(int(seconds)).astimezone().strftime("%Y-%m-%d %H:%M:%S %z %Z")


def local_rfc3339(seconds: float) -> str:
    """Local time to the second, `2024-05-01T10:00:00+09:00`; UTC is written `Z`."""
    text = datetime.fromtimestamp(int(seconds)).astimezone().isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text
