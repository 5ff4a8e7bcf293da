"""The `docker` command line, with the builder of the classic protocol."""

from __future__ import annotations

import json
import re
import socket
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from tests.registries.real import Real
from tests.waiting import eventually

from .command_line import Docker
from .conftest import BUSYBOX, Served
from .terminal import Terminal, terminal

DETACH = b"\x10\x11"
"""ctrl-p ctrl-q"""
PROMPT = b"# "


@pytest.fixture
def docker(served: Served) -> Docker:
    return Docker(served.environment())


def state(docker: Docker, name: str) -> str:
    return docker("inspect", "-f", "{{.State.Status}}", name)


def test_versions(docker: Docker) -> None:
    assert docker("version", "-f", "{{.Server.Os}}") == "linux"
    assert "ServerErrors" not in json.loads(docker("info", "-f", "{{json .}}"))
    assert {"Images", "Containers", "Build Cache", "Local Volumes"} <= {
        json.loads(line)["Type"] for line in docker("system", "df", "--format", "{{json .}}").splitlines()
    }


def test_run(docker: Docker) -> None:
    assert docker("run", "--rm", BUSYBOX, "echo", "hello") == "hello"
    assert docker("run", "--rm", "-i", BUSYBOX, "wc", "-c", stdin=b"x" * 100_000) == "100000"
    assert docker.fails("run", "--rm", BUSYBOX, "sh", "-c", "echo no >&2; exit 3", code=3) == "no\n"
    assert "no-such-program" in docker.fails("run", "--rm", BUSYBOX, "no-such-program", code=127)
    assert "No such image" in docker.fails("run", "--pull", "never", "nobody/made:this", code=125)
    assert docker("ps", "-aq") == ""


def test_what_old_scripts_and_log_shippers_look_for(docker: Docker) -> None:
    docker("run", "-d", "--name", "web", BUSYBOX, "sh", "-c", "echo hello; sleep 1000")
    log = Path(docker("inspect", "-f", "{{.LogPath}}", "web"))
    eventually(lambda: b"hello" in log.read_bytes())
    assert json.loads(log.read_text())["log"] == "hello\n"
    said = docker(
        "inspect", "-f", "{{.Config.AttachStdout}} {{.Config.StopTimeout}} {{.HostConfig.LogConfig.Type}}", "web"
    )
    assert said == "false <nil> json-file"
    assert "unknown log opt 'size' for json-file log driver" in docker.fails("create", "--log-opt", "size=1", BUSYBOX)
    seen = docker(
        "run", "--rm", "--link", "web:db", "--mount", f"type=image,src={BUSYBOX},dst=/x", BUSYBOX, "cat", "/etc/hosts"
    )
    assert "\tdb " in seen
    bridge = docker("network", "inspect", "-f", '{{index .Options "com.docker.network.bridge.name"}}', "bridge")
    assert bridge in [name for _, name in socket.if_nameindex()]
    assert docker.fails("rmi", "nosuch").strip() == "Error response from daemon: No such image: nosuch:latest"
    assert docker.fails("rename", "web", "web").count("onggi") == 0
    assert docker.fails("network", "rm", "nosuch").startswith("Error response from daemon: network nosuch not found\n")


def test_run_on_a_terminal(docker: Docker, served: Served) -> None:
    words = ("run", "-it", "--rm", "--name", "shell", BUSYBOX, "sh")
    with terminal(["docker", *words], served.environment(), rows=30, columns=100) as shell:
        shell.expect(PROMPT)
        resized(shell, 30, 100)
        resized(shell, 40, 120)
        shell.type(b"tty; exit 5\n")
        shell.expect(b"/dev/pts/0")
        assert shell.end() == 5
    assert docker("ps", "-aq") == ""


