"""A plan → the config.json of an OCI runtime bundle (runtime-spec 1.0.2), for runc, crun, runsc and their like.

The bundle's root is the Overlay op's target, mounted by whoever starts the runtime; all else is said in the document.
A runtime makes the default device nodes, the links beneath /dev, loopback and the session keyring by itself; what
has no word in the document is refused by name rather than left out.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import Any

from onggi.container import capability, op
from onggi.container.seccomp.filter import Filter, oci
from onggi.errors import Unsupported

VERSION = "1.0.2"

Document = dict[str, Any]

# Made by every runtime (config-linux.md, "Default Devices" and "Dev symbolic links").
_DEFAULT_NODES = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"}
_DEFAULT_LINKS = {"/dev/ptmx", "/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr"}

_CGROUP_FOLDER = "/sys/fs/cgroup"
_FILES = {"network": "net"}
"""What a kind is called in /proc/<pid>/ns, where that is not its name."""
_UNLIMITED = 2**64 - 1  # RLIM_INFINITY


def bundle(plan: op.Plan, seccomp: Filter | None, annotations: Mapping[str, str] = {}) -> Document:
    """The document, ready for a JSON encoder. `seccomp` is the filter that the plan's program was made from
    (plan.seccomp_filter); `annotations` go to the runtime as they are. Raises Unsupported for an op that a runtime
    cannot be asked for."""
    document: Document = {
        "ociVersion": VERSION,
        "process": {"terminal": plan.terminal, "user": {}, "args": list(plan.argv), "env": list(plan.env)},
        "root": {},
        "mounts": [],
        "annotations": dict(annotations),
        "linux": {
            "namespaces": [
                *({"type": kind} for kind in plan.namespaces),
                *({"type": kind, "path": f"{home}/process/ns/{_FILES.get(kind, kind)}"} for kind, home in plan.joined),
                *([{"type": "network", "path": plan.netns}] if plan.netns else ()),
            ],
            "resources": {"devices": _device_rules(plan.devices), **_resources(plan.resources)},
            "devices": [],
            "maskedPaths": [],
            "readonlyPaths": [],
            "rootfsPropagation": "rslave",
        },
    }
    if plan.init:
        raise Unsupported("--init cannot be used with an OCI runtime", hint="leave out --runtime or --init")
    if plan.cgroup:
        document["linux"]["cgroupsPath"] = posixpath.join(plan.cgroup_parent or "/onggi", plan.cgroup)
    if seccomp is not None:
        document["linux"]["seccomp"] = oci(seccomp)
    for each in plan.ops:
        _WRITERS[type(each)](document, each)
    return document


def _overlay(document: Document, each: op.Overlay) -> None:
    document["root"]["path"] = each.target


def _bind(document: Document, each: op.BindMount) -> None:
    kind = "rbind" if each.recursive else "bind"
    read_only = "rro" if each.recursive and each.read_only_beneath else "ro"  # the first with all that is beneath it
    if each.subpath:
        raise Unsupported(
            "an OCI runtime cannot be asked for a part of a volume", hint="leave out --runtime or volume-subpath"
        )
    access = read_only if each.read_only else "rw"
    document["mounts"].append(
        {
            "destination": each.target,
            "type": "bind",
            "source": each.source,
            "options": [kind, each.propagation, access, *each.flags],
        }
    )
    if each.propagation.endswith("shared"):  # else what the container mounts there could not reach the host
        document["linux"]["rootfsPropagation"] = "shared"


def _mount(document: Document, each: op.MountFs) -> None:
    if (each.target + "/").startswith(_CGROUP_FOLDER + "/"):
        _cgroup(document, each)
        return
    document["mounts"].append(
        {
            "destination": each.target,
            "type": each.type,
            "source": each.source or each.type,
            "options": [*each.flags, *(each.data.split(",") if each.data else ())],
        }
    )


def _cgroup(document: Document, each: op.MountFs) -> None:
    """Runtimes lay out this folder themselves, of whichever version: one mount of type cgroup stands for all."""
    if each.type != "tmpfs":
        _group(document, each)


def _group(document: Document, each: op.MountFs | op.BindGroup) -> None:
    entry = {"destination": _CGROUP_FOLDER, "type": "cgroup", "source": "cgroup", "options": list(each.flags)}
    if entry not in document["mounts"]:
        document["mounts"].append(entry)


def _node(document: Document, each: op.MakeNode) -> None:
    if each.path in _DEFAULT_NODES:
        return
    document["linux"]["devices"].append(
        {
            "path": each.path,
            "type": each.type,
            "major": each.major,
            "minor": each.minor,
            "fileMode": each.mode,
            "uid": each.uid,
            "gid": each.gid,
        }
    )


def _symlink(document: Document, each: op.MakeSymlink) -> None:
    if each.path not in _DEFAULT_LINKS and not each.path.startswith(_CGROUP_FOLDER + "/"):
        raise Unsupported(f"an OCI runtime cannot be asked to make the symbolic link {each.path}")


def _sysctl(document: Document, each: op.Sysctl) -> None:
    document["linux"].setdefault("sysctl", {})[each.name] = each.value


def _cgroup_namespace(document: Document, each: op.UnshareCgroup) -> None:
    document["linux"]["namespaces"].append({"type": "cgroup"})


def _masked(document: Document, each: op.MaskPath) -> None:
    document["linux"]["maskedPaths"].append(each.path)


def _readonly(document: Document, each: op.ReadonlyPath) -> None:
    document["linux"]["readonlyPaths"].append(each.path)


def _remount_readonly(document: Document, each: op.RemountReadonly) -> None:
    if each.path == "/":
        document["root"]["readonly"] = True
    else:  # there is no word for it, but a path can be bound on itself
        document["linux"]["readonlyPaths"].append(each.path)


def _hostname(document: Document, each: op.SetHostname) -> None:
    document["hostname"] = each.name


def _rlimit(document: Document, each: op.SetRlimit) -> None:
    soft, hard = (_UNLIMITED if value < 0 else value for value in (each.soft, each.hard))
    limit = {"type": f"RLIMIT_{each.resource}", "soft": soft, "hard": hard}
    document["process"].setdefault("rlimits", []).append(limit)


def _oom_score(document: Document, each: op.SetOomScore) -> None:
    document["process"]["oomScoreAdj"] = each.score


def _credentials(document: Document, each: op.SetCredentials) -> None:
    document["process"]["user"] |= {"uid": each.uid, "gid": each.gid, "additionalGids": list(each.groups)}


def _umask(document: Document, each: op.SetUmask) -> None:
    document["process"]["user"]["umask"] = each.mask


def _capabilities(document: Document, each: op.SetCapabilities) -> None:
    document["process"]["capabilities"] = {
        name: [capability.NAMES[number] for number in getattr(each, name)] for name in each.__struct_fields__
    }


def _no_new_privileges(document: Document, each: op.NoNewPrivileges) -> None:
    document["process"]["noNewPrivileges"] = True


def _working_directory(document: Document, each: op.ChangeDirectory) -> None:
    document["process"]["cwd"] = each.path


def _bind_other(document: Document, each: op.BindOther) -> None:
    raise Unsupported(
        f"an OCI runtime cannot be given another container's {each.source}", hint="leave out --runtime or --ipc"
    )


def _own_file_system(document: Document, each: op.MountVolume) -> None:
    raise Unsupported(
        f"an OCI runtime cannot be asked to share a file system of type {each.type} among containers",
        hint="leave out --runtime, or use a volume without --opt type",
    )


def _layers(document: Document, each: op.MountLayers) -> None:
    raise Unsupported("an OCI runtime cannot be asked to mount an image", hint="leave out --runtime, or the mount")


def _of_steps(document: Document, each: op.WriteSecret | op.SecretVariable) -> None:
    raise Unsupported("an OCI runtime cannot be asked for the mounts of a RUN step")


def _by_itself(document: Document, each: op.Op) -> None:
    """A runtime does this without being asked, or it is said elsewhere in the document."""


_WRITERS: dict[type[op.Op], Callable[[Document, Any], None]] = {
    op.Overlay: _overlay,
    op.BindMount: _bind,
    op.MountFs: _mount,
    op.BindOther: _bind_other,
    op.BindGroup: _group,
    op.MountVolume: _own_file_system,
    op.MountLayers: _layers,
    op.WriteSecret: _of_steps,
    op.SecretVariable: _of_steps,
    op.MakeDirectory: _by_itself,
    op.MakeNode: _node,
    op.MakeSymlink: _symlink,
    op.Console: _by_itself,
    op.WaitForCgroup: _by_itself,
    op.UnshareCgroup: _cgroup_namespace,
    op.LoopbackUp: _by_itself,
    op.PivotRoot: _by_itself,
    op.MaskPath: _masked,
    op.ReadonlyPath: _readonly,
    op.RemountReadonly: _remount_readonly,
    op.Sysctl: _sysctl,
    op.SetHostname: _hostname,
    op.SetRlimit: _rlimit,
    op.SetOomScore: _oom_score,
    op.NewKeyring: _by_itself,
    op.SetCredentials: _credentials,
    op.SetCapabilities: _capabilities,
    op.NoNewPrivileges: _no_new_privileges,
    op.InstallSeccomp: _by_itself,
    op.ChangeDirectory: _working_directory,
    op.SetUmask: _umask,
}


# What a limit is called in a plan → the object that it is in, and its name there (config-linux.md, "Control groups").
_LIMITS = {
    "memory": ("memory", "limit"),
    "memory_swap": ("memory", "swap"),
    "memory_reservation": ("memory", "reservation"),
    "memory_swappiness": ("memory", "swappiness"),
    "cpu_shares": ("cpu", "shares"),
    "cpu_period": ("cpu", "period"),
    "cpu_quota": ("cpu", "quota"),
    "cpuset_cpus": ("cpu", "cpus"),
    "cpuset_mems": ("cpu", "mems"),
    "pids": ("pids", "limit"),
    "blkio_weight": ("blockIO", "weight"),
}
_DEVICE_LIMITS = {
    "blkio_weight_device": ("weightDevice", "weight"),
    "device_read_bps": ("throttleReadBpsDevice", "rate"),
    "device_write_bps": ("throttleWriteBpsDevice", "rate"),
    "device_read_iops": ("throttleReadIOPSDevice", "rate"),
    "device_write_iops": ("throttleWriteIOPSDevice", "rate"),
}


def _resources(resources: Document) -> Document:
    """A runtime makes version 2's numbers of version 1's itself."""
    document: Document = {}
    for name, (parent, key) in _LIMITS.items():
        if name in resources and (name, resources[name]) != ("memory_swap", -1):  # refused where swap is not counted
            document.setdefault(parent, {})[key] = resources[name]
    if "oom_kill_disable" in resources:
        document.setdefault("memory", {})["disableOOMKiller"] = True
    for name, (key, kind) in _DEVICE_LIMITS.items():
        if name in resources:
            entries = [_device_limit(number, kind, value) for number, value in resources[name]]
            document.setdefault("blockIO", {})[key] = entries
    return document


def _device_limit(number: str, kind: str, value: int) -> Document:
    major, minor = map(int, number.split(":"))
    return {"major": major, "minor": minor, kind: value}


def _device_rules(rules: tuple[str, ...]) -> list[Document]:
    """`"c 136:* rwm"` → an object; everything is refused first unless the rules begin with "a"."""
    if rules[:1] == ("a",):
        return [{"allow": True, "access": "rwm"}]
    documents: list[Document] = [{"allow": False, "access": "rwm"}]
    for rule in rules:
        kind, numbers, access = rule.split()
        entry: Document = {"allow": True, "type": kind, "access": access}
        for name, number in zip(("major", "minor"), numbers.split(":"), strict=True):
            if number != "*":
                entry[name] = int(number)
        documents.append(entry)
    return documents
