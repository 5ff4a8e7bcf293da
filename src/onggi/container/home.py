"""The files in a container's folder by which the engine, the store and the container's monitor know of each other.
Bare: monitors import it."""

from __future__ import annotations

STATE = "state.json"
"""What the container does now; replaced at each change."""

LOCK = "monitor.lock"
"""Locked for as long as the monitor lives."""

SOCKET = "attach.sock"
"""For the monitor's clients; linux/frames.py says what is spoken."""

PROCESS = "process"
"""A link to the first process in /proc while it runs; see linux/presence.py."""

LAST_WORDS = "monitor.error"
"""Why the monitor ended before its container did, if it could say so."""

NETNS = "netns"
"""The network namespace that was made for it is bound here, while it is attached to networks."""

EXECS = "execs"
"""The folder of what is known of further processes; see linux/exec_records.py."""

EXEC_STATE = ".state"
"""What the name of the file ends with that says how one of them does."""
