"""What the ops of one build see beside their inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from onggi.container.rootfs import EtcFiles
from onggi.container.spec import Resources
from onggi.engine.build.contexts import Folder
from onggi.engine.build.ledger import Ledger
from onggi.engine.build.network import StepNetwork
from onggi.engine.build.remotes import Remotes
from onggi.engine.build.shared_mounts import SharedMounts
from onggi.engine.rootfs import union
from onggi.graph.op import Exec
from onggi.layer.union import Union
from onggi.oci.digest import Digest
from onggi.solve.result import Result
from onggi.store.disk import Lease
from onggi.store.store import Store

if TYPE_CHECKING:
    from onggi.container.host import Host
    from onggi.linux.launch import Launcher


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """`project` names what is built; `contexts`: the folders of the build context, "", and of the named ones. `lease`
    keeps what this build uses. `ledger`: where it is kept what its steps take. `remotes`: who fetches what comes from
    elsewhere, and has the secrets and agents that the caller gives, by ID. `mounts`: what new cache mounts begin
    with. `network`: how steps reach others, if they do not say it. `resources`: what each step may use;
    `cgroup_parent`: the host's control group that its own is made in."""

    store: Store
    lease: Lease
    launcher: Callable[[], Launcher]
    project: str
    contexts: Mapping[str, Folder]
    host: Callable[[], Host]
    etc: EtcFiles
    ledger: Ledger
    remotes: Remotes
    mounts: SharedMounts
    network: StepNetwork
    resources: Resources = Resources()
    cgroup_parent: str = ""
    host_ca: Path | None = None

    def union(self, result: Result) -> Union:
        """The merged view of a result's layers."""
        return union(self.store, diff_ids(result))

    def keep_failure(self, op: Exec, inputs: Sequence[Result], upper: Path) -> None:
        """What a step that failed had written, a folder in the store's tmp/: `onggi debug` shows it."""
        if self.ledger.build:
            from onggi.store.failures import Failure

            failure = Failure(op=op, inputs=tuple(inputs), host_ca=self.host_ca is not None)
            self.store.failures.put(self.ledger.build, failure, upper)

    def add_layer(self, folder: Path, base: Result) -> Result:
        """`folder`, in the store's tmp/, becomes a layer on top of `base`."""
        from onggi.layer.pack import pack

        layer = self.store.snapshots.add(folder, pack(str(folder)).ref, self.lease)
        return Result((*base.layers, layer), is_own=True)


def diff_ids(result: Result) -> Iterable[Digest]:
    """Of its layers, lowest first."""
    return (layer.diff_id for layer in result.layers)
