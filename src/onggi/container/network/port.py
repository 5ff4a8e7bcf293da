"""Published ports: `-p [ip:][host:]container[/protocol]` → PortBindings → the words of `ps` and `port`.

The grammar is Docker's (go-connections, nat; docker/cli, opts/port.go), and errors begin with its words.
"""

from __future__ import annotations

from _socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from onggi.errors import Invalid, Unsupported

PROTOCOLS = ("tcp", "udp", "sctp")
RELAYED = ("tcp", "udp")
"""Those that can be published."""
HIGHEST = 65535
WILDCARDS = {AF_INET: "0.0.0.0", AF_INET6: "::"}
_MAPPED = bytes(10) + b"\xff\xff"  # before an address of IPv4 in one of IPv6 (RFC 4291, section 2.5.5.2)
_EXAMPLES = "write 8080:80, 127.0.0.1:8080:80, [::1]:53:53/udp or 8000-8002:80-82"


class PortBinding(msgspec.Struct, frozen=True, order=True):
    """A port of the container, and where the host has it.

    host_ip: "" stands for the setting's default. host_port: 0 is any that is free. last_host_port: with it, the first
    free one from host_port to it. A port that is published has an address, and a port in host_port alone.
    """

    container_port: int
    protocol: str = "tcp"
    host_ip: str = ""
    host_port: int = 0
    last_host_port: int = 0

    @property
    def host_ports(self) -> str:
        """As Docker's documents have it: "", "8080" or "8000-8010"."""
        if not self.host_port:
            return ""
        return _span(self.host_port, self.last_host_port or self.host_port)

    @property
    def private(self) -> str:
        """The container's port as an image names it: `80/tcp`."""
        return f"{self.container_port}/{self.protocol}"

    @property
    def place(self) -> str:
        """Where the host has it: `0.0.0.0:8080`, `[::]:8080`."""
        return f"{_bracketed(self.host_ip)}:{self.host_ports}"

    @property
    def is_open_to_world(self) -> bool:
        """Whether more than this host can reach it, as far as the address says."""
        return not (self.host_ip == "::1" or self.host_ip.startswith("127."))


def parse(text: str) -> list[PortBinding]:
    """Each port of `text`, which is in the short form or in `published=8080,target=80,protocol=tcp`. Raises Invalid."""
    short = _shorten(text) if "=" in text else text
    rest, _, container = short.rpartition(":")
    numbers, _, protocol = container.partition("/")
    protocol = protocol.lower() or "tcp"
    if not numbers:
        raise Invalid(f"no port specified: {text!r}", hint=_EXAMPLES)
    if protocol not in PROTOCOLS:
        raise Invalid(f"invalid proto: {protocol} in {text!r}", hint=f"it is one of {', '.join(PROTOCOLS)}")
    address, _, host = rest.rpartition(":")
    host_ip = _address(address, text)
    first, last = _range(numbers, 1, f"invalid containerPort: {numbers} in {text!r}")
    if not host:
        return [PortBinding(port, protocol, host_ip) for port in range(first, last + 1)]
    first_host, last_host = _range(host, 0, f"invalid hostPort: {host} in {text!r}")
    if first == last and first_host != last_host:
        return [PortBinding(first, protocol, host_ip, max(first_host, 1), last_host)]
    if last - first != last_host - first_host:
        raise Invalid(
            f"invalid ranges specified for container and host Ports: {numbers} and {host}",
            hint="they have to be of one length; only for a single port of the container may the host's be a range",
        )
    return [PortBinding(port, protocol, host_ip, port - first + first_host) for port in range(first, last + 1)]


def spell(binding: PortBinding) -> str:
    """What `parse` reads as `binding`: `127.0.0.1:8080:80/tcp`."""
    if binding.host_ip:
        return f"{binding.place}:{binding.private}"
    return f"{binding.host_ports}:{binding.private}".removeprefix(":")


def merge(bindings: Iterable[PortBinding]) -> tuple[PortBinding, ...]:
    """Each once, in their order. Raises Invalid where two of them want the same port of the host."""
    merged = tuple(dict.fromkeys(bindings))
    wanted: dict[tuple[str, int], list[PortBinding]] = {}
    for binding in merged:
        if not binding.host_port or binding.last_host_port:
            continue
        rivals = wanted.setdefault((binding.protocol, binding.host_port), [])
        for rival in rivals:
            if do_overlap(rival.host_ip, binding.host_ip):
                raise Invalid(
                    f"two ports want the same one of the host: {spell(rival)} and {spell(binding)}",
                    hint="it can lead to one port of the container only",
                )
        rivals.append(binding)
    return merged


def require_relayed(binding: PortBinding) -> None:
    """Raises Unsupported for a protocol that can not be published."""
    if binding.protocol not in RELAYED:
        raise Unsupported(
            f"{binding.private} can not be published: onggi relays {' and '.join(RELAYED)}",
            hint="other containers of its network reach it by its name",
        )


