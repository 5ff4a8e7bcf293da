"""Taking ports of the host: sockets that listen before the container starts, so that a taken port is told in time."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterable, Iterator
from resource import RLIMIT_NOFILE, getrlimit

import msgspec

from onggi.container.network.port import HIGHEST, WILDCARDS, PortBinding, family, require_relayed
from onggi.errors import Conflict, Denied, Invalid, OnggiError, Unavailable
from onggi.linux.ports.holder import find_process

_TYPES = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
_QUEUE = 4096  # connections that wait to be accepted; the kernel's own limit is the same (net.core.somaxconn)
_TRIES = 64  # for a port that is free at both families
_TRANSPARENT = {socket.AF_INET: (socket.IPPROTO_IP, 19), socket.AF_INET6: (socket.IPPROTO_IPV6, 75)}
"""IP_TRANSPARENT and IPV6_TRANSPARENT: the rules of internal networks know sockets of ours by it (rules.py)."""
_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)

Publisher = Callable[[PortBinding], str]


class Listener(msgspec.Struct, frozen=True):
    """A socket that has a port of the host; `binding` says which, with one address and one number."""

    binding: PortBinding
    socket: socket.socket


def nobody(binding: PortBinding) -> str:
    """The Publisher of a store without containers."""
    return ""


def take(wanted: Iterable[PortBinding], default_ip: str = "", publisher: Publisher = nobody) -> list[Listener]:
    """Listeners for all of them; one that names no address has one at `default_ip`, or one for each family if that is
    "" too (IPv6 only where the host has it).

    `publisher` tells the name of the container that has published a port, "" for none. Raises Conflict for a port that
    is taken, which says by whom, Invalid for an address that is not this host's, Denied, Unsupported for sctp. Then
    none stays open.
    """
    taken: list[Listener] = []
    try:
        for binding in wanted:
            taken += _take(binding, default_ip, publisher)
    except BaseException:
        release(taken)
        raise
    return taken


def release(listeners: Iterable[Listener]) -> None:
    for listener in listeners:
        listener.socket.close()


def _take(binding: PortBinding, default_ip: str, publisher: Publisher) -> list[Listener]:
    require_relayed(binding)
    addresses = _addresses(binding.host_ip or default_ip)
    refusal = OSError()
    for number in _candidates(binding):
        try:
            return _take_everywhere(binding, addresses, number)
        except OSError as error:
            refusal = error
            if error.errno != errno.EADDRINUSE:
                break
    raise _explain(binding, addresses, refusal, publisher) from refusal


def _addresses(host_ip: str) -> list[str]:
    if host_ip:
        return [host_ip]
    return [WILDCARDS[socket.AF_INET], WILDCARDS[socket.AF_INET6]] if _has_ipv6() else [WILDCARDS[socket.AF_INET]]


def _has_ipv6() -> bool:
    """Not where the kernel lacks it or net.ipv6.conf.all.disable_ipv6 is set."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _candidates(binding: PortBinding) -> Iterator[int]:
    if binding.host_port:
        yield from range(binding.host_port, (binding.last_host_port or binding.host_port) + 1)
    else:
        yield from (0,) * _TRIES


def _take_everywhere(binding: PortBinding, addresses: Iterable[str], number: int) -> list[Listener]:
    """One at each address, all with the same number, which is the kernel's choice if it is 0. Raises OSError."""
    taken: list[Listener] = []
    try:
        for address in addresses:
            listening = _listen(binding.protocol, address, number)
            number = listening.getsockname()[1]
            taken.append(Listener(PortBinding(binding.container_port, binding.protocol, address, number), listening))
    except OSError:
        release(taken)
        raise
    return taken


def _listen(protocol: str, address: str, number: int) -> socket.socket:
    listening = socket.socket(family(address), _TYPES[protocol])
    try:
        if listening.family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if protocol == "tcp":  # for UDP it would let others take the same port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, number))
        _mark(listening)
        if protocol == "tcp":
            listening.listen(_QUEUE)
    except OSError:
        listening.close()
        raise
    return listening


def _mark(listening: socket.socket) -> None:
    """One that is bound, since it could be bound to any address then."""
    try:
        listening.setsockopt(*_TRANSPARENT[listening.family], 1)
    except PermissionError:  # who may not do this can make no networks whose rules ask for it
        pass


def _explain(binding: PortBinding, addresses: list[str], refusal: OSError, publisher: Publisher) -> OnggiError:
    place = PortBinding(
        binding.container_port, binding.protocol, addresses[0], binding.host_port, binding.last_host_port
    ).place
    port = f"{place}/{binding.protocol}"
    if refusal.errno == errno.EADDRINUSE:
        return _taken(binding, addresses, port, publisher)
    if refusal.errno in _NO_SUCH_ADDRESS:
        return Invalid(f"no address of this host is {addresses[0]}", hint="`ip addr` lists those it has")
    if refusal.errno == errno.EACCES:
        return Denied(
            f"the port {port} needs root",
            hint="take one from 1024 on, or lower the sysctl net.ipv4.ip_unprivileged_port_start",
        )
    if refusal.errno == errno.EMFILE:
        return Unavailable(
            f"the port {port} can not be taken: onggi may have {getrlimit(RLIMIT_NOFILE)[0]} files open here, and each"
            f" port needs {len(addresses)}",
            hint="raise the limit with `ulimit -n`, or publish fewer ports",
        )
    return Unavailable(f"the port {port} can not be taken: {refusal.strerror}")


def _taken(binding: PortBinding, addresses: list[str], port: str, publisher: Publisher) -> Conflict:
    any_free = f"-p {binding.container_port} takes any that is free"
    if binding.last_host_port or not binding.host_port:
        free = f"free in {binding.host_ports}" if binding.host_port else "free"
        return Conflict(f"no port of this host is {free} for {binding.private}", hint=any_free)
    other = _free_beside(binding, addresses)
    way_on = f"take another: -p {other}:{binding.container_port}; " if other else ""
    holder = _holder(binding, addresses, publisher)
    place = port.partition("/")[0]
    return Conflict(
        f"Bind for {place} failed: port is already allocated: {port} is taken by {holder}", hint=f"{way_on}{any_free}"
    )


def _free_beside(binding: PortBinding, addresses: list[str]) -> int:
    """The next port that is free; 0 where none is found soon."""
    for number in range(binding.host_port + 1, min(binding.host_port + 1 + _TRIES, HIGHEST + 1)):
        try:
            release(_take_everywhere(binding, addresses, number))
        except OSError:
            continue
        return number
    return 0


def _holder(binding: PortBinding, addresses: list[str], publisher: Publisher) -> str:
    for address in addresses:
        if name := publisher(PortBinding(binding.container_port, binding.protocol, address, binding.host_port)):
            return f"the container {name}"
    for address in addresses:
        if process := find_process(binding.protocol, address, binding.host_port):
            return process
    return "a process that can not be seen from here"
