"""docker-py: what its users write, with what it answers."""

from __future__ import annotations

import gc
import io
import socket
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.utils.socket import demux_adaptor, frames_iter
from tests.registries.real import Real
from tests.waiting import eventually

from .conftest import BUSYBOX, Served, tar_of

# It leaves sockets open for the collector of garbage.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

DOCKERFILE = f"""\
FROM {BUSYBOX} AS made
RUN --mount=type=cache,target=/cache --mount=type=tmpfs,target=/scratch <<EOF
set -e
echo kept > /cache/file
cat /cache/file > /made
EOF
COPY <<EOF /greeting
hello $who
EOF
FROM {BUSYBOX}
ARG who=nobody
COPY --from=made /made /made
COPY <<EOF /greeting
hello $who
EOF
LABEL of=tests
CMD ["cat", "/made", "/greeting"]
"""


@contextmanager
def raw(stream: Any) -> Iterator[Any]:
    """A stream and the socket below it, which docker-py leaves open."""
    with closing(stream), closing(stream._sock):
        yield stream


@pytest.fixture
def client(served: Served) -> Iterator[docker.DockerClient]:
    with closing(docker.DockerClient(base_url=served.url, timeout=120)) as client:
        yield client
    gc.collect()


def test_what_it_says_of_itself(client: docker.DockerClient) -> None:
    assert client.ping()
    assert client.version()["Os"] == "linux"
    before = client.info()
    container = client.containers.create(BUSYBOX, "true")
    info = client.info()
    assert (info["Containers"], info["Images"]) == (before["Containers"] + 1, before["Images"])
    assert info["OSType"] == "linux"
    assert {"Images", "Containers", "Volumes", "BuildCache"} <= client.df().keys()
    container.remove()


def test_run(client: docker.DockerClient) -> None:
    assert client.containers.run(BUSYBOX, ["echo", "hello"], remove=True) == b"hello\n"
    both = ["sh", "-c", "echo out; echo err >&2"]
    assert client.containers.run(BUSYBOX, both, remove=True, stderr=True) == b"out\nerr\n"
    assert client.containers.run(BUSYBOX, both, remove=True, stdout=False, stderr=True) == b"err\n"
    lines = client.containers.run(BUSYBOX, ["sh", "-c", "echo 1; echo 2"], remove=True, stream=True)
    assert b"".join(lines) == b"1\n2\n"
    assert client.containers.list(all=True) == []


def test_run_that_fails(client: docker.DockerClient) -> None:
    with pytest.raises(docker.errors.ContainerError) as failed:
        client.containers.run(BUSYBOX, ["sh", "-c", "echo no >&2; exit 3"], remove=True)
    assert (failed.value.exit_status, failed.value.stderr) == (3, b"no\n")
    with pytest.raises(docker.errors.APIError) as failed:
        client.containers.run(BUSYBOX, ["no-such-program"])
    assert failed.value.status_code == 400
    with pytest.raises(docker.errors.NotFound):
        client.containers.get("nobody")
    with pytest.raises(docker.errors.ImageNotFound):
        client.containers.create("nobody/made:this", "true")


def test_the_life_of_a_container(client: docker.DockerClient) -> None:
    trap = ["sh", "-c", "trap 'echo bye; exit 7' TERM; echo hello; while :; do sleep 0.1; done"]
    container = client.containers.run(
        BUSYBOX,
        trap,
        name="lives",
        detach=True,
        labels={"of": "tests"},
        environment={"A": "1"},
        mem_limit="64m",
        hostname="house",
    )
    assert container.status in ("created", "running")
    eventually(lambda: container.logs() == b"hello\n")
    assert [each.name for each in client.containers.list(filters={"label": "of=tests"})] == ["lives"]
    assert container.attrs["Config"]["Hostname"] == "house"
    assert container.attrs["HostConfig"]["Memory"] == 64 << 20
    assert any("sleep" in line[-1] or "trap" in line[-1] for line in container.top()["Processes"])
    assert container.stats(stream=False)["memory_stats"]["limit"] == 64 << 20
    container.pause()
    container.reload()
    assert container.status == "paused"
    container.unpause()
    container.update(mem_limit="96m", memswap_limit="96m")
    container.rename("lived")
    container.reload()
    assert (container.name, container.status) == ("lived", "running")
    assert container.attrs["HostConfig"]["Memory"] == 96 << 20
    container.stop(timeout=30)
    assert container.wait()["StatusCode"] == 7
    assert container.logs(stdout=True, stderr=False).splitlines() == [b"hello", b"bye"]
    assert container.logs(tail=1) == b"bye\n"
    container.start()
    container.kill("KILL")
    assert container.wait()["StatusCode"] == 137
    container.restart()
    container.reload()
    assert container.status == "running"
    with pytest.raises(docker.errors.APIError) as refused:
        container.remove()
    assert refused.value.status_code == 409
    container.remove(force=True)
    with pytest.raises(docker.errors.NotFound):
        container.reload()


