"""`system …`, `info`, `version`, `doctor`: the store as a whole, and the host."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import onggi
from onggi.container.host import Finding, Host, findings
from onggi.container.network import means as network_means
from onggi.container.spec import DEFAULT_NETWORK
from onggi.engine import events
from onggi.engine.containers import Containers
from onggi.engine.images import Images
from onggi.engine.network.networks import Networks
from onggi.engine.pruning import NOTHING, WHOLE_CACHE, Allowance, CacheFilter, pruned
from onggi.engine.types import Pruned, SystemPruned
from onggi.engine.volumes import Volumes
from onggi.linux.network_probe import probe
from onggi.oci import platform
from onggi.settings import Settings
from onggi.store import df, fsck, gc
from onggi.store.prune_filter import EVERYTHING, PruneFilter, Tell, unheard
from onggi.store.store import Store

if TYPE_CHECKING:
    from onggi.store.cache_use import CacheUse


class System:
    """The store as a whole."""

    def __init__(
        self,
        store: Callable[[], Store],
        images: Callable[[], Images],
        containers: Callable[[], Containers],
        networks: Callable[[], Networks],
        volumes: Callable[[], Volumes],
        host: Callable[[], Host],
        settings: Settings,
    ) -> None:
        self._store = store
        self._images = images
        self._containers = containers
        self._networks = networks
        self._volumes = volumes
        self._host = host
        self._settings = settings

    def df(self) -> df.Report:
        """Disk use by kind; the total is what `du` says of the store."""
        return df.measure(self._store(), self._containers().is_running)

    def cached(self) -> list[CacheUse]:
        """What the build cache keeps, piece by piece, what was used last first."""
        from onggi.store.cache_use import cached

        return cached(self._store())

    def layers_size(self) -> int:
        """Bytes of the layers of all images, each counted once."""
        return sum({ref.diff_id: ref.size for image in self._store().images.list() for ref in image.refs}.values())

    def check(self, repair: bool = False, deep: bool = False) -> list[fsck.Finding]:
        """What a crash has left. `deep` reads every blob and layer again; `repair` mends what it finds, and never
        removes a named image, a volume or a container."""
        found = fsck.check(self._store(), repair=repair, deep=deep)
        if any(finding.kind == "folder" and not finding.is_repaired for finding in found):
            return found  # so there is nothing more to look into
        return [*found, *self._networks().check(repair)]

    def prune(self, all: bool = False, only: PruneFilter = EVERYTHING, volumes: bool = False) -> SystemPruned:
        """Remove stopped containers, networks that no container is in, dangling images (with `all` every unused one)
        and the build cache; with `volumes` those that no container has and nobody has named too."""
        return SystemPruned(  # in this order: a stopped container keeps its image, its networks and its volumes
            containers=self._containers().prune(only),
            networks=self._networks().prune(only),
            volumes=self._volumes().prune(only=only) if volumes else Pruned(),
            images=self._images().prune(all, only),
            build_cache=self.prune_build_cache(CacheFilter(only)),
        )

    def prune_build_cache(
        self,
        wanted: CacheFilter = WHOLE_CACHE,
        allowance: Allowance = NOTHING,
        tell: Tell = unheard,
    ) -> Pruned:
        """Remove what builds keep to be quick: all of it, or what was not used for longest until no more is left than
        is allowed. `tell` hears of each piece at once."""
        from onggi.store.cache_use import chosen

        among = chosen(self._store(), wanted.describes) if wanted.looks_closely else None
        left = None
        if allowance != NOTHING:
            left = allowance.left(gc.cached_bytes(self._store()), shutil.disk_usage(self._settings.root).free)
        freed = gc.prune_cache(self._store(), left, wanted.only, tell, among)
        events.tell_pruned(self._store(), "builder", freed.bytes)
        return pruned(freed)

    def info(self) -> dict[str, Any]:
        """Facts about host and store, with Docker's field names where it has them."""
        from onggi.engine import information
        from onggi.linux.capacity import capacity
        from onggi.linux.machine import look
        from onggi.registry.settings import file

        host, means, root = self._host(), probe(), str(self._settings.root)
        states = [container.state for container in self._containers().list(all=True)]
        running, paused = states.count("running"), states.count("paused")
        machine = look(root)
        said = [*findings(host), *network_means.findings(means)]
        return {
            "Containers": len(states),
            "ContainersRunning": running,
            "ContainersPaused": paused,
            "ContainersStopped": len(states) - running - paused,
            "Images": len(self._images().list()),
            **information.describe_engine(
                root, self._networks().rows.get(DEFAULT_NETWORK).id, means.drivers, self._settings.proxies, time.time()
            ),
            "DriverStatus": [["Backing Filesystem", machine.file_system]],
            "RegistryConfig": information.describe_registries(file.read(self._settings.registries)),
            **information.describe_host(host, machine, capacity().limits, said),
        }

    def version(self) -> dict[str, Any]:
        """Versions of onggi and of what it stands on."""
        return {
            "Version": onggi.__version__,
            "PythonVersion": ".".join(map(str, sys.version_info[:3])),
            "KernelVersion": os.uname().release,
            "Os": "linux",
            "Arch": platform.of_host().architecture,
        }

    def doctor(self) -> list[Finding]:
        """What this host can and cannot isolate and connect, and what to install."""
        return [*findings(self._host()), *network_means.findings(probe())]
