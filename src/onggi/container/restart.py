"""Whether a container that has ended gets another round, and when. Docker's rules (moby, daemon/restart.go and
restartmanager): the bare monitor imports this, so it is plain Python."""

from __future__ import annotations

FIRST_DELAY = 0.1  # seconds
LONGEST_DELAY = 60.0
LASTING = 10.0  # a round of so many seconds was no failure to start: the next delay is the first one again


def wants_another(name: str, most: int, *, exit_code: int, rounds: int, was_stopped: bool) -> bool:
    """Under the policy `name`, after a round that ended with `exit_code`. `rounds`: how often it was started again
    already. Who stops a container wants no other round of it."""
    if was_stopped or name == "no":
        return False
    if name == "on-failure":
        return exit_code != 0 and (most == 0 or rounds < most)
    return True  # always, unless-stopped


def next_delay(before: float, seconds: float) -> float:
    """The wait before the next round: twice the one `before`, unless the round that ended had lasted."""
    if before == 0 or seconds >= LASTING:
        return FIRST_DELAY
    return min(2 * before, LONGEST_DELAY)


def resumes(name: str, *, exit_code: int, was_stopped: bool) -> bool:
    """Whether a container that is found dead after a reboot starts again."""
    if name == "on-failure":
        return exit_code != 0 and not was_stopped
    return name == "always" or (name == "unless-stopped" and not was_stopped)
