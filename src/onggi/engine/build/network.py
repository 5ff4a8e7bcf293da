"""The network of RUN steps: a namespace on the default network for each that runs, kept for those that come after it.

A namespace costs more than starting a step does. So nothing is made until a step runs, and what is made serves one step
after the other, as long as each leaves it as it was: an ordinary one may change neither links nor rules, and with its
last process its sockets are gone. One that may do more, or that did not end well, has its namespace for itself.

A namespace has no name: it is a descriptor of this process. When that is closed, or this process is killed, the kernel
ends it with its links; its address is leased.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import msgspec

from onggi.errors import Conflict, Denied, Unavailable, Unsupported

if TYPE_CHECKING:
    from onggi.container.network.attachment import Endpoint
    from onggi.container.network.network import Network
    from onggi.container.network.plan import NetPlan
    from onggi.engine.container.household import Household
    from onggi.store.disk import Lease


class Access(msgspec.Struct, frozen=True):
    """How a step reaches others. netns: the path of its namespace, "" for the host's. resolv_conf: the file for it, ""
    for the one that all have. gateway: the host's address there, where it listens to all its own."""

    netns: str = ""
    resolv_conf: str = ""
    gateway: str = "127.0.0.1"


HOSTS = Access()
"""On the host's own network."""


class StepNetwork:
    """The namespaces of one build; a `with` block ends them. `house` is asked for when a step runs; `folder` is for a
    file that steps see; `say` is told once why they have the host's network, where the default one cannot be had."""

    def __init__(
        self, house: Callable[[], Household], lease: Lease, folder: Path, say: Callable[[str], object]
    ) -> None:
        self._house = house
        self._lease = lease
        self._resolv_conf = folder / "bridge-resolv.conf"
        self._say = say
        self._lock = threading.Lock()
        self._gateway = ""
        self._idle: list[int] = []
        self._is_hosts = False

    @contextmanager
    def access(self, *, is_trusted: bool) -> Iterator[Access]:
        """For one step, until the end of the block. Who is not trusted may change what is in its namespace."""
        namespace = self._take()
        if namespace is None:
            yield HOSTS
            return
        is_clean = False
        try:
            yield Access(f"/proc/{os.getpid()}/fd/{namespace}", str(self._resolv_conf), self._gateway)
            is_clean = is_trusted
        finally:
            if is_clean:
                self._idle.append(namespace)
            else:
                os.close(namespace)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for namespace in self._idle:
            os.close(namespace)

    def _take(self) -> int | None:
        """One that nobody uses, or a new one; None for the host's."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
            if self._is_hosts:
                return None
            try:
                return self._make()
            except (Conflict, Denied, Unavailable, Unsupported) as error:
                self._is_hosts = True
                self._say(f"RUN steps have the host's network: {error}")
                return None

    def _make(self) -> int:
        # Late: most builds that change nothing run nothing.
        from onggi.container.network.plan import bridge_of
        from onggi.container.spec import DEFAULT_NETWORK
        from onggi.engine.network import occupants
        from onggi.engine.network.connection import steps
        from onggi.linux import netns
        from onggi.linux.netlink import Netlink

        house = self._house()
        networks = house.networks
        network = networks.get(DEFAULT_NETWORK)
        with ExitStack() as undo, Netlink() as outside, networks.lock(network.id):
            while not occupants.provide(house, outside, [bridge_of(network)], {network.id: network}):
                network = networks.get(DEFAULT_NETWORK)
            what = self._plan(*networks.lend(self._lease, DEFAULT_NETWORK))
            namespace = netns.new()
            undo.callback(os.close, namespace)
            with Netlink(namespace) as inside:
                for step in what.inside:
                    steps.do(step, steps.Place(outside, inside, namespace))
            undo.pop_all()
        if not self._gateway:
            self._gateway = what.gateway
            self._resolv_conf.write_text(what.resolv_conf)
            self._resolv_conf.chmod(0o644)  # whatever the caller's umask
        return namespace

    def _plan(self, network: Network, endpoint: Endpoint) -> NetPlan:
        from onggi.container.network.plan import Names, plan
        from onggi.container.plan import STEP_HOSTNAME
        from onggi.engine.network.host import nameservers

        asked = nameservers.reachable()
        within_reach = tuple(server for server in asked.servers if network.has_ipv6 or ":" not in server)
        names = Names(host=STEP_HOSTNAME, servers=within_reach, search=asked.search, options=asked.options)
        what = plan([network], [endpoint], names)
        if asked.servers and "nameserver" not in what.resolv_conf:
            raise Unavailable(f"its name server {asked.servers[0]} cannot be asked from another one")
        return what
