"""How many files a process may have open. Those of ours raise their limit, since each of their clients takes some; what
they start for others has the one that they were given. Bare: part of every monitor."""

from __future__ import annotations

from resource import RLIMIT_NOFILE, getrlimit, setrlimit

_WANTED = 1 << 20
_given = getrlimit(RLIMIT_NOFILE)


def raise_own() -> int:
    """How many files we may have open from now on."""
    hard = getrlimit(RLIMIT_NOFILE)[1]
    for wanted in (max(hard, _WANTED), hard):
        try:
            setrlimit(RLIMIT_NOFILE, (wanted, wanted))
        except (OSError, ValueError):  # more than fs.nr_open, or not root
            continue
        return wanted
    return hard


def own() -> int:
    """How many files we may have open now."""
    return getrlimit(RLIMIT_NOFILE)[0]


def give_back() -> None:
    """In a child, before it becomes somebody else's program."""
    setrlimit(RLIMIT_NOFILE, _given)


class AsGiven:
    """Within the block our own limit is the one that we were given, for who is started there. Not for threads."""

    def __enter__(self) -> None:
        self._own = getrlimit(RLIMIT_NOFILE)
        give_back()

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        setrlimit(RLIMIT_NOFILE, self._own)
