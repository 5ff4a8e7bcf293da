"""Builds over the Engine API: raw requests, Docker's own command line with its classic builder, docker-py."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import re
import socket
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import docker as docker_py
import pytest
import zstandard
from docker.errors import BuildError
from tests import processes
from tests.api.client import Answer, Client
from tests.api.served import Docker
from tests.waiting import eventually

from .conftest import BUSYBOX, Context, Onggi

FROM = f"FROM {BUSYBOX}\n"


def tar(files: Mapping[str, str], *more: tarfile.TarInfo) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
        for info in more:
            archive.addfile(info)
    return data.getvalue()


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def lines(answer: Answer) -> list[dict[str, Any]]:
    assert answer.status == 200, answer
    assert answer.headers["content-type"] == "application/json"
    return [json.loads(line) for line in answer.body.splitlines()]


def text(told: list[dict[str, Any]]) -> str:
    return "".join(line.get("stream", "") for line in told)


def build(api: Client, dockerfile: str, files: Mapping[str, str] | None = None, **query: Any) -> list[dict[str, Any]]:
    """The lines of a build whose context is a tar."""
    return lines(api.request("POST", "/build", tar({"Dockerfile": dockerfile, **(files or {})}), **query))


def built(told: list[dict[str, Any]]) -> str:
    (found,) = [line["aux"]["ID"] for line in told if "aux" in line]
    return str(found)


def failed(told: list[dict[str, Any]]) -> dict[str, Any]:
    """What the last line says."""
    assert told[-1]["error"] == told[-1]["errorDetail"]["message"]
    found: dict[str, Any] = told[-1]["errorDetail"]
    return found


@pytest.fixture
def py(api: Client) -> Iterator[docker_py.DockerClient]:
    client = docker_py.DockerClient(base_url=f"unix://{api.path}")
    yield client
    client.close()


# What is told


def test_the_lines_of_a_build(api: Client) -> None:
    told = build(api, FROM + "RUN echo hé; echo err >&2\nCOPY a /a\nENV X=1", {"a": "1"}, t="shop/api:1")
    image = built(told)
    said = text(told)
    base = api.get(f"/images/{BUSYBOX}/json")["Id"]
    head = f"Step 1/4 : FROM {BUSYBOX}\n ---> {base[7:19]}\nStep 2/4 : RUN echo hé; echo err >&2\n ---> Running in "
    assert said.startswith(head)
    assert "hé\n" in said and "err\n" in said
    short = image[7:19]
    assert said.endswith(
        f"Step 3/4 : COPY a /a\nStep 4/4 : ENV X=1\n ---> {short}\n"
        f"Successfully built {short}\nSuccessfully tagged shop/api:1\n"
    )
    found = api.get("/images/shop/api:1/json")
    assert found["Id"] == image
    assert "X=1" in found["Config"]["Env"]
    again = build(api, FROM + "RUN echo hé; echo err >&2\nCOPY a /a\nENV X=1", {"a": "1"})
    assert text(again).count(" ---> Using cache\n") == 2
    assert built(again) == image


def test_a_quiet_build_says_the_id_alone_and_all_where_it_fails(api: Client) -> None:
    (only,) = build(api, FROM + "RUN echo out", q="1")
    assert re.fullmatch("sha256:[0-9a-f]{64}\n", only["stream"])
    told = build(api, FROM + "RUN echo out; exit 4", q="1")
    assert "out\n" in text(told)
    assert failed(told)["code"] == 4


def test_a_step_that_fails(api: Client) -> None:
    told = build(api, FROM + "RUN echo before; exit 3")
    assert "before\n" in text(told)
    words = "The command '/bin/sh -c echo before; exit 3' returned a non-zero code: 3"
    assert failed(told) == {"message": words, "code": 3}


def test_a_file_that_is_not_there(api: Client) -> None:
    told = build(api, FROM + "ENV A=1\nCOPY a b.log /x/\n", {".dockerignore": "*.log", "a": ""})
    assert text(told) == "Step 3/3 : COPY a b.log /x/\n"
    assert failed(told)["message"] == (
        "COPY failed: file not found in build context or excluded by .dockerignore: stat b.log: file does not exist "
        "(line 3: COPY a b.log /x/: b.log is not in the build context, and .dockerignore excludes it)"
    )
    told = build(api, f"FROM {BUSYBOX} AS one\nRUN true\n{FROM}COPY --from=one /no /x\n")
    assert text(told).endswith("Step 4/4 : COPY --from=one /no /x\n")
    assert failed(told)["message"].startswith("COPY failed: stat no: file does not exist (line 4: COPY --from=one")


def test_arguments_that_nothing_takes(api: Client) -> None:
    said = text(build(api, FROM + "ENV A=1", buildargs={"NOPE": "1", "B": "2", "HTTP_PROXY": "x"}))
    assert "[Warning] One or more build-args [B NOPE] were not consumed" in said


def test_builds_of_one_name_are_compared(api: Client, onggi: Onggi) -> None:
    for name, value in (("a:1", "1"), ("b:1", "2"), ("a:2", "3")):
        build(api, FROM + f"RUN echo {value}", t=name)
    assert "of Dockerfile in - (a), compared with build" in onggi("explain")
    assert "compared with" not in onggi("explain", onggi("builds", "ls", "-q").split()[1])


def test_what_is_wrong_in_a_dockerfile_has_a_status(api: Client) -> None:
    answer = api.request("POST", "/build", tar({"Dockerfile": FROM + "FOO x\n"}))
    assert answer.status == 400
    assert answer.message.startswith("dockerfile parse error on line 2: unknown instruction FOO")
    answer = api.request("POST", "/build", tar({"a": ""}))
    assert (answer.status, answer.message) == (400, "Cannot locate specified Dockerfile: Dockerfile")
    answer = api.request("POST", "/build", tar({"Dockerfile": FROM}), dockerfile="x/Other")
    assert (answer.status, answer.message) == (400, "Cannot locate specified Dockerfile: x/Other")
    answer = api.request("POST", "/build", tar({"Dockerfile": FROM}), t="Not A Name")
    assert answer.status == 400
    assert "invalid reference" in answer.message


def test_steps_side_by_side_are_told_one_after_the_other(api: Client) -> None:
    stages = "".join(
        f"{FROM.strip()} AS s{n}\nRUN for i in 1 2 3; do echo s{n} $i; sleep 0.02; done\n" for n in range(3)
    )
    copies = "".join(f"COPY --from=s{n} /etc/passwd /p{n}\n" for n in range(3))
    said = text(build(api, f"{stages}{FROM}{copies}"))
    for n in range(3):
        assert f"s{n} 1\ns{n} 2\ns{n} 3\n" in said


def test_long_output_arrives_whole(api: Client) -> None:
    told = build(api, FROM + "RUN head -c 20000000 /dev/zero | tr '\\0' x")
    assert sum(line.get("stream", "").count("x") for line in told) >= 20_000_000
    built(told)


# What can be asked for


def test_the_parameters_of_a_build(api: Client) -> None:
    dockerfile = (
        f"FROM {BUSYBOX} AS first\nARG A=none\nARG B=none\nRUN echo $A $B $(cat /etc/hosts | grep -c shop) "
        "$(df -k /dev/shm | tail -n1 | awk '{print $2}') $(ulimit -n) > /said\nCMD cat /said\n"
        "FROM first AS last\nRUN exit 1\n"
    )
    query = {
        "dockerfile": "sub/File",
        "t": "x:1",
        "target": "first",
        "buildargs": {"A": "a", "B": None},
        "labels": {"k": "v"},
        "extrahosts": "shop:10.0.0.9",
        "shmsize": 1 << 20,
        "ulimits": [{"Name": "nofile", "Soft": 123, "Hard": 456}],
        "networkmode": "none",
        "nocache": "true",
        "rm": "1",
        "forcerm": "1",
        "pull": "false",
        "platform": "linux/amd64" if os.uname().machine == "x86_64" else "",
    }
    told = lines(api.request("POST", "/build", tar({"sub/File": dockerfile}), **query))
    image = built(told)
    assert api.get(f"/images/{image}/json")["Config"]["Labels"] == {"k": "v"}
    container = api.create("x:1")
    api.post(f"/containers/{container}/start")
    api.post(f"/containers/{container}/wait")
    logs = api.request("GET", f"/containers/{container}/logs", stdout=1).body[8:]
    assert logs == b"a none 1 1024 123\n"


def test_what_steps_may_use(api: Client) -> None:
    dockerfile = FROM + "RUN tail /dev/zero | cat; grep Cpus_allowed_list /proc/self/status\nRUN exec tail /dev/zero\n"
    limits: dict[str, Any] = {"memory": 20 << 20, "memswap": 20 << 20, "cpusetcpus": "0", "cpuquota": 90_000}
    told = build(api, dockerfile, **limits, cpushares=512, securityopt="label=disable")
    assert "Cpus_allowed_list:\t0\n" in text(told)
    assert failed(told)["code"] == 137
    assert failed(told)["message"].endswith("(it ran out of the memory that a step is given)")
    again = text(build(api, dockerfile.partition("RUN exec")[0]))
    assert " ---> Using cache\n" in again, "limits are in no key"


def test_the_cache_of_an_image_that_is_here(api: Client, onggi: Onggi) -> None:
    """It is not asked for at registries, and needs to have none."""
    dockerfile = FROM + "RUN head -c 9 /dev/urandom > /a\n"
    image = built(build(api, dockerfile, t="cached", buildargs={"BUILDKIT_INLINE_CACHE": "1"}))
    onggi("builder", "prune", "-af")
    told = build(api, dockerfile, cachefrom=["cached", BUSYBOX, "127.0.0.1:1/x"])
    assert built(told) == image
    assert [line for line in text(told).splitlines() if "the cache" in line] == [
        line for line in text(told).splitlines() if "127.0.0.1:1/x" in line
    ]


def test_several_names(api: Client) -> None:
    address = "/build?t=a:1&t=b:2"
    api._connection.request("POST", address, tar({"Dockerfile": FROM + "ENV A=1"}), {})
    answer = api._connection.getresponse()
    assert answer.read().count(b"Successfully tagged") == 2
    assert api.get("/images/a:1/json")["Id"] == api.get("/images/b:2/json")["Id"]


@pytest.mark.one_server
@pytest.mark.parametrize(
    ("name", "value", "status", "words"),
    [
        ("networkmode", "container:db", 501, "networkmode container:db is not supported"),
        ("memory", "1000000", 400, "Minimum memory limit allowed is 6MB"),
        ("cpusetcpus", "4095", 400, "Requested CPUs are not available"),
        ("cgroupparent", "../x", 400, "invalid cgroup-parent"),
        ("securityopt", "seccomp=unconfined", 501, "securityopt is not supported"),
        ("outputs", '[{"Type":"tar"}]', 501, "outputs is not supported"),
        ("version", "3", 400, "no version 3"),
        ("session", "x", 501, "session is not supported"),
        ("isolation", "hyperv", 400, "isolation"),
        ("buildargs", "{", 400, "buildargs"),
        ("buildargs", '{"A": 1}', 400, "buildargs"),
        ("ulimits", '[{"Name":"nofile"}]', 400, "ulimits"),
        ("ulimits", '[{"Name":"x","Soft":1,"Hard":1}]', 400, "ulimit"),
        ("platform", "plan9/vax", 400, "platform"),
        ("cachefrom", '{"a":1}', 400, "cachefrom"),
        ("remote", "ftp://x/y", 400, "ftp://x/y"),
        ("remote", "/etc", 400, "/etc"),
    ],
)
def test_what_is_refused_is_refused_by_name(api: Client, name: str, value: str, status: int, words: str) -> None:
    answer = api.request("POST", "/build", tar({"Dockerfile": FROM}), **{name: value})
    assert answer.status == status, answer
    assert words in answer.message


def test_an_image_that_is_nowhere_is_told_by_a_line(api: Client) -> None:
    with_port = "127.0.0.1:1/x"  # nobody listens there
    said = failed(build(api, f"FROM {with_port}"))
    assert "127.0.0.1:1" in said["message"]


# Contexts


@pytest.mark.one_server
@pytest.mark.parametrize(
    "squeeze",
    [bytes, gzip.compress, bz2.compress, lzma.compress, zstandard.compress],
    ids=["plain", "gzip", "bzip2", "xz", "zstd"],
)
def test_a_context_may_be_compressed(api: Client, squeeze: Callable[[bytes], bytes]) -> None:
    data = squeeze(tar({"Dockerfile": FROM + "COPY a /", "a": "text"}))
    built(lines(api.request("POST", "/build", data)))


def test_a_body_may_be_a_dockerfile(api: Client) -> None:
    built(lines(api.request("POST", "/build", (FROM + "ENV A=1").encode())))


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a web server, and its folder."""
    folder = tmp_path / "web"
    folder.mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()
    server.server_close()
    thread.join()


