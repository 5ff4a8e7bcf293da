"""When a container is well: what its probes say together. Docker's rules (moby, daemon/health.go): the bare monitor
imports this, so it is plain Python.

A container with a health check is `starting` until a probe succeeds, which makes it `healthy` at once and ends the
start period. Failures in the start period do not count; after it, so many in a row as `retries` says make it
`unhealthy`, and one success makes it `healthy` again.
"""

from __future__ import annotations

STARTING, HEALTHY, UNHEALTHY = "starting", "healthy", "unhealthy"

INTERVAL = 30.0  # seconds, as in Docker
TIMEOUT = 30.0
START_INTERVAL = 5.0
RETRIES = 3
MOST_RESULTS = 5  # probes that are remembered
LONGEST_OUTPUT = 4096  # bytes of a probe's output that are kept

NANOSECONDS = 1_000_000_000


class Timing:
    """When to probe, in seconds; what is 0 is Docker's default."""

    def __init__(
        self,
        interval: float = 0.0,
        timeout: float = 0.0,
        start_period: float = 0.0,
        start_interval: float = 0.0,
        retries: int = 0,
    ) -> None:
        self.interval = interval or INTERVAL
        self.timeout = timeout or TIMEOUT
        self.start_period = start_period
        self.start_interval = start_interval or START_INTERVAL
        self.retries = retries or RETRIES

    def next_wait(self, status: str, seconds: float) -> float:
        """How long until the next probe of a container that is `seconds` old."""
        if status == STARTING and seconds < self.start_period:
            return self.start_interval
        return self.interval


def failed(streak: int, output: str) -> str:
    """What is wrong after so many failures in a row, the last with this output: "3 probes in a row failed; the last
    said: refused"."""
    probes = "1 probe" if streak == 1 else f"{streak} probes in a row"
    lines = output.strip().splitlines()
    return f"{probes} failed; the last said: {lines[-1]}" if lines else f"{probes} failed"


def judge(status: str, streak: int, succeeded: bool, timing: Timing, seconds: float) -> tuple[str, int]:
    """The status after a probe, and how many have failed in a row. `seconds`: the container's age when the probe
    began."""
    if succeeded:
        return HEALTHY, 0
    if status == STARTING and seconds < timing.start_period:
        return STARTING, streak
    streak += 1
    return (UNHEALTHY if streak >= timing.retries else status), streak
