"""What both engines are asked for when `scene` stands, and what may be different in their answers.

A row of the tables is the name of a document, and the path of a field in it, with `*` for any part of either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from . import scene

VERSIONS = ("1.41", "1.44", "1.48", "1.51")
"""Of the API; the documents of older ones neither engine has as the engines of then had them."""


class Question(NamedTuple):
    path: str
    query: Mapping[str, Any] = {}


DOCUMENTS: Mapping[str, Question] = {
    **{f"container {name}": Question(f"/containers/{name}/json") for name in scene.CONTAINERS},
    "container with sizes": Question("/containers/failed/json", {"size": 1}),
    "containers": Question("/containers/json"),
    "containers of all states": Question("/containers/json", {"all": 1, "size": 1}),
    "processes": Question("/containers/running/top"),
    "changes": Question("/containers/failed/changes"),
    "image": Question(f"/images/{scene.BUSYBOX}/json"),
    "images": Question("/images/json"),
    "history": Question(f"/images/{scene.BUSYBOX}/history"),
    "network": Question("/networks/net"),
    "network bridge": Question("/networks/bridge"),
    "network host": Question("/networks/host"),
    "network none": Question("/networks/none"),
    "networks": Question("/networks"),
    "volume": Question("/volumes/kept"),
    "volumes": Question("/volumes"),
    "version": Question("/version"),
    "info": Question("/info"),
    "disk usage": Question("/system/df"),
}

Reasons: TypeAlias = Mapping[str, str]

VALUES: Reasons = {
    # Where things are
    "container *: *Path": "a path in the engine's own folder, which Docker makes when the container starts",
    "container *: GraphDriver.Data.*": "paths in the engine's own folder",
    "container *: NetworkSettings.Sandbox*": "where a network namespace is held, and under which name",
    "*: *Mounts.*.Source": "a volume's path in the engine's own folder",
    "volume: Mountpoint": "a path in the engine's own folder",
    "*: Volumes.*.Mountpoint": "a path in the engine's own folder",
    "info: DockerRootDir": "the engine's own folder",
    "network*: *Options.com.docker.network.bridge.name": "a store has bridges of its own",
    # When, how many, how much
    "container *: State.Pid": "a process ID",
    "*: *Created": "a moment, in seconds",
    "processes: Processes.*": "process IDs and processor time",
    "info: N[FG]*": "what the engine has open at the moment",
    "*: *Size*": "ours is what the disk has to hold, theirs the sum of what is in the files",
    "*: *VirtualSize": "the same",
    "disk usage: LayersSize": "the same",
    # Who it is
    "info: Driver": "the storage driver's name",
    "container *: Driver": "the storage driver's name",
    "container *: GraphDriver.Name": "the storage driver's name",
    "container *: HostConfig.Runtime": "onggi starts containers itself",
    "info: DefaultRuntime": "onggi starts containers itself",
    "info: Runtimes.runc.path": "as it is named in the configuration, or where it has been found",
    "info: ID": "an engine's ID",
    "info: InitBinary": "the engine's own",
    "info: *Version": "the engine's own",
    "info: *Commit.*": "what onggi does without",
    "info: FirewallBackend.Driver": "onggi speaks to the kernel in nftables",
    "info: LiveRestoreEnabled": "onggi's containers always outlive it",
    "info: KernelMemory*": "nothing here sets it, and no kernel of today has it",
    "version: *Version": "the engine's own",
    "version: BuildTime": "the engine's own",
    "version: GitCommit": "the engine's own",
    "version: Platform.Name": "the engine's own",
    # What is decided otherwise
    "container *: HostConfig.MaskedPaths.*": "the same paths, in another order",
    "container *: HostConfig.CgroupnsMode": "private with onggi also where cgroups are of version 1",
    "*: *NetworkSettings.Networks.bridge.NetworkID": "Docker knows a network when the container starts",
    "network*: *Options.com.docker.network.bridge.enable_ip_masquerade": "the engine of these tests has no firewall",
}
"""The field may have another value of the same type."""

NOTHING: Reasons = {
    "container *: Config.Env": "Docker gives back what it was sent, also null",
    "container *: HostConfig.Blkio*": "the same",
    "container *: HostConfig.D*": "the same",
    "container *: HostConfig.PortBindings": "the same",
    "container *: HostConfig.Ulimits": "the same",
    "container *: HostConfig.Init": "the same",
    "container *: HostConfig.CpuCount": "only Windows has it",
    "container *: HostConfig.CpuPercent": "only Windows has it",
    "container *: HostConfig.IOMaximum*": "only Windows has it",
    "container *: HostConfig.Isolation": "only Windows has it",
    "*: *NetworkSettings.Networks.*.GwPriority": "Docker has it also in older versions",
    "*: *NetworkSettings.Networks.*.DNSNames": "the same",
    "network*: *EnableIPv6": "the same",
    "network*: *IPAM.Options": "Docker gives back what it was sent, also null",
    "changes: ": "Docker's list of nothing is null",
    "image: Config.Env": "as an image has it: null or nothing",
    "image: Config.Labels": "the same",
    "image: Container": "which nobody fills any more",
    "image*: *RepoDigests": "Docker's list of nothing is null",
    "disk usage: Images.*.RepoDigests": "the same",
    "containers*: *SizeRw": "Docker leaves out a 0",
    "disk usage: Containers.*.SizeRw": "the same",
    "disk usage: BuilderSize": "the same",
    "info: NEventsListener": "onggi does not count them",
    "info: RegistryConfig.AllowNondistributable*": "null, or left out",
    "info: RegistryConfig.Mirrors": "Docker's list of nothing is null",
    "info: Warnings": "the same",
}
"""Neither has anything in the field: it is not there, null, or empty."""

THEIRS: Reasons = {
    "container *: GraphDriver.Data.ID": "onggi's layers have no further IDs",
    "image: GraphDriver": "onggi's layers are no folders of one image",
    "image: Config.ArgsEscaped": "a field for Windows that images of BuildKit have",
    "container *: NetworkSettings.Networks.*.DNSNames": "Docker has it also in older versions",
    "network*: *EnableIPv4": "Docker has it also in older versions",
    "network*: *Options.com.docker.network.bridge.host_binding_ipv4": "what Docker says of its default",
    "info: KernelMemoryTCP": "nothing here sets it, and no kernel of today has it",
    "info: Containerd": "onggi has none",
    "info: Runtimes.io.containerd.*": "onggi has no containerd",
    "info: Runtimes.runc.status": "onggi does not ask a runtime for its features",
    "version: GoVersion": "onggi is a Python program",
}
"""A field that onggi has not."""

OURS: Reasons = {
    "*: *Descriptor": "Docker has it with containerd's image store alone",
    "*: *NetworkSettings.Networks.*.Aliases": "Docker has them in the document of one container alone",
    "containers*: *NetworkSettings.Networks.*.DNSNames": "the same",
    "disk usage: Containers.*.NetworkSettings.Networks.*.DNSNames": "the same",
    "image: ContainerConfig.*": "Docker's is empty; ours says what a container gets",
    "network*: *IPAM.Config.*.Gateway": "which the network has, also where it was not asked for",
    "info: CgroupLayout": "onggi's own",
    "info: DefaultAddressPools": "Docker tells of what was configured alone",
    "info: *Commit.Expected": "Docker has it where it knows a commit alone",
    "info: Runtimes.crun": "onggi tells of what it finds",
    "info: Runtimes.onggi": "onggi starts containers itself",
    "version: PythonVersion": "onggi is a Python program",
}
"""A field that Docker has not, or has nothing in."""

ANYTHING: Reasons = {
    "info: CDISpecDirs": "onggi reads no CDI",
    "info: DriverStatus*": "the storage driver's own facts",
    "info: Plugins.*": "which drivers there are",
    "info: SecurityOptions": "onggi has cgroup namespaces with cgroups of version 1 too",
    "version: Components": "the engine's own",
    "container full: HostConfig.SecurityOpt": "Docker turns off SELinux for who sees all processes",
    "container *: HostConfig.MaskedPaths": "newer engines hide more",
}
"""Whatever it is."""

OLDER: Reasons = {
    "container *: HostConfig.KernelMemory*": "newer engines have no such limit",
    "container created: HostConfig.Runtime": "newer engines tell the default before a container starts",
    "container *: HostConfig.RestartPolicy.Name": "newer engines tell the default",
    "*: *HostConfig.NetworkMode": "newer engines tell the default",
    "network*: *IPAM.Config": "newer engines have null in the place of nothing",
    "info: BridgeNf*": "newer engines do not look",
    "info: RegistryConfig.*": "newer engines count IPv6's loopback, and leave out what nobody sets",
    "info: Runtimes.io.containerd.*": "onggi has no containerd",
    "version: MinAPIVersion": "the engine's own",
    "disk usage: BuildCache": "newer engines have a list in the place of nothing",
}
"""Differences with engines before 28, whatever they are: onggi does as the newer ones do."""