def test_remote_contexts(api: Client, web: tuple[str, Path], tmp_path: Path) -> None:
    address, folder = web
    (folder / "context.tar").write_bytes(tar({"Dockerfile": FROM + "COPY a /", "a": "text"}))
    (folder / "Dockerfile").write_text(FROM + "ENV A=remote")
    repository = folder / "shop.git"
    work = tmp_path / "work"
    work.mkdir()
    (work / "Dockerfile").write_text(FROM + "COPY Dockerfile /")
    git = ["git", "-C", str(work), "-c", "user.name=x", "-c", "user.email=x@y"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *words], check=True)
    subprocess.run(["git", "clone", "-q", "--bare", str(work), str(repository)], check=True)
    subprocess.run(["git", "-C", str(repository), "update-server-info"], check=True)
    for remote in ("context.tar", "Dockerfile", "shop.git#main"):
        built(lines(api.request("POST", "/build", remote=f"{address}/{remote}")))
    answer = api.request("POST", "/build", remote=f"{address}/none.tar")
    assert answer.status == 404


@pytest.mark.one_server
@pytest.mark.parametrize(
    "data",
    [
        b"\0" * 100,
        b"\x1f\x8b" + b"x" * 2000,
        tar({"Dockerfile": FROM, "a": "x" * 5000})[:3000],
        gzip.compress(tar({"Dockerfile": FROM, "a": "x" * 5000}))[:-20],
        zstandard.compress(tar({"Dockerfile": FROM}))[:-4],
        b"\xff\xfe\xfd" * 500,
        b"",
    ],
    ids=["zeros", "no gzip", "cut", "cut gzip", "cut zstd", "noise", "nothing"],
)
def test_what_is_no_context(api: Client, data: bytes) -> None:
    answer = api.request("POST", "/build", data)
    assert answer.status == 400, answer
    assert answer.message