def publish_all(bindings: Sequence[PortBinding], exposed: Iterable[str]) -> tuple[PortBinding, ...]:
    """What -P adds: any free port for each exposed one (`80/tcp`) that is not published already."""
    published = {binding.private for binding in bindings}
    others = (_of_exposed(port) for port in dict.fromkeys(exposed) if port not in published)
    return (*bindings, *others)


def do_overlap(one: str, other: str) -> bool:
    """Whether a port can not be taken at both addresses; "" is all of both families."""
    if not one or not other or one == other:
        return True
    return family(one) is family(other) and WILDCARDS[family(one)] in (one, other)


def family(address: str) -> int:
    return AF_INET6 if ":" in address else AF_INET


def summarize(bindings: Iterable[PortBinding], exposed: Iterable[str] = (), mark: str = "") -> str:
    """The words of `ps`: `8125/udp, 0.0.0.0:8080->80/tcp, [::]:8080->80/tcp`; neighbouring ports as a range. `exposed`
    are all the ports that the container listens on; of those, the ones that are published are told once. `mark` stands
    before each that is open to the world."""
    published = sorted(set(bindings), key=_in_order)
    seen = {binding.private for binding in published}
    others = sorted({_of_exposed(port) for port in exposed if port not in seen})
    words = [f"{_private_span(run)}/{run[0].protocol}" for run in _runs(others)]
    words += [
        f"{mark * run[0].is_open_to_world}{_bracketed(run[0].host_ip)}:{_span(run[0].host_port, run[-1].host_port)}->"
        f"{_private_span(run)}/{run[0].protocol}"
        for run in _runs(published)
    ]
    return ", ".join(words)


def table(bindings: Iterable[PortBinding], exposed: Iterable[str] = ()) -> dict[str, list[dict[str, str]] | None]:
    """As `inspect` has them under NetworkSettings.Ports; an exposed port that is not published is there with null."""
    ports: dict[str, list[dict[str, str]] | None] = dict.fromkeys(exposed)
    for binding in bindings:
        places = ports.get(binding.private) or []
        ports[binding.private] = [*places, {"HostIp": binding.host_ip, "HostPort": binding.host_ports}]
    return ports


def _shorten(text: str) -> str:
    fields = {"published": "", "protocol": "tcp", "mode": ""}
    for part in text.split(","):
        name, _, value = part.partition("=")
        if name not in (*fields, "target"):
            raise Invalid(f"invalid publish opts format (unknown {name!r} in {text!r})", hint=_EXAMPLES)
        fields[name] = value
    return f"{fields['published']}:{fields.get('target', '')}/{fields['protocol']}"


def _address(text: str, whole: str) -> str:
    """In the one way to write it; "" for none."""
    if not text:
        return ""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        kind = family(bare)
        packed = inet_pton(kind, bare)
        return inet_ntop(AF_INET, packed[-4:]) if packed[:-4] == _MAPPED else inet_ntop(kind, packed)
    except (OSError, ValueError) as error:
        raise Invalid(f"invalid IP address: {text} in {whole!r}", hint=_EXAMPLES) from error


def _range(text: str, lowest: int, complaint: str) -> tuple[int, int]:
    ends = text.split("-")
    if len(ends) > 2 or not all(end.isascii() and end.isdigit() for end in ends):
        raise Invalid(complaint, hint=_EXAMPLES)
    first, last = int(ends[0]), int(ends[-1])
    if not (lowest <= first <= HIGHEST and last <= HIGHEST):
        raise Invalid(complaint, hint=f"ports go from {lowest} to {HIGHEST}")
    if last < first:
        raise Invalid(complaint, hint="the range runs backwards")
    return first, last


def _of_exposed(port: str) -> PortBinding:
    number, _, protocol = port.partition("/")
    return PortBinding(int(number), protocol or "tcp")


def _in_order(binding: PortBinding) -> tuple[object, ...]:
    """By the container's port; the host's addresses of IPv4 first. Ports of one range come one after the other."""
    offset = binding.host_port - binding.container_port
    return binding.protocol, family(binding.host_ip), binding.host_ip, offset, binding.container_port


def _runs(bindings: Iterable[PortBinding]) -> Iterator[list[PortBinding]]:
    """Neighbours on both sides, together; by the container's first port."""
    runs: list[list[PortBinding]] = []
    for binding in bindings:
        last = runs[-1][-1] if runs else None
        if last and _step(last, binding) == (1, last.protocol, last.host_ip):
            runs[-1].append(binding)
        else:
            runs.append([binding])
    return iter(sorted(runs, key=lambda run: (run[0].container_port, run[0].protocol)))


def _step(one: PortBinding, other: PortBinding) -> tuple[int, str, str]:
    step = other.container_port - one.container_port
    is_even = not one.host_port or other.host_port - one.host_port == step
    return step if is_even else 0, other.protocol, other.host_ip


def _private_span(run: Sequence[PortBinding]) -> str:
    return _span(run[0].container_port, run[-1].container_port)


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
