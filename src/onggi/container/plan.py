"""A complete spec and a root file system → the list of kernel ops that start the container.

Two entries: `plan` for a container, `step_plan` for a RUN step of a build. Both give what Docker's default container
has; a step leaves out what no build looks at (mqueue, v1 cgroup mounts), since it is launched hundreds of times.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from onggi.container import capability, cgroup_parent, command, devices, namespaces, op
from onggi.container.devices import Given
from onggi.container.host import Host
from onggi.container.masks import MASKED_PATHS, READONLY_PATHS
from onggi.container.mounting import by_depth
from onggi.container.mounts import target_of
from onggi.container.resources import controls
from onggi.container.rootfs import Credentials, EtcFiles, RootFs
from onggi.container.seccomp import compiler
from onggi.container.seccomp.default import DEFAULT
from onggi.container.seccomp.filter import Filter, resolve
from onggi.container.seccomp.profile import parse
from onggi.container.spec import Bind, ContainerSpec, Rlimit, Security
from onggi.container.step import SHM_SIZE, Step
from onggi.errors import Unsupported

if TYPE_CHECKING:
    from onggi.container.volume import MountPlace

# On a network of its own anyone may bind any port and ping (moby, daemon/oci_linux.go).
_SYSCTLS = {"net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647"}

_QUIET = ("nosuid", "nodev", "noexec")
_UMASK = 0o022
_CGROUP_FOLDER = "/sys/fs/cgroup"
STEP_HOSTNAME = "buildstep"


def plan(
    spec: ContainerSpec,
    root: RootFs,
    etc: EtcFiles,
    credentials: Credentials,
    host: Host,
    *,
    cgroup: str = "",
    device_numbers: Mapping[str, str] = {},
    places: Mapping[str, MountPlace] = {},
    host_devices: Sequence[Given] = (),
    sharers: Mapping[str, str] = {},
    netns: str = "",
) -> op.Plan:
    """The plan of a container. `spec` is complete; `device_numbers` are those of the devices with limits, `major:minor`
    by path; `places` tells where the volumes and images are that it mounts; `host_devices` are those that it asks
    for; `sharers` are the folders of the containers whose namespaces it shares, by ID; `netns` is where the network
    namespace is bound that was made for it. Raises Invalid for what the spec
    asks wrongly, Unsupported for isolation that the host cannot give."""
    security, folder = spec.security, spec.process.working_directory or "/"
    ops = (
        op.Overlay(lower=root.lowers, upper=root.upper, work=root.work, target=root.target),
        *_mounts(spec, etc, host, places, sharers),
        *_given_devices(spec, host_devices),
        *((op.Console(),) if spec.process.terminal else ()),
        # Made here since the root may be read-only when the folder is entered.
        *((op.MakeDirectory(folder),) if spec.read_only else ()),
        *((op.LoopbackUp(),) if spec.networking.mode == "none" else ()),
        *_sysctls(spec),
        *_names(spec),
        *_hidden(security, host),
        *_cgroup_mounts(spec, host, places),
        op.PivotRoot(),
        *((op.RemountReadonly("/"),) if spec.read_only else ()),
        *limits(spec.rlimits),
        *oom_score(spec),
        *becoming(security, credentials, folder, host, umask=spec.process.umask),
    )
    process = spec.process
    return op.Plan(
        namespaces=namespaces.own(spec, host),
        joined=namespaces.joined(spec, sharers),
        netns=netns,
        cgroup=cgroup,
        cgroup_parent=cgroup_parent.folder(spec.cgroup_parent),
        devices=devices.rules(spec, host_devices),
        resources=controls(spec.resources, device_numbers),
        ops=ops,
        argv=(*(process.entrypoint or ()), *(process.command or ())),
        env=command.environment(
            process.environment, home=credentials.home, hostname=spec.hostname, terminal=process.terminal
        ),
        terminal=process.terminal,
        init=spec.init,
    )


def step_plan(
    step: Step, root: RootFs, etc: EtcFiles, credentials: Credentials, host: Host, *, cgroup: str = ""
) -> op.Plan:
    """The plan of a RUN step: standard input comes from /dev/null. Its security is the default, or privileged."""
    privileged = step.security.privileged
    ops = (
        op.Overlay(lower=root.lowers, upper=root.upper, work=root.work, target=root.target),
        *_proc(),
        *devices.own(),
        *(devices.INSECURE if privileged else ()),
        *_dev_pts(),
        *_dev_shm(step.shm_size),
        *_sys(writable=privileged),
        *by_depth((*_etc(etc), *step.mounts)),
        *((op.Console(),) if step.terminal else ()),
        *((op.LoopbackUp(),) if step.network == "none" else ()),
        op.SetHostname(STEP_HOSTNAME),
        *_hidden(step.security, host),
        op.UnshareCgroup(),
        *(_cgroups(host, writable=privileged) if host.cgroups.layout == "v2" else ()),
        op.PivotRoot(),
        *limits(step.rlimits),
        *(op.SecretVariable(name, number) for name, number in step.secret_env),
        *becoming(step.security, credentials, step.working_directory, host),
    )
    return op.Plan(
        namespaces=namespaces.of_step(step.network, host),
        netns=step.netns,
        cgroup=cgroup,
        cgroup_parent=step.cgroup_parent,
        devices=devices.ALL if privileged else devices.RULES,
        resources=controls(step.resources),
        ops=ops,
        argv=step.argv,
        env=command.environment(step.env, home=credentials.home, terminal=step.terminal),
        terminal=step.terminal,
    )


def seccomp_filter(security: Security, host: Host) -> Filter | None:
    """The filter that applies, None for none. Raises Invalid for a profile that is wrong, Unsupported where the kernel
    has no filters."""
    resolved = _seccomp(security, host)
    return resolved[0] if resolved else None


def granted(security: Security, host: Host) -> frozenset[str]:
    """The names of the container's bounding set."""
    return capability.grant(
        security.capabilities_added,
        security.capabilities_dropped,
        security.privileged,
        frozenset(host.capabilities),
    )