def test_paths_and_links_do_not_lead_out_of_the_context(api: Client, tmp_path: Path) -> None:
    outside = tmp_path / "secret"
    outside.write_text("of the host")
    for name in ("../led-out", "/../../led-out", f"{outside}", "a/../../../led-out"):
        answer = api.request("POST", "/build", tar({"Dockerfile": FROM, name: "x"}))
        assert answer.status in (200, 400)
    assert outside.read_text() == "of the host"
    assert not list(tmp_path.parent.rglob("led-out"))
    for info in (link("s", str(outside)), link("s", "../../../../../../../.." + str(outside))):
        told = lines(api.request("POST", "/build", tar({"Dockerfile": FROM + "COPY s /s\nRUN cat /s"}, info)))
        assert text(told) == "Step 2/3 : COPY s /s\n"
        assert "outside the build context" in failed(told)["message"]
    hard = link("s", str(outside), tarfile.LNKTYPE)
    assert api.request("POST", "/build", tar({"Dockerfile": FROM + "COPY s /s"}, hard)).status == 400
    for name in ("../Dockerfile", str(outside), "d/../../x"):
        answer = api.request("POST", "/build", tar({"Dockerfile": FROM}), dockerfile=name)
        assert answer.status == 400
    told_or_not = api.request("POST", "/build", tar({}, link("Dockerfile", str(outside))))
    assert told_or_not.status == 400
    assert "of the host" not in told_or_not.message