def test_logs_that_go_on(client: docker.DockerClient) -> None:
    container = client.containers.run(BUSYBOX, ["sh", "-c", "for i in 1 2 3; do echo $i; sleep 0.1; done"], detach=True)
    assert b"".join(container.logs(stream=True, follow=True)) == b"1\n2\n3\n"
    stamped = container.logs(timestamps=True).splitlines()
    assert [line.split()[1] for line in stamped] == [b"1", b"2", b"3"]
    assert stamped[0].split()[0].endswith(b"Z")
    container.remove()


def test_exec(client: docker.DockerClient) -> None:
    container = client.containers.run(BUSYBOX, ["sleep", "600"], detach=True)
    assert container.exec_run(["sh", "-c", "echo out; exit 4"]) == (4, b"out\n")
    out = container.exec_run(["sh", "-c", "echo out; echo err >&2"], demux=True)
    assert (out.exit_code, out.output) == (0, (b"out\n", b"err\n"))
    of_user = container.exec_run(["sh", "-c", "id -u; pwd; echo $A"], user="5", workdir="/tmp", environment={"A": "b"})
    assert of_user.output == b"5\n/tmp\nb\n"
    assert container.exec_run("tty", tty=True).output.strip().startswith(b"/dev/")
    assert b"".join(container.exec_run(["sh", "-c", "echo 1; echo 2"], stream=True).output) == b"1\n2\n"
    assert container.exec_run(["sleep", "600"], detach=True).exit_code is None
    assert container.exec_run(["no-such-program"]).exit_code in (126, 127)
    container.remove(force=True)


def test_exec_over_a_socket(client: docker.DockerClient) -> None:
    container = client.containers.run(BUSYBOX, ["sleep", "600"], detach=True)
    made = client.api.exec_create(container.id, ["sh", "-c", "cat; echo end >&2; exit 5"], stdin=True)
    with raw(client.api.exec_start(made["Id"], socket=True)) as stream:
        stream._sock.sendall(b"to and fro\n")
        stream._sock.shutdown(socket.SHUT_WR)
        said = [demux_adaptor(*frame) for frame in frames_iter(stream, tty=False)]
    assert b"".join(out for out, _ in said if out) == b"to and fro\n"
    assert b"".join(err for _, err in said if err) == b"end\n"
    found = client.api.exec_inspect(made["Id"])
    assert (found["ExitCode"], found["Running"]) == (5, False)
    assert found["ContainerID"] == container.id
    container.remove(force=True)


def test_attach(client: docker.DockerClient) -> None:
    container = client.containers.create(BUSYBOX, ["sh", "-c", "cat; echo end >&2"], stdin_open=True)
    with raw(container.attach_socket(params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})) as stream:
        container.start()
        stream._sock.sendall(b"to and fro\n")
        stream._sock.shutdown(socket.SHUT_WR)
        said = list(frames_iter(stream, tty=False))
    assert said == [(1, b"to and fro\n"), (2, b"end\n")]
    assert container.wait()["StatusCode"] == 0
    assert container.attach(logs=True, stream=False) == b"to and fro\nend\n"
    container.remove()


def test_a_terminal(client: docker.DockerClient) -> None:
    container = client.containers.create(BUSYBOX, ["sh"], stdin_open=True, tty=True)
    with raw(container.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})) as stream:
        container.start()
        container.resize(33, 111)
        stream._sock.sendall(b"stty size; exit\n")
        said = b"".join(content for _, content in frames_iter(stream, tty=True))
    assert b"33 111\r\n" in said
    container.remove()


