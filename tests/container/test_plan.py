from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from onggi.container import capability, op
from onggi.container.complete import complete
from onggi.container.exec_plan import exec_plan
from onggi.container.host import Cgroups, Device, Host
from onggi.container.masks import MASKED_PATHS, READONLY_PATHS
from onggi.container.plan import STEP_HOSTNAME, plan, seccomp_filter, step_plan
from onggi.container.rootfs import Credentials, EtcFiles, RootFs
from onggi.container.seccomp import compiler
from onggi.container.spec import Bind, ContainerSpec, Networking, Process, Rlimit, Security, Tmpfs
from onggi.container.step import Layers, SecretFile, Step
from onggi.errors import Invalid, Unsupported
from onggi.linux.syscalls import MOUNT_FLAGS
from onggi.oci.config import RunConfig

HOST = Host(
    machine="x86_64",
    kernel=(6, 1),
    cgroups=Cgroups(layout="v2", controllers=("memory",), is_writable=True),
    thermal=("/sys/devices/system/cpu/cpu0/thermal_throttle",),
)
ROOT = RootFs(lowers=("/layers/b", "/layers/a"), upper="/c/upper", work="/c/work", target="/c/rootfs")
ETC = EtcFiles(hosts="/c/hosts", hostname="/c/hostname", resolv_conf="/c/resolv.conf")
IMAGE = RunConfig(cmd=("sh",), env=("PATH=/bin", "LANG=C"), user="app", working_dir="/srv", labels={"a": "1", "b": "1"})
SPEC = ContainerSpec(image="image", image_id="sha256:" + "0" * 64)


def spec(**fields: Any) -> ContainerSpec:
    return complete(replace(SPEC, hostname="abc", **fields), IMAGE)


def made(host: Host = HOST, credentials: Credentials = Credentials(), **fields: Any) -> op.Plan:  # noqa: B008
    return plan(spec(**fields), ROOT, ETC, credentials, host)


def kinds(what: op.Plan) -> list[str]:
    return [type(each).__name__ for each in what.ops]


def one(what: op.Plan, kind: type[Any]) -> Any:
    (found,) = (each for each in what.ops if isinstance(each, kind))
    return found


def mounts(what: op.Plan) -> dict[str, op.MountFs | op.BindMount]:
    """By target; a plan never mounts twice on one target by itself."""
    found = [each for each in what.ops if isinstance(each, op.MountFs | op.BindMount)]
    assert len({each.target for each in found}) == len(found)
    return {each.target: each for each in found}


def nodes(what: op.Plan) -> dict[str, op.MakeNode]:
    return {each.path: each for each in what.ops if isinstance(each, op.MakeNode)}


def test_the_order_of_a_start() -> None:
    order = kinds(made(process=Process(terminal=True), read_only=True, security=Security(no_new_privileges=True)))
    first_seen = list(dict.fromkeys(order))
    assert first_seen == [
        "Overlay", "MountFs", "MakeNode", "MakeSymlink", "BindMount", "Console", "MakeDirectory", "LoopbackUp",
        "Sysctl", "SetHostname", "MaskPath", "ReadonlyPath", "UnshareCgroup", "PivotRoot", "RemountReadonly",
        "NewKeyring", "SetUmask", "ChangeDirectory", "SetCredentials", "NoNewPrivileges", "SetCapabilities",
        "InstallSeccomp",
    ]  # fmt: skip


def test_a_filter_is_installed_before_the_capability_to_do_so_goes() -> None:
    assert kinds(made())[-3:] == ["SetCredentials", "InstallSeccomp", "SetCapabilities"]