def resized(shell: Terminal, rows: int, columns: int) -> None:
    """That the size of its terminal is that of the container's. It changes again and again: a client that has just come
    does not listen yet."""

    def is_told() -> bool:
        shell.resize(rows, columns + 1)
        shell.resize(rows, columns)
        shell.type(b'echo "<$(stty size)>"\n')
        shell.expect(b"\n<")
        told = shell.expect(b">")
        shell.expect(PROMPT)
        return told == f"{rows} {columns}".encode()

    eventually(is_told)


def test_detach_and_attach(docker: Docker, served: Served) -> None:
    env = served.environment()
    with terminal(["docker", "run", "-it", "--name", "shell", BUSYBOX, "sh"], env) as shell:
        shell.expect(PROMPT)
        shell.type(b"word=kept\n")
        shell.expect(PROMPT)
        shell.type(DETACH)
        assert shell.end() == 0
    assert state(docker, "shell") == "running"
    with terminal(["docker", "attach", "--detach-keys", "ctrl-x,x", "shell"], env) as shell:
        shell.type(b"echo $word$word\n")
        shell.expect(b"keptkept")
        shell.type(b"\x18x")
        shell.end()
    assert state(docker, "shell") == "running"
    docker("rm", "-f", "shell")


def test_exec(docker: Docker, served: Served) -> None:
    docker("run", "-d", "--name", "box", "-e", "A=of the container", BUSYBOX, "sleep", "600")
    assert (
        docker("exec", "-e", "B=more", "-w", "/tmp", "box", "sh", "-c", "echo $A $B; pwd")
        == "of the container more\n/tmp"
    )
    assert docker("exec", "-i", "box", "wc", "-c", stdin=b"x" * 100_000) == "100000"
    assert docker.fails("exec", "box", "sh", "-c", "exit 9", code=9) == ""
    assert b"no-such-program" in docker.run("exec", "box", "no-such-program").stdout
    with terminal(["docker", "exec", "-it", "box", "sh"], served.environment(), rows=30, columns=100) as shell:
        shell.expect(PROMPT)
        resized(shell, 30, 100)
        shell.type(b"exit 6\n")
        assert shell.end() == 6
    docker("rm", "-f", "box")
    assert "No such container" in docker.fails("exec", "box", "true")


def test_the_life_of_a_container(docker: Docker) -> None:
    script = "trap 'echo bye; exit 7' TERM; echo hello; while :; do sleep 0.1; done"
    container = docker("run", "-d", "--name", "lives", "-m", "64m", "-l", "of=tests", BUSYBOX, "sh", "-c", script)
    eventually(lambda: docker("logs", "lives") == "hello")
    assert docker("ps", "-q", "--no-trunc", "-f", "label=of=tests") == container
    assert "trap" in docker("top", "lives")
    stats = json.loads(docker("stats", "--no-stream", "--format", "{{json .}}", "lives"))
    assert (stats["Name"], stats["MemUsage"].split(" / ")[1]) == ("lives", "64MiB")
    docker("pause", "lives")
    assert state(docker, "lives") == "paused"
    docker("unpause", "lives")
    docker("update", "-m", "96m", "--memory-swap", "96m", "lives")
    docker("rename", "lives", "lived")
    assert docker("inspect", "-f", "{{.Name}} {{.HostConfig.Memory}}", "lived") == f"/lived {96 << 20}"
    assert "cannot remove" in docker.fails("rm", "lived").lower()
    waiting = docker.start("wait", "lived")
    docker("stop", "-t", "30", "lived")
    assert waiting.communicate(timeout=60)[0] == b"7\n"
    assert docker("logs", "--tail", "1", "lived") == "bye"
    docker("start", "lived")
    docker("restart", "-t", "0", "lived")
    docker("kill", "lived")
    assert docker("wait", "lived") == "137"
    docker("rm", "lived")
    assert "No such" in docker.fails("inspect", "lived")


