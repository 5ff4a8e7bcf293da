"""The engine's side of a way out in user space: which program there is, and how it is called."""

from __future__ import annotations

import marshal
import os
import socket
from collections.abc import Callable, Mapping
from typing import IO

import msgspec

from onggi.errors import Unavailable
from onggi.linux.companion import Companion
from onggi.linux.uplink.minder import READY_FD

_NAME = "onggi-uplink"
_FOLDERS = ("/usr/bin", "/usr/local/bin", "/bin")
_MOST_SAID = 65536
LINK = "eth0"


class Uplink(msgspec.Struct, frozen=True):
    """What is wanted: `netns` is the path that the container's network namespace is bound to, `address` the
    container's, `prefix` of its subnet, `gateway` the host's."""

    netns: str
    address: str
    prefix: int
    gateway: str


class Program(msgspec.Struct, frozen=True):
    """`gives_address`: the link has the wanted address then; else it has one of the program's own choice."""

    name: str
    path: str
    gives_address: bool


def find() -> Program | None:
    """The best that is installed."""
    return next(filter(None, map(_find, _PROGRAMS)), None)


def find_named(name: str) -> Program:
    """Raises Unavailable if it is not installed."""
    if name in _PROGRAMS and (program := _find(name)):
        return program
    raise Unavailable(f"{name}, which gave the container its way out, is not installed", hint=f"install {name} again")


def _find(name: str) -> Program | None:
    gives_address, _, _ = _PROGRAMS[name]
    paths = (f"{folder}/{name}" for folder in _FOLDERS)
    return next((Program(name, path, gives_address) for path in paths if os.access(path, os.X_OK)), None)


def start(program: Program, container: str, wanted: Uplink, life: int, kept: int, log: IO[bytes]) -> None:
    """Returns when the namespace has the link. `life` and `kept` as of a port keeper. Raises Unavailable with what the
    program says in the log."""
    _, goes_to_background, words = _PROGRAMS[program.name]
    minder = Companion("onggi.linux.uplink.minder", _NAME, container, log=log.fileno())
    options = {"argv": (program.path, *words(wanted)), "goes_to_background": goes_to_background}
    try:
        socket.send_fds(minder.control, [marshal.dumps(options)], [life, kept])
        minder.finish()
    except (OSError, Unavailable) as error:
        minder.abandon()
        said = os.pread(log.fileno(), _MOST_SAID, 0).decode(errors="replace").strip().splitlines() or ["nothing"]
        raise Unavailable(f"{program.name} gives {container} no way out; it says: {said[-1]}") from error


def _pasta(wanted: Uplink) -> tuple[str, ...]:
    """Ports are the keeper's. Nothing of the host's loopback is shown: neither to the container, nor by it."""
    return (
        *("--quiet", "--runas", "0:0", "--config-net", "-4", "-I", LINK),
        *("-a", wanted.address, "-n", str(wanted.prefix), "-g", wanted.gateway, "--no-map-gw"),
        *("-t", "none", "-u", "none", "-T", "none", "-U", "none", "--no-dhcp", "--netns", wanted.netns),
    )


def _slirp4netns(wanted: Uplink) -> tuple[str, ...]:
    return (
        *("--configure", "--mtu=65520", "--disable-host-loopback", "--enable-sandbox", f"--ready-fd={READY_FD}"),
        *("--netns-type=path", wanted.netns, LINK),
    )


_Words = Callable[[Uplink], tuple[str, ...]]
_PROGRAMS: Mapping[str, tuple[bool, bool, _Words]] = {
    "pasta": (True, True, _pasta),
    "slirp4netns": (False, False, _slirp4netns),
}
"""Name → whether the link gets the address, whether it goes to the background once it is ready, its words."""