def test_a_device_or_a_bomb_harms_nobody(api: Client, onggi: Onggi) -> None:
    device = tarfile.TarInfo("d")
    device.type, device.devmajor, device.devminor = tarfile.CHRTYPE, 1, 3
    api.request("POST", "/build", tar({"Dockerfile": FROM}, device))
    huge = tarfile.TarInfo("huge")
    huge.size = 1 << 60
    head = huge.tobuf(tarfile.GNU_FORMAT)
    assert api.request("POST", "/build", head + b"x" * 1000).status == 400
    deep = "/".join("d" * 100 for _ in range(200))
    assert api.request("POST", "/build", tar({"Dockerfile": FROM, deep: ""})).status in (200, 400)
    assert not [path for path in (onggi.root / "tmp").iterdir() if path.name != "lock"]


# Who goes away


def post(api: Client, head: str) -> socket.socket:
    """A connection on which a request has begun."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(60)
    connection.connect(str(api.path))
    connection.sendall(head.replace("\n", "\r\n").encode())
    return connection


def hear(connection: socket.socket, words: bytes) -> bytes:
    """What comes, up to these words."""
    heard = b""
    while words not in heard:
        piece = connection.recv(65536)
        assert piece, heard
        heard += piece
    return heard


def test_a_client_that_goes_away_ends_its_build(api: Client, onggi: Onggi) -> None:
    data = tar({"Dockerfile": FROM + "RUN echo begun; sleep 1000.71"})
    connection = post(api, f"POST /build?t=never HTTP/1.1\nHost: x\nContent-Length: {len(data)}\n\n")
    connection.sendall(data)
    hear(connection, b'"begun\\n"')
    eventually(lambda: processes.with_word(b"1000.71"))
    connection.close()
    eventually(lambda: not processes.with_word(b"1000.71"))
    eventually(lambda: "cancelled" in onggi("builds", "ls"))
    assert api.request("GET", "/images/never/json").status == 404


@pytest.mark.parametrize("version", ["1", "2"], ids=["classic", "BuildKit"])
def test_a_build_is_given_up_by_its_id(api: Client, version: str) -> None:
    data = tar({"Dockerfile": FROM + "RUN echo begun; sleep 1000.72"})
    line = f"POST /build?buildid=mine&version={version} HTTP/1.1"
    connection = post(api, f"{line}\nHost: x\nContent-Length: {len(data)}\n\n")
    connection.sendall(data)
    eventually(lambda: processes.with_word(b"1000.72"))
    assert api.request("POST", "/build/cancel", id="other").status == 204
    assert api.request("POST", "/build/cancel", id="mine").status == 204
    heard = hear(connection, b"0\r\n\r\n")
    connection.close()
    assert not processes.with_word(b"1000.72")
    assert b"Successfully" not in heard
    assert b"moby.image.id" not in heard
    assert api.request("POST", "/build/cancel").message == "build ID not provided"


def test_a_body_that_is_cut_or_endless_leaves_nothing(api: Client, onggi: Onggi) -> None:
    data = tar({"Dockerfile": FROM, "big": "x" * 100_000})
    cut = post(api, f"POST /build HTTP/1.1\nHost: x\nContent-Length: {len(data) + 10}\n\n")
    cut.sendall(data[:50_000])
    cut.close()
    chunked = post(api, "POST /build HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n")
    chunked.sendall(b"zz\r\nno chunk\r\n")
    assert b" 400 " in chunked.recv(65536)
    chunked.close()
    endless = post(api, "POST /build HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n")
    info = tarfile.TarInfo("endless")
    info.size = 1 << 40
    head = info.tobuf(tarfile.GNU_FORMAT)
    endless.sendall(b"%x\r\n%s\r\n" % (len(head), head))
    for _ in range(50):
        endless.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
    endless.close()
    eventually(lambda: not list((onggi.root / "tmp").iterdir()))
    assert api.request("GET", "/_ping").status == 200


# Docker's own command line, and docker-py


def test_docker_build(docker: Docker, context: Context) -> None:
    folder = context(FROM + "ARG A\nRUN --mount=type=cache,target=/c echo $A > /c/x && cp /c/x /x\nCMD cat /x")
    said = docker("build", "-t", "shop", "--build-arg", "A=heard", str(folder))
    assert said.endswith("Successfully tagged shop:latest")
    assert docker("run", "--rm", "--network", "none", "shop") == "heard"
    assert re.fullmatch("sha256:[0-9a-f]{64}", docker("build", "-q", str(folder)))
    wrong = context(FROM + "RUN exit 3")
    said = docker.fails("build", str(wrong), code=3)
    assert "The command '/bin/sh -c exit 3' returned a non-zero code: 3" in said
    said = docker.fails("build", str(context(FROM + "FOO")))
    assert "dockerfile parse error on line 2" in said
    assert "Minimum memory limit allowed is 6MB" in docker.fails("build", "-m", "1m", str(folder))
    from_stdin = docker("build", "-t", "piped", "-", stdin=(FROM + "ENV A=1").encode())
    assert "Successfully tagged piped:latest" in from_stdin
    assert "Total reclaimed space" in docker("builder", "prune", "-f")


def test_connections_of_buildkits_are_for_who_upgrades_them(api: Client) -> None:
    for path in ("/session", "/grpc"):
        answer = api.request("POST", path)
        assert (answer.status, answer.message) == (400, "no upgrade proto in request")


def test_docker_py_builds(py: docker_py.DockerClient, context: Context) -> None:
    folder = context(FROM + "ARG A=1\nRUN echo $A > /x\nCOPY a /", {"a": "1", "b": "2", ".dockerignore": "b\n"})
    image, log = py.images.build(path=str(folder), tag="py:1", buildargs={"A": "2"}, labels={"k": "v"}, rm=True)
    assert image.tags == ["py:1"]
    assert image.labels == {"k": "v"}
    assert any("Step 2/" in line.get("stream", "") for line in log)
    image, _ = py.images.build(fileobj=io.BytesIO((FROM + "ENV A=1").encode()), quiet=True)
    assert image.tags == []
    with pytest.raises(BuildError, match="returned a non-zero code: 3") as caught:
        py.images.build(path=str(context(FROM + "RUN exit 3")))
    log = list(caught.value.build_log)  # to its end, or a connection stays open
    assert any("Step" in line.get("stream", "") for line in log)
    elsewhere = context(FROM + "COPY a /") / "Dockerfile"
    image, _ = py.images.build(path=str(folder), dockerfile=str(elsewhere), cache_from=["127.0.0.1:1/none"])
    assert image.id
