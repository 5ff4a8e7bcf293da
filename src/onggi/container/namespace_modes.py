"""--pid, --ipc, --uts, --cgroupns and --userns, and the modes of Docker's HostConfig → whose namespaces a container
has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from onggi.container.namespaces import other
from onggi.container.spec import Namespaces
from onggi.decoders import convert
from onggi.errors import Invalid, Unsupported


class _Kind(NamedTuple):
    """What one of the flags takes. `called`: what Docker's messages name it; `field`: of Namespaces."""

    called: str
    field: str
    modes: tuple[str, ...]
    takes_container: bool = False


_KINDS = {
    "pid": _Kind("PID", "pid", ("host",), True),
    "ipc": _Kind("IPC", "ipc", ("none", "private", "shareable", "host"), True),
    "uts": _Kind("UTS", "uts", ("host",)),
    "cgroupns": _Kind("CGROUP", "cgroup", ("private", "host")),
}


def parse(modes: Mapping[str, str]) -> Namespaces:
    """From the value of each flag by its name, "" where it was not given. Raises Invalid, and Unsupported for user
    namespaces."""
    if modes["userns"] not in ("", "host"):
        raise Unsupported(
            f"--userns {modes['userns']}: onggi's containers are in the host's user namespace",
            hint="leave it out; -u makes the program somebody else than root",
        )
    return convert({kind.field: _mode(flag, kind, modes[flag]) for flag, kind in _KINDS.items()}, Namespaces)


def _mode(flag: str, kind: _Kind, mode: str) -> str:
    is_of_container = kind.takes_container and other(mode) != ""
    if mode and mode not in kind.modes and not is_of_container:
        known = (*kind.modes, *(("container:NAME",) if kind.takes_container else ()))
        raise Invalid(f"invalid {kind.called} mode: {mode}", hint=f"it is {' or '.join(known)}")
    return mode