def test_copies(client: docker.DockerClient) -> None:
    container = client.containers.create(BUSYBOX, ["cat", "/tmp/in/file"])
    assert container.put_archive("/tmp", tar_of({"in/file": b"content\n"}))
    container.start()
    container.wait()
    assert container.logs() == b"content\n"
    stream, stat = container.get_archive("/tmp/in")
    assert stat["name"] == "in"
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as tar:
        assert tar.getnames() == ["in", "in/file"]
        content = tar.extractfile("in/file")
        assert content is not None and content.read() == b"content\n"
    with pytest.raises(docker.errors.NotFound):
        container.get_archive("/no/such/path")
    with pytest.raises(docker.errors.NotFound):
        container.put_archive("/no/such/path", tar_of({}))
    assert {"Path": "/tmp/in/file", "Kind": 1} in container.diff()
    with tarfile.open(fileobj=io.BytesIO(b"".join(container.export()))) as tar:
        assert "tmp/in/file" in tar.getnames()
    container.remove()


def test_build_of_a_folder(client: docker.DockerClient, context: Callable[..., Path]) -> None:
    image, lines = client.images.build(
        path=str(context(DOCKERFILE)),
        tag="made:1",
        buildargs={"who": "you"},
        labels={"more": "labels"},
        rm=True,
        container_limits={"memory": 64 << 20, "cpushares": 512},
    )
    assert image.tags == ["made:1"]
    assert {"of": "tests", "more": "labels"}.items() <= image.labels.items()
    said = list(lines)
    assert any("stream" in line for line in said)
    assert [line["aux"]["ID"] for line in said if "aux" in line][-1] == image.id
    assert client.containers.run("made:1", remove=True) == b"kept\nhello you\n"


def test_build_of_a_file_and_of_a_tar(client: docker.DockerClient) -> None:
    alone, _ = client.images.build(fileobj=io.BytesIO(f"FROM {BUSYBOX}\nRUN echo a > /a\n".encode()))
    assert client.containers.run(alone, ["cat", "/a"], remove=True) == b"a\n"
    tar = tar_of({"of/Dockerfile": f"FROM {BUSYBOX}\nCOPY b /b\n".encode(), "b": b"b\n"})
    image, _ = client.images.build(fileobj=io.BytesIO(tar), custom_context=True, dockerfile="of/Dockerfile")
    assert client.containers.run(image, ["cat", "/b"], remove=True) == b"b\n"


def test_a_build_that_fails(client: docker.DockerClient) -> None:
    with pytest.raises(docker.errors.BuildError) as failed:
        client.images.build(fileobj=io.BytesIO(f"FROM {BUSYBOX}\nRUN echo so far; exit 9\n".encode()))
    assert "9" in failed.value.msg
    assert any("so far" in line.get("stream", "") for line in failed.value.build_log)
    with pytest.raises((docker.errors.BuildError, docker.errors.APIError), match="NO"):
        client.images.build(fileobj=io.BytesIO(f"FROM {BUSYBOX}\nNO such instruction\n".encode()))


def test_the_life_of_an_image(client: docker.DockerClient, registry: Real) -> None:
    image = client.images.get(BUSYBOX)
    name = f"{registry.host}/docker-py"
    assert image.tag(name, "1")
    image.reload()
    assert set(image.tags) == {BUSYBOX, f"{name}:1"}
    assert image.history()[0]["Id"] in (image.id, "<missing>")
    pushed = list(client.images.push(name, "1", stream=True, decode=True))
    assert not [line for line in pushed if "error" in line]
    digest = next(line["aux"]["Digest"] for line in pushed if "aux" in line)
    assert client.images.get_registry_data(f"{name}:1").id == digest
    client.images.remove(f"{name}:1")
    with pytest.raises(docker.errors.ImageNotFound):
        client.images.get(f"{name}:1")
    pulled = client.images.pull(name, "1")
    assert pulled.tags and f"{name}:1" in pulled.tags
    assert f"{name}@{digest}" in pulled.attrs["RepoDigests"]
    saved = b"".join(client.images.get(f"{name}:1").save(named=f"{name}:1"))
    client.images.remove(f"{name}:1")
    (loaded,) = client.images.load(saved)
    assert f"{name}:1" in loaded.tags
    assert [each for each in client.images.list(name) if f"{name}:1" in each.tags]
    client.images.remove(f"{name}:1")
    with pytest.raises(docker.errors.NotFound):
        client.images.pull(name, "nothing")


