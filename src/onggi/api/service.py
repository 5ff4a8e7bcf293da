"""The service manager: sockets that it hands over (sd_listen_fds(3)), and what it is told (sd_notify(3))."""

from __future__ import annotations

import os
import socket

from onggi.errors import Invalid

_FIRST = 3
_SOCKETS = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")


def inherited() -> list[socket.socket]:
    """In their order; what says so is taken out of the environment, so that no child thinks they are its own. Raises
    Invalid where there are none."""
    said = {name: os.environ.pop(name, "") for name in _SOCKETS}
    count = int(said["LISTEN_FDS"]) if said["LISTEN_FDS"].isdecimal() else 0
    if said["LISTEN_PID"] != str(os.getpid()) or not count:
        raise Invalid(
            "no sockets were handed over for fd://",
            hint="it is for systemd's units: `onggi serve --print-unit onggi.socket`; give an address to -H elsewhere",
        )
    found = []
    for number in range(_FIRST, _FIRST + count):
        os.set_inheritable(number, False)
        found.append(socket.socket(fileno=number))
    return found


class Notice:
    """What the manager that has started us is told; nothing where there is none."""

    def __init__(self) -> None:
        self._place = os.environ.pop("NOTIFY_SOCKET", "")

    def tell(self, state: str) -> None:
        """READY=1, STOPPING=1."""
        if not self._place:
            return
        place = "\0" + self._place[1:] if self._place.startswith("@") else self._place
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            try:
                manager.sendto(state.encode(), place)
            except OSError:
                pass  # it does not listen: nothing here depends on it