def test_logs_and_events_are_followed(docker: Docker) -> None:
    shape = "{{.Action}} {{.Actor.Attributes.name}}"
    events = docker.start("events", "--since", "0", "--filter", "type=container", "--format", shape)
    container = docker(
        "run", "-d", "--name", "tells", BUSYBOX, "sh", "-c", "for i in 1 2 3; do echo $i; sleep 0.2; done"
    )
    logs = docker.start("logs", "-f", "tells")
    assert logs.communicate(timeout=60)[0] == b"1\n2\n3\n"
    stamps = [line.split()[0] for line in docker("logs", "-t", "tells").splitlines()]
    assert stamps == sorted(stamps)
    assert docker("logs", "--since", stamps[1], container) == "2\n3"
    docker("rm", "tells")
    assert events.stdout is not None
    seen = [events.stdout.readline().decode().strip()]
    while seen[-1] != "destroy tells":
        seen.append(events.stdout.readline().decode().strip())
    assert seen[-3:] == ["start tells", "die tells", "destroy tells"]
    events.terminate()
    events.communicate(timeout=60)


def test_cp(docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/file").write_text("content\n")
    docker("create", "--name", "box", BUSYBOX, "cat", "/kept/file")
    docker("cp", str(tmp_path / "folder"), "box:/kept")
    assert docker("start", "-a", "box") == "content"
    docker("cp", "box:/kept", str(tmp_path / "back"))
    assert (tmp_path / "back/file").read_text() == "content\n"
    packed = docker.run("cp", "box:/kept", "-").stdout
    with tarfile.open(fileobj=BytesIO(packed)) as tar:
        assert tar.getnames() == ["kept", "kept/file"]
    docker.run("cp", "-", "box:/tmp", stdin=packed)
    assert docker("diff", "box").splitlines() == [
        "A /kept",
        "A /kept/file",
        "C /tmp",
        "A /tmp/kept",
        "A /tmp/kept/file",
    ]
    assert "/no/such/path" in docker.fails("cp", "box:/no/such/path", "-")
    docker("export", "-o", str(tmp_path / "all.tar"), "box")
    with tarfile.open(tmp_path / "all.tar") as tar:
        assert "kept/file" in tar.getnames()
    docker("rm", "box")


def test_build(docker: Docker, context: Callable[..., Path]) -> None:
    dockerfile = f"""\
FROM {BUSYBOX} AS made
RUN --mount=type=cache,target=/cache <<EOF
echo kept > /cache/file
cp /cache/file /made
EOF
FROM {BUSYBOX}
ARG who
COPY --from=made /made /made
COPY hello /
RUN echo $who >> /hello
CMD ["cat", "/made", "/hello"]
"""
    folder = context(dockerfile, {"hello": "hello\n", "ignored": "", ".dockerignore": "ignored\n"})
    again = ["--build-arg", "who=you", "--label", "of=tests", str(folder)]
    said = docker("build", "-t", "made:1", *again)
    assert re.search(r"Successfully built [0-9a-f]{12}\nSuccessfully tagged made:1$", said)
    assert docker("run", "--rm", "made:1") == "kept\nhello\nyou"
    assert docker("images", "-q", "--no-trunc", "-f", "label=of=tests") == docker("build", "-q", *again)
    assert "echo $who" in docker("history", "--no-trunc", "made:1")
    elsewhere = folder.with_name("elsewhere")
    elsewhere.write_text(f"FROM {BUSYBOX}\nCOPY hello /there\n")
    docker("build", "-f", str(elsewhere), "-t", "made:2", str(folder))
    assert docker("run", "--rm", "made:2", "cat", "/there") == "hello"
    broken = context(f"FROM {BUSYBOX}\nRUN echo so far; exit 9\n")
    assert "returned a non-zero code: 9" in docker.fails("build", "--memory", "64m", str(broken), code=9)
    missing = context(f"FROM {BUSYBOX}\nCOPY nosuch /\n")
    assert "COPY failed: file not found in build context or excluded" in docker.fails("build", str(missing))


def test_images(docker: Docker, registry: Real, tmp_path: Path) -> None:
    name = f"{registry.host}/docker:1"
    docker("tag", BUSYBOX, name)
    pushed = docker("push", name)
    digest = re.search(r"1: digest: (sha256:[0-9a-f]{64}) size: \d+", pushed)
    assert digest
    assert f"Untagged: {name}" in docker("rmi", name)
    assert f"Digest: {digest[1]}\nStatus: Downloaded newer image for {name}" in docker("pull", name)
    assert "Image is up to date" in docker("pull", name)
    docker("save", "-o", str(tmp_path / "saved.tar"), name)
    docker("rmi", name)
    assert docker("load", "-i", str(tmp_path / "saved.tar")) == f"Loaded image: {name}"
    assert name in docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").splitlines()
    assert "No such image" in docker.fails("image", "inspect", "nobody/made:this")
    assert "not found" in docker.fails("pull", f"{registry.host}/docker:nothing")
    docker("run", "--name", "changed", BUSYBOX, "sh", "-c", "echo kept > /kept")
    docker("commit", "-c", 'CMD ["cat", "/kept"]', "changed", "kept:1")
    assert docker("run", "--rm", "kept:1") == "kept"
    docker("rm", "changed")


def test_networks(docker: Docker) -> None:
    docker("network", "create", "--subnet", "10.77.0.0/24", "of-tests")
    serve = "echo served > /index.html; exec httpd -f -p 80 -h /"
    docker("run", "-d", "--name", "web", "--network", "of-tests", "-p", "127.0.0.1::80", BUSYBOX, "sh", "-c", serve)
    assert docker("port", "web", "80").startswith("127.0.0.1:")
    fetch = "until wget -q -O - http://web/; do sleep 0.1; done"
    assert docker("run", "--rm", "--network", "of-tests", BUSYBOX, "sh", "-c", fetch) == "served"
    members = json.loads(docker("network", "inspect", "of-tests"))[0]["Containers"].values()
    assert [member["Name"] for member in members] == ["web"]
    docker("network", "create", "second")
    docker("network", "connect", "--alias", "site", "second", "web")
    assert docker("run", "--rm", "--network", "second", BUSYBOX, "sh", "-c", fetch.replace("web", "site")) == "served"
    docker("network", "disconnect", "second", "web")
    assert "has active endpoints" in docker.fails("network", "rm", "of-tests")
    docker("rm", "-f", "web")
    assert docker("network", "rm", "of-tests", "second") == "of-tests\nsecond"


def test_volumes(docker: Docker) -> None:
    assert docker("volume", "create", "--label", "of=tests", "data") == "data"
    docker("run", "--rm", "-v", "data:/data", BUSYBOX, "sh", "-c", "echo stays > /data/file")
    assert (
        docker("run", "--rm", "--mount", "source=data,target=/data,readonly", BUSYBOX, "cat", "/data/file") == "stays"
    )
    assert docker("volume", "ls", "-q", "-f", "label=of=tests") == "data"
    docker("create", "--name", "holder", "-v", "data:/data", BUSYBOX)
    assert "volume is in use" in docker.fails("volume", "rm", "data")
    docker("rm", "holder")
    assert docker("volume", "rm", "data") == "data"


def test_prune(docker: Docker) -> None:
    docker("run", "--name", "ended", BUSYBOX, "true")
    docker("volume", "create", "unused")
    docker("network", "create", "unused")
    said = docker("system", "prune", "-f", "--volumes")
    assert "unused" in said
    assert docker("ps", "-aq") == ""
    assert "unused" not in docker("network", "ls", "--format", "{{.Name}}")


def test_who_is_a_swarm_manager(docker: Docker) -> None:
    for words in (("service", "ls"), ("node", "ls"), ("secret", "ls"), ("config", "ls")):
        assert "This node is not a swarm manager" in docker.fails(*words)