def _mounts(
    spec: ContainerSpec,
    etc: EtcFiles,
    host: Host,
    places: Mapping[str, MountPlace],
    homes: Mapping[str, str],
) -> Iterator[op.Op]:
    """Everything that is mounted on the root, but for the cgroups. A mount of the person's takes the place of ours on
    the same target, and of ours beneath it: who mounts the host's /dev wants it as it is."""
    privileged = spec.security.privileged
    taken = {target_of(mount.target) for mount in spec.mounts}
    ours: tuple[tuple[str, Iterable[op.Op]], ...] = (
        ("/proc", _proc()),
        ("/dev", (*devices.own(), *(devices.of_host(host.devices) if privileged else ()))),
        ("/dev/pts", _dev_pts()),
        ("/dev/shm", _shared_memory(spec, homes)),
        ("/dev/mqueue", (op.MountFs("mqueue", "/dev/mqueue", _QUIET),)),
        ("/sys", _sys(writable=privileged)),
    )
    for target, ops in ours:
        if not _is_taken(target, taken):
            yield from ops
    theirs = (mount for mount in spec.mounts if not _is_within(target_of(mount.target), _CGROUP_FOLDER))
    own = (bind for bind in _etc(etc, read_only=spec.read_only) if bind.target not in taken)
    yield from by_depth((*own, *theirs), places)