def test_commit_and_prune(client: docker.DockerClient) -> None:
    container = client.containers.run(BUSYBOX, ["sh", "-c", "echo kept > /kept"], detach=True)
    container.wait()
    image = container.commit("kept", "1", message="by hand", changes='CMD ["cat", "/kept"]')
    assert image.tags == ["kept:1"]
    assert client.containers.run("kept:1", remove=True) == b"kept\n"
    assert container.id in client.containers.prune()["ContainersDeleted"]
    client.images.build(fileobj=io.BytesIO(f"FROM {BUSYBOX}\nRUN echo dangles > /a\n".encode()))
    assert client.images.prune(filters={"dangling": True})["ImagesDeleted"]
    assert client.images.get("kept:1")


def test_networks(client: docker.DockerClient) -> None:
    network = client.networks.create("of-tests", driver="bridge", labels={"of": "tests"})
    web = client.containers.run(
        BUSYBOX, ["sh", "-c", "echo served > /index.html; exec httpd -f -p 80 -h /"], detach=True, name="web"
    )
    network.connect(web, aliases=["site"])
    network.reload()
    assert [each.name for each in network.containers] == ["web"]
    fetch = "until wget -q -O - http://site/; do sleep 0.1; done"
    assert client.containers.run(BUSYBOX, ["sh", "-c", fetch], network="of-tests", remove=True) == b"served\n"
    network.disconnect(web)
    assert [each.name for each in client.networks.list(filters={"label": "of=tests"})] == ["of-tests"]
    web.remove(force=True)
    network.remove()
    with pytest.raises(docker.errors.NotFound):
        client.networks.get("of-tests")
    client.networks.create("unused")
    assert client.networks.prune()["NetworksDeleted"] == ["unused"]


def test_volumes(client: docker.DockerClient) -> None:
    volume = client.volumes.create("data", labels={"of": "tests"})
    mounts = {"data": {"bind": "/data", "mode": "rw"}}
    client.containers.run(BUSYBOX, ["sh", "-c", "echo stays > /data/file"], volumes=mounts, remove=True)
    read = {"data": {"bind": "/data", "mode": "ro"}}
    assert client.containers.run(BUSYBOX, ["cat", "/data/file"], volumes=read, remove=True) == b"stays\n"
    assert [each.name for each in client.volumes.list(filters={"label": "of=tests"})] == ["data"]
    holder = client.containers.create(BUSYBOX, "true", volumes=mounts)
    with pytest.raises(docker.errors.APIError) as refused:
        volume.remove()
    assert refused.value.status_code == 409
    holder.remove()
    volume.remove()
    with pytest.raises(docker.errors.NotFound):
        client.volumes.get("data")


def test_events(client: docker.DockerClient) -> None:
    seen: list[dict[str, Any]] = []
    events = client.events(decode=True, filters={"type": "container"})

    def listen() -> None:
        for event in events:
            seen.append(event)
            if event["Action"] == "destroy":
                return

    listener = threading.Thread(target=listen)
    listener.start()
    client.containers.run(BUSYBOX, "true", name="eventful", remove=True)
    listener.join(60)
    events.close()
    assert [event["Action"] for event in seen if event["Action"] != "attach"] == ["create", "start", "die", "destroy"]
    assert {event["Actor"]["Attributes"]["name"] for event in seen} == {"eventful"}
    filters = {"event": "die", "container": "eventful"}
    past = client.events(decode=True, since=seen[0]["time"] - 1, until=time.time() + 1, filters=filters)
    assert [event["Actor"]["Attributes"]["exitCode"] for event in past] == ["0"]


def test_stats_that_go_on(client: docker.DockerClient) -> None:
    container = client.containers.run(BUSYBOX, ["sleep", "600"], detach=True)
    stream = container.stats(stream=True, decode=True)
    first, second = next(stream), next(stream)
    assert first["id"] == second["id"] == container.id
    assert second["read"] > first["read"]
    assert {"cpu_stats", "precpu_stats", "memory_stats", "pids_stats", "networks"} <= second.keys()
    stream.close()
    container.remove(force=True)
