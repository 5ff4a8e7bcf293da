"""Whose namespaces a container is in."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from onggi.container import op
from onggi.container.bundle import bundle
from onggi.container.complete import complete
from onggi.container.host import Cgroups
from onggi.container.plan import plan
from onggi.container.rootfs import Credentials
from onggi.container.spec import ContainerSpec, Namespaces, Networking, Security
from onggi.errors import Unsupported
from onggi.oci.config import RunConfig

from .test_plan import ETC, HOST, ROOT, mounts

OTHER = "f" * 64
HOMES = {OTHER: f"/containers/{OTHER}"}
V1 = replace(HOST, cgroups=Cgroups(layout="v1", hierarchies=(("cpu,cpuacct", ("cpu", "cpuacct")),), is_writable=True))


def made(host: Any = HOST, *, hostname: str = "abc", netns: str = "", **fields: Any) -> op.Plan:
    namespaces = Namespaces(**{kind: fields.pop(kind) for kind in ("pid", "ipc", "uts", "cgroup") if kind in fields})
    asked = ContainerSpec(image="image", namespaces=namespaces, **fields)
    whole = replace(complete(asked, RunConfig(cmd=("sh",))), hostname=hostname)  # it gets one when it starts
    return plan(whole, ROOT, ETC, Credentials(), host, sharers=HOMES, netns=netns)


def kinds(what: op.Plan) -> set[str]:
    return {type(each).__name__ for each in what.ops}


@pytest.mark.parametrize(
    ("fields", "own"),
    [
        ({}, ("mount", "pid", "uts", "ipc", "network")),
        ({"pid": "host"}, ("mount", "uts", "ipc", "network")),
        ({"pid": f"container:{OTHER}"}, ("mount", "uts", "ipc", "network")),
        ({"ipc": "host"}, ("mount", "pid", "uts", "network")),
        ({"ipc": f"container:{OTHER}"}, ("mount", "pid", "uts", "network")),
        ({"ipc": "shareable"}, ("mount", "pid", "uts", "ipc", "network")),
        ({"ipc": "none"}, ("mount", "pid", "uts", "ipc", "network")),
        ({"uts": "host", "hostname": ""}, ("mount", "pid", "ipc", "network")),
        ({"networking": Networking(mode="host")}, ("mount", "pid", "uts", "ipc")),
        ({"networking": Networking(mode=f"container:{OTHER}")}, ("mount", "pid", "uts", "ipc")),
        ({"networking": Networking(mode="shop")}, ("mount", "pid", "uts", "ipc")),
    ],
)
def test_what_is_the_hosts_or_anothers_is_not_made(fields: dict[str, Any], own: tuple[str, ...]) -> None:
    assert made(**fields).namespaces == own


def test_the_network_namespace_that_was_made_for_it_is_entered() -> None:
    found = made(networking=Networking(mode="shop"), netns="/containers/1/netns")
    assert found.netns == "/containers/1/netns"
    assert {"type": "network", "path": found.netns} in bundle(found, None)["linux"]["namespaces"]
    assert "LoopbackUp" not in kinds(found), "it is up already"


def test_anothers_are_joined_by_its_folder() -> None:
    found = made(pid=f"container:{OTHER}", ipc=f"container:{OTHER}", networking=Networking(mode=f"container:{OTHER}"))
    assert found.joined == tuple((kind, HOMES[OTHER]) for kind in ("pid", "ipc", "network"))
    assert found.netns == ""
    assert op.BindOther(HOMES[OTHER], "/dev/shm", "/dev/shm") in found.ops
    assert "/dev/shm" not in mounts(found)


def test_shared_memory_goes_with_the_ipc_namespace() -> None:
    assert isinstance(mounts(made())["/dev/shm"], op.MountFs)
    assert isinstance(mounts(made(ipc="shareable"))["/dev/shm"], op.MountFs)
    assert mounts(made(ipc="host"))["/dev/shm"] == op.BindMount("/dev/shm", "/dev/shm")
    assert "/dev/shm" not in mounts(made(ipc="none"))


def test_the_hosts_name_is_left_alone() -> None:
    asked = complete(ContainerSpec(image="image", namespaces=Namespaces(uts="host")), RunConfig(cmd=("sh",)))
    found = plan(replace(asked, hostname="the-host"), ROOT, ETC, Credentials(), HOST)
    assert "SetHostname" not in kinds(found)
    assert "HOSTNAME=the-host" in found.env


def test_the_hosts_cgroup_namespace() -> None:
    found = made(cgroup="host")
    assert "UnshareCgroup" not in kinds(found)
    assert "WaitForCgroup" in kinds(found)
    assert mounts(found)["/sys/fs/cgroup"] == mounts(made())["/sys/fs/cgroup"]
    assert made(replace(HOST, namespaces=tuple(kind for kind in HOST.namespaces if kind != "cgroup")), cgroup="host")


def test_on_version_1_it_has_its_own_part_of_the_hosts_tree() -> None:
    found = made(V1, cgroup="host")
    assert op.BindGroup("cpu", "/sys/fs/cgroup/cpu,cpuacct", ("nosuid", "nodev", "noexec", "ro")) in found.ops
    assert not [each for each in found.ops if isinstance(each, op.MountFs) and each.type == "cgroup"]


def test_writable_cgroups() -> None:
    mount = mounts(made(security=Security(writable_cgroups=True)))["/sys/fs/cgroup"]
    assert isinstance(mount, op.MountFs)
    assert "ro" not in mount.flags


def test_a_kernel_without_them() -> None:
    host = replace(HOST, namespaces=("mount", "pid", "network", "uts", "cgroup"))
    with pytest.raises(Unsupported, match="this kernel has no ipc namespaces"):
        made(host)
    assert made(host, ipc="host")


# Names and parameters.


def test_a_domain_is_a_parameter_of_the_uts_namespace() -> None:
    assert op.Sysctl("kernel.domainname", "jar.example", is_asked=True) in made(domain_name="jar.example").ops


def test_what_the_person_sets_takes_the_place_of_what_is_set_anyway() -> None:
    found = made(sysctls={"net.ipv4.ping_group_range": "1 0", "kernel.msgmax": "9"})
    assert [each for each in found.ops if isinstance(each, op.Sysctl)] == [
        op.Sysctl("net.ipv4.ip_unprivileged_port_start", "0"),
        op.Sysctl("net.ipv4.ping_group_range", "1 0", is_asked=True),
        op.Sysctl("kernel.msgmax", "9", is_asked=True),
    ]


# As an OCI runtime is told.


def test_a_bundle_names_the_others_namespace() -> None:
    entries = bundle(made(pid=f"container:{OTHER}"), None)["linux"]["namespaces"]
    assert {"type": "pid", "path": f"{HOMES[OTHER]}/process/ns/pid"} in entries
    assert [entry["type"] for entry in bundle(made(pid="host", cgroup="host"), None)["linux"]["namespaces"]] == [
        "mount", "uts", "ipc", "network",
    ]  # fmt: skip


def test_a_bundle_has_one_mount_for_all_cgroups() -> None:
    (mount,) = (m for m in bundle(made(V1, cgroup="host"), None)["mounts"] if m["type"] == "cgroup")
    assert mount["destination"] == "/sys/fs/cgroup"


def test_a_bundle_cannot_have_anothers_shared_memory() -> None:
    with pytest.raises(Unsupported, match="an OCI runtime cannot be given another container's /dev/shm"):
        bundle(made(ipc=f"container:{OTHER}"), None)


def test_annotations_go_to_the_runtime() -> None:
    assert bundle(made(), None, {"a": "b"})["annotations"] == {"a": "b"}