def _cgroup_mounts(spec: ContainerSpec, host: Host, places: Mapping[str, MountPlace]) -> Iterator[op.Op]:
    """The cgroups, and what the person mounts there. As late as can be: the child waits here until its parent has moved
    it into its cgroup, which takes longer than all the other mounts."""
    is_hosts = spec.namespaces.cgroup == "host"
    yield op.WaitForCgroup() if is_hosts else op.UnshareCgroup()
    if not _is_taken(_CGROUP_FOLDER, (target_of(mount.target) for mount in spec.mounts)):
        security = spec.security
        yield from _cgroups(host, writable=security.privileged or security.writable_cgroups, is_hosts=is_hosts)
    theirs = (mount for mount in spec.mounts if _is_within(target_of(mount.target), _CGROUP_FOLDER))
    yield from by_depth(theirs, places)


def _given_devices(spec: ContainerSpec, given: Iterable[Given]) -> tuple[op.Op, ...]:
    """After the mounts, on which some may be; who mounts another /dev has the devices that are there."""
    taken = [target_of(mount.target) for mount in spec.mounts]
    is_own = not _is_taken("/dev", taken)
    return devices.of_person(each for each in given if is_own or not _is_within(each.node.path, "/dev"))


def _names(spec: ContainerSpec) -> Iterator[op.Op]:
    """Nothing where they are the host's."""
    if spec.hostname and spec.namespaces.uts != "host":
        yield op.SetHostname(spec.hostname)
    if spec.domain_name:
        yield op.Sysctl("kernel.domainname", spec.domain_name, is_asked=True)  # OCI runtimes have no other word for it


def _sysctls(spec: ContainerSpec) -> Iterator[op.Op]:
    is_own = spec.networking.mode == "none" or spec.networking.is_attached
    ours = _SYSCTLS if is_own else {}
    for name, value in {**ours, **spec.sysctls}.items():
        yield op.Sysctl(name, value, is_asked=name in spec.sysctls)


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _is_taken(target: str, taken: Iterable[str]) -> bool:
    return any(_is_within(target, other) for other in taken)


def _proc() -> tuple[op.Op, ...]:
    return (op.MountFs("proc", "/proc", _QUIET),)


def _dev_pts() -> tuple[op.Op, ...]:
    return (op.MountFs("devpts", "/dev/pts", ("nosuid", "noexec"), "newinstance,ptmxmode=0666,mode=0620,gid=5"),)


def _shared_memory(spec: ContainerSpec, homes: Mapping[str, str]) -> tuple[op.Op, ...]:
    """/dev/shm belongs to the ipc namespace."""
    mode = spec.namespaces.ipc
    if mode == "none":
        return ()
    if mode == "host":
        return (op.BindMount("/dev/shm", "/dev/shm"),)
    if container := namespaces.other(mode):
        return (op.BindOther(homes[container], "/dev/shm", "/dev/shm"),)
    return _dev_shm(spec.shm_size or SHM_SIZE)


def _dev_shm(size: int) -> tuple[op.Op, ...]:
    """Rounded up: nothing would mean without a limit."""
    return (op.MountFs("tmpfs", "/dev/shm", _QUIET, f"mode=1777,size={-(-size // 1024)}k", source="shm"),)


def _sys(*, writable: bool) -> tuple[op.Op, ...]:
    return (op.MountFs("sysfs", "/sys", _QUIET if writable else (*_QUIET, "ro")),)


def _cgroups(host: Host, *, writable: bool, is_hosts: bool = False) -> tuple[op.Op, ...]:
    """The container's own part of the cgroup tree, in the host's layout: programs look for their limits there. Where
    the namespace is the host's, a mount shows all of version 2; of version 1 it has its own part still, as in runc."""
    flags = _QUIET if writable else (*_QUIET, "ro")
    if host.cgroups.layout == "none":
        return ()
    if host.cgroups.layout == "v2":
        return (op.MountFs("cgroup2", _CGROUP_FOLDER, flags, source="cgroup"),)
    ops: list[op.Op] = [op.MountFs("tmpfs", _CGROUP_FOLDER, _QUIET, "mode=755,size=64k")]
    for name, controllers in host.cgroups.hierarchies:
        folder = f"{_CGROUP_FOLDER}/{name}"
        if is_hosts:
            ops.append(op.BindGroup(controllers[0], folder, flags))
        else:
            ops.append(op.MountFs("cgroup", folder, flags, ",".join(controllers), source="cgroup"))
        links = [each for each in controllers if "=" not in each and each != name]
        ops += [op.MakeSymlink(f"{_CGROUP_FOLDER}/{each}", name) for each in links]
    if not writable:
        ops.append(op.RemountReadonly(_CGROUP_FOLDER))  # the tmpfs too, which had to be written until now
    return tuple(ops)


