from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from onggi.container import op
from onggi.container.bundle import bundle
from onggi.container.complete import complete
from onggi.container.host import Cgroups, Device, Host
from onggi.container.plan import plan, seccomp_filter
from onggi.container.rootfs import Credentials, EtcFiles, RootFs
from onggi.container.spec import Bind, ContainerSpec, Networking, Process, Rlimit, Security, Tmpfs
from onggi.errors import Unsupported
from onggi.oci.config import RunConfig

HOST = Host(machine="x86_64", kernel=(6, 1), cgroups=Cgroups(layout="v2", is_writable=True))
ROOT = RootFs(lowers=("/l",), upper="/u", work="/w", target="/c/rootfs")
CONFIG = RunConfig(cmd=("sh",), env=("PATH=/bin",), working_dir="/srv")


def document(host: Host = HOST, uid: int = 0, cgroup: str = "abc", **fields: Any) -> dict[str, Any]:
    spec = complete(ContainerSpec(image="image", image_id="id", hostname="web", **fields), CONFIG)
    made = plan(spec, ROOT, EtcFiles(hosts="/c/hosts"), Credentials(uid=uid, gid=uid), host, cgroup=cgroup)
    return bundle(made, seccomp_filter(spec.security, host))


def mounts(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {mount["destination"]: mount for mount in config["mounts"]}


def test_the_process() -> None:
    process = document(uid=7, process=Process(terminal=True, command=("a", "b")))["process"]
    assert process["args"] == ["a", "b"]
    assert process["env"] == ["PATH=/bin", "HOSTNAME=web", "TERM=xterm", "HOME=/"]
    assert process["cwd"] == "/srv"
    assert process["terminal"] is True
    assert process["user"] == {"uid": 7, "gid": 7, "additionalGids": [7], "umask": 0o022}
    assert process["capabilities"]["effective"] == []
    assert len(process["capabilities"]["bounding"]) == 14
    assert "noNewPrivileges" not in process


def test_isolation() -> None:
    linux = document()["linux"]
    kinds = {entry["type"] for entry in linux["namespaces"]}
    assert kinds == {"mount", "pid", "network", "uts", "ipc", "cgroup"}
    assert "/proc/kcore" in linux["maskedPaths"]
    assert "/proc/sys" in linux["readonlyPaths"]
    assert linux["seccomp"]["defaultAction"] == "SCMP_ACT_ERRNO"
    assert linux["cgroupsPath"] == "/onggi/abc"
    assert linux["resources"]["devices"][0] == {"allow": False, "access": "rwm"}
    assert {"allow": True, "type": "c", "access": "rwm", "major": 136} in linux["resources"]["devices"]
    assert {"allow": True, "type": "b", "access": "m"} in linux["resources"]["devices"]
    assert linux["devices"] == []


@pytest.mark.parametrize(
    ("each", "said"),
    [
        (op.MountLayers(("/l",), "", "", "/p", ".", "/t"), "to mount an image"),
        (op.WriteSecret(0, "/p", "/t", 0o400, 0, 0), "the mounts of a RUN step"),
        (op.SecretVariable("TOKEN", 0), "the mounts of a RUN step"),
    ],
)
def test_what_no_runtime_knows_is_refused(each: op.Op, said: str) -> None:
    with pytest.raises(Unsupported, match=said):
        bundle(op.Plan(namespaces=(), ops=(each,), argv=("sh",), env=()), None)


def test_the_root() -> None:
    assert document()["root"] == {"path": "/c/rootfs"}
    assert document(read_only=True)["root"] == {"path": "/c/rootfs", "readonly": True}
    assert document()["hostname"] == "web"


def test_mounts() -> None:
    config = document(mounts=(Bind("/h", "/data", read_only=True), Tmpfs("/run", ("size=1m",))))
    found = mounts(config)
    assert found["/data"] == {
        "destination": "/data",
        "type": "bind",
        "source": "/h",
        "options": ["rbind", "rprivate", "rro"],
    }
    assert found["/etc/hosts"]["options"] == ["rbind", "rprivate", "rw"]
    assert found["/run"]["options"] == ["nosuid", "nodev", "noexec", "size=1m"]
    assert found["/dev/pts"]["options"][-1] == "gid=5"
    assert config["linux"]["rootfsPropagation"] == "rslave"


def test_a_shared_bind_reaches_the_host() -> None:
    config = document(mounts=(Bind("/h", "/data", propagation="rshared"),))
    assert config["linux"]["rootfsPropagation"] == "shared"


@pytest.mark.parametrize("layout", ["v1", "v2", "hybrid"])
def test_cgroups_are_one_mount_in_a_bundle(layout: Any) -> None:
    hierarchies = (("cpu,cpuacct", ("cpu", "cpuacct")), ("memory", ("memory",))) if layout != "v2" else ()
    host = replace(HOST, cgroups=Cgroups(layout=layout, hierarchies=hierarchies, is_writable=True))
    found = [mount for mount in document(host=host)["mounts"] if "cgroup" in mount["destination"]]
    assert found == [
        {
            "destination": "/sys/fs/cgroup",
            "type": "cgroup",
            "source": "cgroup",
            "options": ["nosuid", "nodev", "noexec", "ro"],
        }
    ]


def test_the_folder_of_version_1_cgroups_is_read_only_in_a_bundle() -> None:
    host = replace(HOST, cgroups=Cgroups(layout="v1", hierarchies=(("memory", ("memory",)),), is_writable=True))
    assert "/sys/fs/cgroup" in document(host=host)["linux"]["readonlyPaths"]
    assert "readonly" not in document(host=host)["root"]


def test_privileged() -> None:
    host = replace(HOST, devices=(Device("/dev/sda", "b", 8, 0, 0o660, gid=6),))
    config = document(host=host, security=Security(privileged=True))
    linux = config["linux"]
    assert linux["resources"]["devices"] == [{"allow": True, "access": "rwm"}]
    assert linux["devices"] == [
        {"path": "/dev/sda", "type": "b", "major": 8, "minor": 0, "fileMode": 0o660, "uid": 0, "gid": 6}
    ]
    assert linux["maskedPaths"] == linux["readonlyPaths"] == []
    assert "seccomp" not in linux


def test_parameters_of_the_network_namespace() -> None:
    assert document()["linux"]["sysctl"]["net.ipv4.ip_unprivileged_port_start"] == "0"
    assert "sysctl" not in document(networking=Networking(mode="host"))["linux"]


def test_limits_and_no_new_privileges() -> None:
    process = document(rlimits=(Rlimit("CORE", 0, -1),), security=Security(no_new_privileges=True))["process"]
    assert process["rlimits"] == [{"type": "RLIMIT_CORE", "soft": 0, "hard": 2**64 - 1}]
    assert process["noNewPrivileges"] is True


def test_what_a_runtime_cannot_be_asked_for_is_refused() -> None:
    with pytest.raises(Unsupported, match="--init"):
        document(init=True)
    made = op.Plan(namespaces=(), ops=(op.MakeSymlink("/x", "y"),), argv=(), env=())
    with pytest.raises(Unsupported, match="symbolic link /x"):
        bundle(made, None)
