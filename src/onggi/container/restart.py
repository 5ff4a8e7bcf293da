"""Whether a container that has ended gets another round, and when: what its policy, a person and its health say of
that. Docker's rules (moby, daemon/restart.go and restartmanager), and ours for health. The bare monitor imports this,
so it is plain Python."""

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


class Succession:
    """The rounds that a person's start gives a container: whether one follows the one that runs, and why that ends.

    `policy`: its name, and how often at most. `count`: how often it was started again. `was_stopped`: a person, or its
    health in a person's name, wants no further round. `ill_health`: what its probes said, if they end this round, and
    `past_ill_health`, if they ended the one before."""

    def __init__(self, policy: tuple[str, int]) -> None:
        self.policy = policy
        self.count = 0
        self.was_stopped = False
        self.ill_health = self.past_ill_health = ""
        self._is_asked_for = False  # another round, whatever the policy says
        self._delay = 0.0

    def stop(self) -> None:
        """A person ends it. That counts for more than its health."""
        self.was_stopped = True
        self._is_asked_for = False

    def fall_ill(self, action: str, said: str) -> bool:
        """Its probes have found it unhealthy. Returns whether the round is to end for that: not if nobody wants it to,
        and not if a person is ending it; then its probes end with it, and fail."""
        if action == "none" or self.was_stopped:
            return False
        self.ill_health = said
        self.was_stopped = action == "stop"
        self._is_asked_for = action == "restart"
        return True

    def next_delay(self, exit_code: int, seconds: float) -> float | None:
        """The wait before the next round, after one of so many seconds; None if there is none."""
        is_wanted = wants_another(*self.policy, exit_code=exit_code, rounds=self.count, was_stopped=self.was_stopped)
        if not (is_wanted or self._is_asked_for):
            return None
        self._delay = next_delay(self._delay, seconds)
        return self._delay

    def go_on(self) -> None:
        """The next round begins."""
        self.count += 1
        self.past_ill_health, self.ill_health = self.ill_health, ""
        self._is_asked_for = False
