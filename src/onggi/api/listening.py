"""The sockets of a server: made, or taken over from the service manager, and taken away at the end."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import ssl
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from onggi.api.address import Address, Inherited, Tcp, Unix
from onggi.api.service import inherited
from onggi.errors import Conflict, Invalid, NotFound, Unavailable

_MODE = 0o660
_WAITING = 512
"""Connections that have not been accepted yet."""
_PROBE_SECONDS = 2.0
_TURN_SECONDS = 5.0
"""For which one waits for another that begins at the same place."""
_LOOK_SECONDS = 0.05


class Tls(msgspec.Struct, frozen=True):
    """Both sides show certificates: ours, and one that `authority` has signed. PEM files."""

    authority: Path
    certificate: Path
    key: Path


class Listener:
    """A socket that is listened on. One that we have put into the file system is taken away with `close`, unless
    another has taken its place."""

    def __init__(self, opened: socket.socket, address: Unix | Tcp, made: os.stat_result | None = None) -> None:
        self.socket = opened
        self.address = address
        self._made = made

    def close(self) -> None:
        if self._made is not None and isinstance(self.address, Unix):
            path = self.address.path
            try:
                if os.path.samestat(os.lstat(path), self._made):
                    path.unlink()
            except FileNotFoundError:
                pass  # somebody has tidied up
        self.socket.close()


def listen(address: Address, group: str = "") -> list[Listener]:
    """`group` may connect to a socket in the file system, besides its owner. Raises Conflict where another server is,
    NotFound for the group, and for the folder of a socket, Unavailable."""
    match address:
        case Unix():
            return [_unix(address, group)]
        case Tcp():
            return [_tcp(address)]
        case Inherited():
            return [Listener(each, _address_of(each)) for each in inherited()]


def tls_context(tls: Tls) -> ssl.SSLContext:
    """Raises Invalid for files that cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_verify_locations(tls.authority)
    except (ssl.SSLError, OSError) as error:
        raise Invalid(f"the authority's certificate {tls.authority} cannot be used: {error}") from error
    try:
        context.load_cert_chain(tls.certificate, tls.key)
    except (ssl.SSLError, OSError) as error:
        raise Invalid(f"the certificate {tls.certificate} with the key {tls.key} cannot be used: {error}") from error
    return context


def _unix(address: Unix, group: str) -> Listener:
    owner = _number(group) if group else -1
    path = address.path
    if not path.parent.is_dir():
        raise NotFound(f"there is no folder {path.parent} for the socket", hint="make it, or choose another with -H")
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _alone(path):
            _make_room(path)
            os.fchmod(opened.fileno(), 0o600)  # what it is bound with: nobody comes in before the group is set
            opened.bind(os.fspath(path))
            os.chown(path, -1, owner)
            path.chmod(_MODE)
            opened.listen(_WAITING)
            return Listener(opened, address, os.lstat(path))
    except OSError as error:
        opened.close()
        raise _unavailable(address, error) from error
    except BaseException:
        opened.close()
        raise


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Of two servers that begin at once, one looks and binds after the other: who has locked a file beside the socket,
    which is there for that moment and nobody's but ours. Raises Unavailable if the other takes too long."""
    place = path.with_name(f".{path.name}.lock")
    descriptor = _locked(place)
    try:
        yield
    finally:
        place.unlink(missing_ok=True)
        os.close(descriptor)


def _locked(place: Path) -> int:
    deadline = time.monotonic() + _TURN_SECONDS
    while True:
        descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with suppress(BlockingIOError, FileNotFoundError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), os.lstat(place)):  # the one before us takes it away
                return descriptor
        os.close(descriptor)
        if time.monotonic() > deadline:
            raise Unavailable(f"another server that is about to begin holds {place}, and does not go on")
        time.sleep(_LOOK_SECONDS)


def _make_room(path: Path) -> None:
    """Take away what a server has left that was killed. Raises Conflict for all else that is there."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise Conflict(f"{path} is there, and is no socket", hint="choose another address with -H")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_PROBE_SECONDS)
        code = probe.connect_ex(os.fspath(path))
    if code != errno.ECONNREFUSED:
        raise Conflict(
            f"another server answers at {path}", hint="use that one, stop it, or choose another address with -H"
        )
    path.unlink()


def _number(group: str) -> int:
    import grp

    try:
        return int(group) if group.isdecimal() else grp.getgrnam(group).gr_gid
    except KeyError:
        raise NotFound(f"there is no group {group!r}", hint=f"make it: groupadd --system {group}") from None


def _tcp(address: Tcp) -> Listener:
    family = socket.AF_INET6 if ":" in address.host or not address.host else socket.AF_INET
    try:
        opened = socket.create_server(
            (address.host, address.port), family=family, backlog=_WAITING, dualstack_ipv6=not address.host
        )
    except OSError as error:
        raise _unavailable(address, error) from error
    return Listener(opened, _address_of(opened))


def _address_of(opened: socket.socket) -> Unix | Tcp:
    """Raises Invalid for a socket that no client of ours can connect to."""
    if opened.family in (socket.AF_INET, socket.AF_INET6) and opened.type == socket.SOCK_STREAM:
        host, port, *_ = opened.getsockname()
        return Tcp(host, port)
    if opened.family == socket.AF_UNIX and opened.type == socket.SOCK_STREAM:
        return Unix(Path(opened.getsockname()))
    raise Invalid("a socket that was handed over is neither a stream of TCP nor one in the file system")


def _unavailable(address: Address, error: OSError) -> Unavailable:
    return Unavailable(f"cannot listen on {address}: {error.strerror or error}", hint="choose another address with -H")