def test_the_default_isolation() -> None:
    what = made()
    assert set(what.namespaces) == {"mount", "pid", "uts", "ipc", "network"}
    found = mounts(what)
    assert list(found) == [
        "/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/etc/hosts", "/etc/hostname",
        "/etc/resolv.conf", "/sys/fs/cgroup",
    ]  # fmt: skip
    assert isinstance(found["/sys"], op.MountFs)
    assert "ro" in found["/sys"].flags
    assert "ro" in found["/sys/fs/cgroup"].flags
    for target in ("/proc", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup"):
        assert {"nosuid", "nodev", "noexec"} <= set(found[target].flags)
    assert set(nodes(what)) == {f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty")}
    masked = [each.path for each in what.ops if isinstance(each, op.MaskPath)]
    assert masked == [*MASKED_PATHS, *HOST.thermal]
    assert {"/proc/kcore", "/proc/interrupts", "/sys/devices/virtual/powercap", "/sys/firmware"} <= set(masked)
    assert [each.path for each in what.ops if isinstance(each, op.ReadonlyPath)] == list(READONLY_PATHS)
    assert one(what, op.SetUmask).mask == 0o022
    assert one(what, op.SetHostname).name == "abc"


def test_the_umask_is_as_said_once_the_folder_is_made() -> None:
    said = made(process=Process(command=("true",), umask=0o77))
    tail = [each for each in said.ops if isinstance(each, op.SetUmask | op.ChangeDirectory)]
    assert tail == [op.SetUmask(0o22), op.ChangeDirectory("/srv"), op.SetUmask(0o77)]
    entered = exec_plan(spec(process=Process(umask=0)), ("true",), Credentials(), HOST)
    assert [each.mask for each in entered.ops if isinstance(each, op.SetUmask)] == [0o22, 0]


def test_argv_and_environment() -> None:
    what = made(process=Process(entrypoint=("/e",), command=("a",), terminal=True))
    assert what.argv == ("/e", "a")
    assert what.env == ("PATH=/bin", "HOSTNAME=abc", "TERM=xterm", "LANG=C", "HOME=/")
    assert what.terminal


def test_devices_that_may_be_opened() -> None:
    rules = made().devices
    assert "c 1:3 rwm" in rules
    assert "c 136:* rwm" in rules
    assert {rule for rule in rules if "*:*" in rule} == {"c *:* m", "b *:* m"}


def test_root_has_the_default_capabilities() -> None:
    sets = one(made(), op.SetCapabilities)
    assert sum(1 << number for number in sets.effective) == 0x00000000A80425FB
    assert sets.bounding == sets.permitted == sets.effective
    assert sets.inheritable == sets.ambient == ()


def test_another_user_has_none_but_may_still_gain_them() -> None:
    what = made(credentials=Credentials(uid=1000, gid=1000, groups=(20,), home="/home/node"))
    sets = one(what, op.SetCapabilities)
    assert sets.effective == sets.permitted == ()
    assert len(sets.bounding) == 14
    assert one(what, op.SetCredentials) == op.SetCredentials(1000, 1000, (1000, 20))
    assert "HOME=/home/node" in what.env


def test_privileged() -> None:
    devices = (
        Device("/dev/null", "c", 1, 3, 0o666),
        Device("/dev/sda", "b", 8, 0, 0o660, gid=6),
        Device("/dev/input/event0", "c", 13, 64, 0o600),
    )
    what = made(host=replace(HOST, devices=devices), security=Security(privileged=True))
    assert what.devices == ("a",)
    assert nodes(what)["/dev/sda"] == op.MakeNode("/dev/sda", 8, 0, 0o660, "b", 0, 6)
    assert [each.path for each in what.ops if isinstance(each, op.MakeNode)].count("/dev/null") == 1
    assert op.MakeDirectory("/dev/input") in what.ops
    assert not {"MaskPath", "ReadonlyPath", "InstallSeccomp"} & set(kinds(what))
    assert len(one(what, op.SetCapabilities).effective) == len(capability.NAMES)
    assert "ro" not in mounts(what)["/sys"].flags
    assert "ro" not in mounts(what)["/sys/fs/cgroup"].flags


def test_unmasked_paths() -> None:
    what = made(security=Security(unmasked=True))
    assert not {"MaskPath", "ReadonlyPath"} & set(kinds(what))
    assert "InstallSeccomp" in kinds(what)


def test_the_hosts_network() -> None:
    what = made(networking=Networking(mode="host"))
    assert "network" not in what.namespaces
    assert "LoopbackUp" not in kinds(what)
    assert "Sysctl" not in kinds(what)


def test_a_read_only_root_has_read_only_files_of_ours() -> None:
    paths = ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf")
    for read_only in (False, True):
        found = mounts(made(read_only=read_only))
        assert [getattr(found[path], "read_only", None) for path in paths] == [read_only] * 3


def test_a_read_only_root_has_its_working_folder() -> None:
    order = [type(each) for each in made(read_only=True).ops]
    assert op.MakeDirectory("/srv") in made(read_only=True).ops
    assert order.index(op.MakeDirectory) < order.index(op.PivotRoot) < order.index(op.RemountReadonly)
    assert order.index(op.RemountReadonly) < order.index(op.ChangeDirectory)


def test_the_working_folder_is_entered_after_the_masks() -> None:
    order = [type(each) for each in made(process=Process(working_directory="/proc/sys")).ops]
    last = max(place for place, kind in enumerate(order) if kind in (op.MaskPath, op.ReadonlyPath))
    assert order.index(op.ChangeDirectory) > last


def test_mounts_of_the_person_go_by_depth() -> None:
    what = made(mounts=(Bind("/h/inner", "/data/inner"), Bind("/h/data/", "/data/", read_only=True), Tmpfs("/run")))
    order = [target for target in mounts(what) if target.startswith(("/data", "/run"))]
    assert order == ["/data", "/run", "/data/inner"]
    bind = mounts(what)["/data"]
    assert isinstance(bind, op.BindMount)
    assert bind.read_only
    assert bind.propagation == "rprivate"


def test_a_mount_takes_the_place_of_ours() -> None:
    what = made(mounts=(Bind("/h", "/etc/hosts"), Tmpfs("/dev/shm", ("size=1g",))))
    found = mounts(what)
    assert found["/etc/hosts"] == op.BindMount("/h", "/etc/hosts")
    assert "size=1g" in getattr(found["/dev/shm"], "data", "")


def test_the_cgroup_is_waited_for_when_nothing_else_is_left_to_mount() -> None:
    what = made(mounts=(Tmpfs("/sys/fs/cgroup/own"), Tmpfs("/data")))
    late = what.ops[kinds(what).index("UnshareCgroup") : kinds(what).index("PivotRoot")]
    assert [each.target for each in late if isinstance(each, op.MountFs)] == ["/sys/fs/cgroup", "/sys/fs/cgroup/own"]


def test_the_hosts_dev_is_left_as_it_is() -> None:
    what = made(mounts=(Bind("/dev", "/dev"),))
    assert not nodes(what)
    assert [target for target in mounts(what) if target.startswith("/dev")] == ["/dev"]


@pytest.mark.parametrize("target", ["/", "//", "/..", "data", ""])
def test_a_wrong_target_is_refused(target: str) -> None:
    with pytest.raises(Invalid, match="invalid mount target"):
        made(mounts=(Tmpfs(target),))


def test_a_target_cannot_climb_out() -> None:
    assert "/etc/x" in mounts(made(mounts=(Tmpfs("/a/../../etc/x"),)))


@pytest.mark.parametrize(
    ("options", "flags", "data"),
    [
        ((), {"nosuid", "nodev", "noexec"}, ""),
        (("size=64m", "mode=755"), {"nosuid", "nodev", "noexec"}, "size=64m,mode=755"),
        (("exec", "suid", "dev", "rw"), set(), ""),
        (
            ("size=10%", "uid=0", "nr_inodes=1k", "mpol=local"),
            {"nosuid", "nodev", "noexec"},
            "size=10%,uid=0,nr_inodes=1k,mpol=local",
        ),
        (("ro", "noexec"), {"nosuid", "nodev", "noexec", "ro"}, ""),
        (("noatime", "atime", "defaults"), {"nosuid", "nodev", "noexec"}, ""),
    ],
)
def test_tmpfs_options(options: tuple[str, ...], flags: set[str], data: str) -> None:
    mount = mounts(made(mounts=(Tmpfs("/t", options),)))["/t"]
    assert isinstance(mount, op.MountFs)
    assert (set(mount.flags), mount.data) == (flags, data)


@pytest.mark.parametrize("option", ["foo", "", "noexec=1", "lowerdir=/etc"])
def test_an_unknown_tmpfs_option_is_refused(option: str) -> None:
    with pytest.raises(Invalid, match=f"invalid tmpfs option '{option}' for /t") as caught:
        made(mounts=(Tmpfs("/t", (option,)),))
    assert "nodev" in caught.value.hint


def test_every_tmpfs_flag_has_a_number() -> None:
    flags = ("ro", "noatime", "nodiratime", "relatime", "strictatime", "sync", "dirsync")
    mount = mounts(made(mounts=(Tmpfs("/t", flags),)))["/t"]
    assert set(flags) <= set(mount.flags) <= set(MOUNT_FLAGS)


def test_version_1_hierarchies_are_mounted_one_by_one() -> None:
    layout = Cgroups(
        layout="hybrid",
        hierarchies=(("cpu,cpuacct", ("cpu", "cpuacct")), ("memory", ("memory",)), ("systemd", ("name=systemd",))),
        is_writable=True,
    )
    what = made(host=replace(HOST, cgroups=layout))
    found = mounts(what)
    assert getattr(found["/sys/fs/cgroup"], "type", "") == "tmpfs"
    assert getattr(found["/sys/fs/cgroup/cpu,cpuacct"], "data", "") == "cpu,cpuacct"
    assert getattr(found["/sys/fs/cgroup/systemd"], "data", "") == "name=systemd"
    links = {each.path: each.text for each in what.ops if isinstance(each, op.MakeSymlink)}
    assert links["/sys/fs/cgroup/cpuacct"] == "cpu,cpuacct"
    assert "/sys/fs/cgroup/memory" not in links
    assert op.RemountReadonly("/sys/fs/cgroup") in what.ops


def test_limits() -> None:
    what = made(rlimits=(Rlimit("NOFILE", 10, 20),))
    assert one(what, op.SetRlimit) == op.SetRlimit("NOFILE", 10, 20)
    assert kinds(what).index("SetRlimit") < kinds(what).index("SetCredentials")


def test_the_program_is_that_of_the_filter() -> None:
    security = Security(capabilities_added=("SYS_ADMIN",))
    resolved = seccomp_filter(security, HOST)
    assert resolved is not None
    program = bytes.fromhex(one(made(security=security), op.InstallSeccomp).program)
    assert program == compiler.program(resolved)
    assert program != bytes.fromhex(one(made(), op.InstallSeccomp).program)


def test_a_profile_of_the_persons_own() -> None:
    profile = '{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_LOG"]}'
    assert one(made(security=Security(seccomp=profile)), op.InstallSeccomp).flags == 2
    with pytest.raises(Invalid, match="seccomp profile"):
        made(security=Security(seccomp="{}"))
    assert seccomp_filter(Security(seccomp="unconfined"), HOST) is None
    assert "InstallSeccomp" not in kinds(made(security=Security(seccomp="unconfined")))


@pytest.mark.parametrize(
    ("host", "message"),
    [
        (replace(HOST, seccomp=False), "seccomp"),
        (replace(HOST, namespaces=("mount", "pid", "uts", "ipc", "cgroup")), "network"),
        (replace(HOST, namespaces=("mount", "pid", "uts", "ipc", "network")), "cgroup"),
    ],
)
def test_isolation_that_the_host_cannot_give_is_refused(host: Host, message: str) -> None:
    with pytest.raises(Unsupported, match=message) as caught:
        made(host=host)
    assert caught.value.hint


def test_weaker_isolation_by_name() -> None:
    made(host=replace(HOST, seccomp=False), security=Security(seccomp="unconfined"))
    made(host=replace(HOST, namespaces=("mount", "pid", "uts", "ipc", "cgroup")), networking=Networking(mode="host"))


# step_plan


def step(**fields: Any) -> op.Plan:
    return step_plan(Step(argv=("/bin/sh", "-c", "true"), **fields), ROOT, ETC, Credentials(home="/root"), HOST)


def test_a_step_is_isolated_like_a_container() -> None:
    container, build = made(), step()
    for kind in (op.MaskPath, op.ReadonlyPath, op.MakeNode, op.InstallSeccomp, op.SetCapabilities, op.NewKeyring):
        assert [each for each in build.ops if isinstance(each, kind)] == [
            each for each in container.ops if isinstance(each, kind)
        ]
    assert build.devices == container.devices
    assert {target: mount for target, mount in mounts(container).items() if target != "/dev/mqueue"} == mounts(build)
    assert one(build, op.SetHostname).name == STEP_HOSTNAME


def test_a_step_has_the_hosts_network_unless_it_says_none() -> None:
    assert "network" not in step().namespaces
    assert "network" in step(network="none").namespaces
    assert "LoopbackUp" in kinds(step(network="none"))


def test_a_step_enters_the_namespace_that_was_made_for_it() -> None:
    what = step(netns="/proc/1/fd/5")
    assert what.netns == "/proc/1/fd/5"
    assert "network" not in what.namespaces
    assert "LoopbackUp" not in kinds(what)


def test_a_step_sees_its_environment_and_little_else() -> None:
    assert step(env=("A=1",)).env == (
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "A=1",
        "HOME=/root",
    )


def test_extra_mounts_of_a_step() -> None:
    what = step(mounts=(Bind("/etc/ssl/ca.crt", "/dev/host-ca.crt", read_only=True),))
    assert mounts(what)["/dev/host-ca.crt"] == op.BindMount("/etc/ssl/ca.crt", "/dev/host-ca.crt", read_only=True)
    assert kinds(what).index("BindMount") > kinds(what).index("MakeNode")


def test_mounts_of_a_step_are_made_outer_first() -> None:
    inner = Layers(lowers=("/l",), place="/p", source="a", target="/srv/cache/in", upper="/u", work="/w")
    secret = SecretFile(number=0, place="/p", target="/srv/token", mode=0o400, uid=1, gid=2)
    what = step(mounts=(inner, secret, Bind("/c", "/srv/cache"), Tmpfs("/srv", ("exec", "dev", "size=64"))))
    last = [each for each in what.ops if getattr(each, "target", "").startswith("/srv")]
    assert last == [
        op.MountFs("tmpfs", "/srv", ("nosuid",), "size=64"),
        op.WriteSecret(0, "/p", "/srv/token", 0o400, 1, 2),
        op.BindMount("/c", "/srv/cache"),
        op.MountLayers(("/l",), "/u", "/w", "/p", "a", "/srv/cache/in"),
    ]
    assert kinds(what).index("MountLayers") < kinds(what).index("PivotRoot")


def test_variables_of_secrets_have_numbers_for_values() -> None:
    what = step(secret_env=(("TOKEN", 1),))
    assert one(what, op.SecretVariable) == op.SecretVariable("TOKEN", 1)
    assert not any("TOKEN" in each for each in what.env)


def test_an_insecure_step_has_all_rights() -> None:
    what = step(security=Security(privileged=True))
    assert not {"InstallSeccomp", "MaskPath", "ReadonlyPath"} & set(kinds(what))
    assert what.devices == ("a",)
    assert len(one(what, op.SetCapabilities).bounding) == len(HOST.capabilities)
    assert mounts(what)["/sys"].flags == ("nosuid", "nodev", "noexec")
    made = {each.path for each in what.ops if isinstance(each, op.MakeNode)}
    assert {"/dev/kmsg", "/dev/fuse", "/dev/kvm", "/dev/net/tun", "/dev/loop-control", "/dev/loop7"} <= made


def test_limits_and_shared_memory_of_a_step() -> None:
    what = step(rlimits=(Rlimit("NOFILE", 1, 2),), shm_size=1 << 20)
    assert one(what, op.SetRlimit) == op.SetRlimit("NOFILE", 1, 2)
    shm = mounts(what)["/dev/shm"]
    assert isinstance(shm, op.MountFs)
    assert shm.data == "mode=1777,size=1024k"


def test_a_plan_travels_as_json() -> None:
    what = made(process=Process(terminal=True), read_only=True, rlimits=(Rlimit("CORE", 0, -1),))
    assert msgspec.json.decode(msgspec.json.encode(what), type=op.Plan) == what