def _etc(etc: EtcFiles, *, read_only: bool = False) -> tuple[Bind, ...]:
    files = (("hosts", etc.hosts), ("hostname", etc.hostname), ("resolv.conf", etc.resolv_conf))
    return tuple(Bind(source, f"/etc/{name}", read_only) for name, source in files if source)


def _hidden(security: Security, host: Host) -> Iterator[op.Op]:
    if security.privileged or security.unmasked:
        return
    for path in (*MASKED_PATHS, *host.thermal):
        yield op.MaskPath(path)
    for path in READONLY_PATHS:
        yield op.ReadonlyPath(path)


def oom_score(spec: ContainerSpec) -> tuple[op.Op, ...]:
    """Where nobody asks for one, it has its starter's."""
    return (op.SetOomScore(spec.oom_score_adj),) if spec.oom_score_adj else ()


def limits(rlimits: tuple[Rlimit, ...]) -> Iterator[op.Op]:
    """The process's own limits."""
    for limit in rlimits:
        yield op.SetRlimit(limit.resource, limit.soft, limit.hard)


def becoming(
    security: Security,
    credentials: Credentials,
    folder: str,
    host: Host,
    *,
    makes_folder: bool = True,
    umask: int | None = None,
) -> Iterator[op.Op]:
    """From here on the process gives up what it may do; its folder is made before it has `umask`. Without
    no_new_privileges a filter can only be installed while CAP_SYS_ADMIN is there; with it, the filter comes last and
    need not allow what precedes it."""
    bounding = capability.numbers(granted(security, host))
    held = bounding if credentials.uid == 0 else ()
    capabilities = op.SetCapabilities(bounding=bounding, permitted=held, effective=held)
    resolved = _seccomp(security, host)
    seccomp = (op.InstallSeccomp(resolved[1], resolved[0].flag_bits()),) if resolved else ()
    if host.keyrings:
        yield op.NewKeyring("onggi")
    yield op.SetUmask(_UMASK)
    yield op.ChangeDirectory(folder, makes_folder)
    if umask is not None:
        yield op.SetUmask(umask)
    # The primary group is among the others too: else a program that changes it slips past what is denied to the group
    # (CVE-2022-36109).
    groups = tuple(dict.fromkeys((credentials.gid, *credentials.groups)))
    yield op.SetCredentials(credentials.uid, credentials.gid, groups)
    if security.no_new_privileges:
        yield from (op.NoNewPrivileges(), capabilities, *seccomp)
    else:
        yield from (*seccomp, capabilities)


def _seccomp(security: Security, host: Host) -> tuple[Filter, str] | None:
    if security.privileged or security.seccomp == "unconfined":
        return None
    if not host.seccomp:
        raise Unsupported(
            "this kernel has no seccomp filters, so the container's system calls would not be limited",
            hint="--security-opt seccomp=unconfined runs without them",
        )
    return _compiled(security.seccomp, host.machine, host.kernel, granted(security, host))


@functools.lru_cache(maxsize=32)
def _compiled(profile: str, machine: str, kernel: tuple[int, int], capabilities: frozenset[str]) -> tuple[Filter, str]:
    """The same few filters serve every container and step, and compiling one takes milliseconds."""
    source = DEFAULT if profile == "default" else parse(profile)
    resolved = resolve(source, machine, kernel, capabilities)
    return resolved, compiler.program(resolved).hex()
