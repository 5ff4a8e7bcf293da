"""Who a container is and what it shares: users, groups, names, devices, kernel parameters, namespaces; and its life
before and beside `run`: create, start, rename, port."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import signal
import socket
import threading
import time
from pathlib import Path

import pytest
from tests.waiting import eventually

from .conftest import Context, Onggi

BUSYBOX = "busybox:1.35"
DEBIAN = "debian:bookworm-slim"
FOREVER = ("sleep", "100000")

# Left out are the root's own mount, whose layers are listed, the cgroups', which runc mounts twice on version 1, and
# that what we hide a folder with has no room in it.
FACTS = """
grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp:)' /proc/self/status
ulimit -Sn; ulimit -Hn; umask; pwd; hostname; cat /proc/sys/kernel/domainname; env | sort
ls /dev | grep -v '^core$'
cut -d' ' -f2-4 /proc/mounts | grep -v '^/ \\|^/sys/fs/cgroup' | sed 's/,size=0k//' | sort
cat /proc/sys/net/core/somaxconn /proc/sys/kernel/msgmax
"""


FLAGS = (
    "-h same",
    "-h same --privileged",
    "-h same -u 1000:5 --group-add 7 --group-add daemon",
    "-h same --cap-drop ALL --cap-add NET_ADMIN --security-opt no-new-privileges",
    "-h same --read-only --tmpfs /run -w /run",
    "-h same --device /dev/fuse --device /dev/net --device-cgroup-rule 'c 7:* r' --ulimit nofile=100:200",
    "-h same --sysctl net.core.somaxconn=7 --sysctl kernel.msgmax=99 --domainname d.example",
    "-h same --ipc none --security-opt systempaths=unconfined",
    "--pid host --ipc host --uts host --cgroupns host --network host --security-opt seccomp=unconfined",
)


def test_runc_says_the_same_of_the_same_spec(onggi: Onggi) -> None:
    for flags in FLAGS:
        run = ("run", "--rm", *shlex.split(flags))
        ours, theirs = (
            onggi(*run, BUSYBOX, "sh", "-c", FACTS),
            onggi(*run, "--runtime", "runc", BUSYBOX, "sh", "-c", FACTS),
        )
        assert ours.splitlines() == theirs.splitlines(), flags
        assert len(ours.splitlines()) > 40, flags


# Users and groups.


@pytest.mark.distributions
def test_groups_are_those_of_the_images_file(onggi: Onggi) -> None:
    assert onggi("run", "--rm", "--group-add", "audio", "--group-add", "77", DEBIAN, "id").endswith(
        "groups=0(root),29(audio),77"
    )
    onggi("run", "-d", "--name", "web", "-u", "games", "--group-add", "audio", DEBIAN, *FOREVER)
    assert onggi("exec", "web", "id", "-Gn") == "games audio"
    assert onggi("exec", "-u", "root", "web", "id", "-Gn") == "root audio"


def test_who_is_not_there_is_refused_before_there_is_a_container(onggi: Onggi) -> None:
    for flags, message in {
        ("-u", "nobodyhere"): "unable to find user nobodyhere: no matching entries in passwd file",
        ("-u", "root:nogroup-here"): "unable to find group nogroup-here: no matching entries in group file",
        ("--group-add", "nogroup-here"): "unable to find group nogroup-here: no matching entries in group file",
        ("--group-add", "-1"): "user and group IDs must be in the range",
    }.items():
        assert message in onggi.fails("run", *flags, BUSYBOX, "true", code=125)
    assert onggi("ps", "-aq") == ""


# Names.


def test_its_names_are_in_hosts(onggi: Onggi) -> None:
    hosts = ("--add-host", "db:10.1.2.3", "--add-host", "six=[2001:db8::1]")
    command = "hostname; hostname -f; cat /proc/sys/kernel/domainname; tail -n 3 /etc/hosts; cat /etc/hostname"
    said = onggi("run", "--rm", "-h", "web", "--domainname", "jar.example", *hosts, BUSYBOX, "sh", "-c", command)
    assert said.split("\n") == [
        "web", "web.jar.example", "jar.example",
        "172.17.0.2\tweb.jar.example web", "10.1.2.3\tdb", "2001:db8::1\tsix", "web",
    ]  # fmt: skip
    for network, address in (("bridge", "172.17.0.2"), ("none", "127.0.1.1")):
        named = ("--network", network, "-h", "web.jar.example")
        said = onggi("run", "--rm", *named, BUSYBOX, "sh", "-c", "hostname -f; tail -n 1 /etc/hosts")
        assert said.split("\n") == ["web.jar.example", f"{address}\tweb.jar.example web"]


def test_on_the_hosts_network_it_knows_the_host(onggi: Onggi) -> None:
    flags = ("--network", "host", "--add-host", "here:host-gateway")
    said = onggi("run", "--rm", *flags, BUSYBOX, "sh", "-c", "tail -n 1 /etc/hosts; hostname")
    assert said.split("\n") == ["127.0.0.1\there", os.uname().nodename]


def test_the_way_to_the_host(onggi: Onggi) -> None:
    flags = ("--add-host", "here:host-gateway")
    assert onggi("run", "--rm", *flags, BUSYBOX, "tail", "-n", "1", "/etc/hosts") == "172.17.0.1\there"
    with socket.create_server(("172.17.0.1", 0)) as server:
        threading.Thread(target=lambda: server.accept()[0].close(), daemon=True).start()
        onggi("run", "--rm", *flags, BUSYBOX, "nc", "here", str(server.getsockname()[1]))
    refused = onggi.fails("run", "--network", "none", *flags, BUSYBOX, "true", code=125)
    assert "host-gateway and the network mode" in refused


# Devices and kernel parameters.


def test_devices_of_the_host(onggi: Onggi) -> None:
    flags = ("--device", "/dev/zero:/opt/nil", "--device", "/dev/net:/dev/wire:r")
    script = "head -c 2 /opt/nil | wc -c; stat -c %F%t:%T /dev/wire/tun; (: > /dev/wire/tun) 2>/dev/null || echo kept"
    container = onggi("create", *flags, BUSYBOX, "sh", "-c", script)
    for _ in range(2):  # the node of /opt is in the writable layer from then on
        said = onggi("start", "-a", container)
        assert said.split("\n") == ["2", "character special filea:c8", "kept"]


def test_what_cannot_be_is_told_with_125(onggi: Onggi) -> None:
    for flags, message in {
        "--device /dev/nothing": 'custom device "/dev/nothing": No such file or directory',
        "--device /etc": 'custom device "/etc": there is no device',
        "--sysctl vm.swappiness=1": "sysctl 'vm.swappiness' is not allowed",
        "--sysctl net.core.nothing=1": "there is no kernel parameter net.core.nothing in the container",
        "--sysctl net.core.somaxconn=many": "the kernel parameter net.core.somaxconn cannot be many: Invalid argument",
        "--sysctl net.core.somaxconn=1 --network host": "is not allowed in the host's network namespace",
        "--rm --restart always": "conflicting options: cannot specify both --restart and --rm",
        "--health-on-failure kill": "nothing tells when to kill the container: it has no health check",
        "--uts host -h jar": "conflicting options: hostname and the UTS mode",
        "--pid container:nobody": "No such container: nobody",
    }.items():
        assert message in onggi.fails("run", *flags.split(), BUSYBOX, "true", code=125)


# Namespaces of others.


def test_anothers_processes_under_whatever_name(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", BUSYBOX, *FOREVER)
    onggi("create", "--name", "side", "--pid", "container:web", BUSYBOX, "sh", "-c", "ps -o args; sleep 100000")
    onggi("rename", "web", "shop")
    onggi("start", "side")
    assert "sleep 100000" in onggi("run", "--rm", "--init", "--pid", "container:shop", BUSYBOX, "ps", "-o", "args")
    onggi("stop", "-t", "0", "shop")
    assert onggi("wait", "side") == "137", "who shares its processes ends with it"
    assert "cannot join the pid namespace of container shop: it is not running" in onggi.fails("start", "side")
    onggi("rm", "shop")
    said = onggi.fails("start", "side")
    assert "container side was created with --pid container:web, which has been removed" in said
    assert "hint: create it again, with the pid namespace of another container or with its own" in said


def test_shared_memory_of_one_that_is_shareable(onggi: Onggi) -> None:
    script = "echo note > /dev/shm/note; sleep 100000"
    onggi("run", "-d", "--name", "web", "--ipc", "shareable", BUSYBOX, "sh", "-c", script)
    onggi("run", "-d", "--name", "other", BUSYBOX, *FOREVER)
    shared = ("run", "--rm", "--ipc", "container:web", BUSYBOX, "sh", "-c")
    assert (
        onggi(*shared, "while ! [ -s /dev/shm/note ]; do sleep 0.1; done; cat /dev/shm/note; touch /dev/shm/mine")
        == "note"
    )
    assert onggi("exec", "web", "ls", "/dev/shm").split() == ["mine", "note"]
    assert "it is not shareable" in onggi.fails("run", "--ipc", "container:other", BUSYBOX, "true", code=125)


def test_what_a_container_on_the_hosts_processes_leaves_is_ended(onggi: Onggi) -> None:
    sleep = f"sleep {200_000 + os.getpid()}"

    def left() -> list[str]:
        found = onggi("run", "--rm", "--pid", "host", BUSYBOX, "ps", "-o", "args")
        return [line for line in found.split("\n") if line.strip() == sleep]

    run = ("run", "--pid", "host", "--name", "web")
    assert onggi.run(*run, BUSYBOX, "sh", "-c", f"{sleep} & setsid {sleep} & exit 4").returncode == 4
    onggi("rm", "web")
    assert left() == []
    onggi(*run, "-d", BUSYBOX, "sh", "-c", f"{sleep} & {sleep}")
    onggi("rm", "-f", "web")
    assert left() == []
    onggi(*run, "-d", BUSYBOX, "sh", "-c", f"{sleep} & {sleep}")
    program = Path("/proc", onggi("inspect", "-f", "{{.State.Pid}}", "web"), "stat").read_text()
    os.kill(int(program.rpartition(")")[2].split()[1]), signal.SIGKILL)  # its monitor
    eventually(lambda: onggi("inspect", "-f", "{{.State.Status}}", "web") == "exited")
    onggi("rm", "web")
    assert left() == []


# create, start


def test_what_is_created_has_not_started(onggi: Onggi) -> None:
    container = onggi("create", "--name", "web", BUSYBOX, "sh", "-c", "echo out; echo err >&2; exit 3")
    assert re.fullmatch("[0-9a-f]{64}", container)
    assert onggi("ps", "-a", "--format", "{{.Names}} {{.Status}}") == "web Created"
    assert onggi("start", "web") == "web"
    assert onggi("wait", "web") == "3"
    attached = onggi.run("start", "-a", "web")
    assert (attached.stdout, attached.stderr, attached.returncode) == (b"out\n", b"err\n", 3)


def test_start_of_several_goes_on_after_an_error(onggi: Onggi) -> None:
    for name in ("one", "two"):
        onggi("create", "--name", name, BUSYBOX, *FOREVER)
    started = onggi.run("start", "one", "nobody", "two", "one")
    assert started.stdout.split() == [b"one", b"two", b"one"], "with one that runs nothing happens"
    assert started.returncode == 1
    assert sorted(onggi("ps", "--format", "{{.Names}}").split()) == ["one", "two"]
    onggi("pause", "one")
    assert "paused" in onggi.fails("start", "one")


def test_start_with_stdin(onggi: Onggi) -> None:
    onggi("create", "-i", "--name", "cat", BUSYBOX, "cat")
    assert onggi.run("start", "-ai", "cat", stdin=b"one\0two").stdout == b"one\0two"
    assert onggi.run("start", "-i", "cat", stdin=b"again").stdout == b"again"
    onggi("create", "--name", "deaf", BUSYBOX, "cat")
    assert onggi.run("start", "-ai", "deaf", stdin=b"unread").stdout == b""


def test_start_that_cannot_be(onggi: Onggi) -> None:
    onggi("create", "--name", "wrong", BUSYBOX, "nothing-here")
    assert "nothing-here" in onggi.fails("start", "-a", "wrong", code=127)
    assert "nothing-here" in onggi.fails("start", "wrong", code=1)


# Streams of run.


def test_only_the_streams_that_are_asked_for(onggi: Onggi) -> None:
    for flags, out, err in (
        ("-a stdout", b"out\n", b""),
        ("-a stderr", b"", b"err\n"),
        ("-a STDOUT -a stderr", b"out\n", b"err\n"),
    ):
        done = onggi.run("run", "--rm", *flags.split(), BUSYBOX, "sh", "-c", "echo out; echo err >&2; exit 5")
        assert (done.stdout, done.stderr, done.returncode) == (out, err, 5)


def test_only_stdin_prints_the_id_and_leaves_when_it_ends(onggi: Onggi) -> None:
    container = onggi("run", "-i", "-a", "stdin", BUSYBOX, "sh", "-c", "cat; sleep 0.2; echo later", stdin=b"said\n")
    assert re.fullmatch("[0-9a-f]{64}", container)
    assert onggi("wait", container) == "0"
    assert onggi("logs", container) == "said\nlater"


def test_stdin_in_the_background_is_there_for_the_next(onggi: Onggi) -> None:
    onggi("run", "-d", "-i", "--name", "cat", BUSYBOX, "cat")
    for word in ("one", "two"):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(onggi.argv()[0], onggi.argv("attach", "--sig-proxy=false", "cat"))
        os.write(terminal, f"{word}\n".encode())
        seen = b""
        deadline = time.monotonic() + 20
        while seen.count(word.encode()) < 2:  # the terminal's echo, and cat's
            assert time.monotonic() < deadline, seen
            if select.select([terminal], [], [], 0.2)[0]:
                seen += os.read(terminal, 4096)
        os.write(terminal, b"\x03")
        os.waitpid(pid, 0)
        os.close(terminal)
    assert onggi("logs", "cat") == "one\ntwo"
    assert onggi("ps", "--format", "{{.Names}}") == "cat"


# rename, port


def test_rename(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", BUSYBOX, *FOREVER)
    onggi("create", "--name", "taken", BUSYBOX)
    host_name = onggi("exec", "web", "hostname")
    onggi("rename", "web", "shop")
    assert onggi("exec", "shop", "hostname") == host_name
    assert onggi("inspect", "-f", "{{.Name}}", "shop") == "/shop"
    for words, message in {
        ("shop", "taken"): 'The container name "/taken" is already in use',
        ("shop", "shop"): "Renaming a container with the same name as its current name",
        ("shop", "a b"): "Invalid container name (a b)",
        ("shop", ""): "Neither old nor new names may be empty",
        ("web", "x1"): "No such container: web",
    }.items():
        assert message in onggi.fails("rename", *words)


def test_port(onggi: Onggi) -> None:
    onggi("create", "--name", "web", "--expose", "80", BUSYBOX)
    assert onggi("port", "web") == ""
    assert "No public port '80' published for web" in onggi.fails("port", "web", "80")
    assert "No public port '53/udp' published for web" in onggi.fails("port", "web", "53/udp")
    assert "No such container: nobody" in onggi.fails("port", "nobody")
    assert onggi("inspect", "-f", "{{json .Config.ExposedPorts}}", "web") == '{"80/tcp":{}}'


def test_an_image_without_a_command_is_refused_by_create(onggi: Onggi, context: Context) -> None:
    image = onggi.build(context(f"FROM scratch\nCOPY --from={BUSYBOX} /bin /bin\n"))
    assert "no command specified" in onggi.fails("create", image)
    assert onggi("ps", "-aq") == ""
