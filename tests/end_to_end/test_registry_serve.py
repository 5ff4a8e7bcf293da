"""The registry that onggi serves, with skopeo, podman and buildah as its clients."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import bcrypt
import pytest
from tests.registries.images import Shelf
from tests.registries.tls import Authority
from tests.waiting import eventually

from .conftest import BUSYBOX, Onggi

REPO = "team/app"


@dataclass
class Serving:
    """`onggi registry serve` as a process. `client`: what skopeo and its like are told of it, of their own side and of
    the other's."""

    process: subprocess.Popen[bytes]
    said: str
    host: str
    flags: tuple[str, ...] = ("--tls-verify=false",)
    login: str = ""

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Its exit code, and what it wrote to stderr."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=600)
        return self.process.returncode, said.decode()

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.host, timeout=600)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def begin(self, repository: str = REPO) -> str:
        connection = http.client.HTTPConnection(self.host, timeout=600)
        connection.request("POST", f"/v2/{repository}/blobs/uploads/")
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status == 202
        return answer.headers["Location"]


@contextmanager
def serve(onggi: Onggi, *options: str | Path) -> Iterator[Serving]:
    process = onggi.start("registry", "serve", "--listen", "127.0.0.1:0", *options)
    try:
        assert process.stdout is not None
        first = process.stdout.readline().decode()
        host = first.strip().rpartition("://")[2]
        yield Serving(process, first, host)
    finally:
        process.terminate()
        process.communicate()


def call(*words: str | Path) -> str:
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@pytest.fixture(params=["plain", "TLS and passwords"])
def serving(request: pytest.FixtureRequest, empty: Onggi, tmp_path: Path) -> Iterator[Serving]:
    if request.param == "plain":
        with serve(empty) as serving:
            yield serving
        return
    authority = Authority(tmp_path / "certs")
    pair = authority.server()
    trusted = tmp_path / "trusted"
    trusted.mkdir()
    (trusted / "ca.crt").write_bytes(authority.bundle.read_bytes())
    users = tmp_path / "users"
    users.write_text(f"alice:{bcrypt.hashpw(b'se:cret', bcrypt.gensalt(4)).decode()}\n")
    doors = ("--tls-cert", pair.certificate, "--tls-key", pair.key, "--htpasswd", users)
    with serve(empty, *doors) as serving:
        assert "at https://" in serving.said
        serving.flags, serving.login = (f"--cert-dir={trusted}",), "alice:se:cret"
        yield serving


def skopeo(serving: Serving, verb: str, *words: str, side: str = "") -> str:
    flags = [f"--{side}{flag[2:]}" for flag in serving.flags]
    login = [f"--{side}creds={serving.login}"] if serving.login else []
    return call("skopeo", verb, *flags, *login, *words)


@pytest.mark.parametrize("form", ["oci", "v2s2"])
def test_skopeo(serving: Serving, shelf: Shelf, tmp_path: Path, form: str) -> None:
    source, place = shelf.source("layers"), f"docker://{serving.host}/{REPO}:1"
    skopeo(serving, "copy", f"--format={form}", source, place, side="dest-")
    skopeo(serving, "copy", "--preserve-digests", place, f"dir:{tmp_path}/back", side="src-")
    raw = (tmp_path / "back/manifest.json").read_bytes()
    assert skopeo(serving, "inspect", "--raw", place) == raw.decode()
    kind = "vnd.oci.image.manifest.v1" if form == "oci" else "vnd.docker.distribution.manifest.v2"
    manifest = json.loads(raw)
    assert kind in manifest.get("mediaType", "application/vnd.oci.image.manifest.v1+json")  # OCI's need not say it
    for part in (manifest["config"], *manifest["layers"]):
        data = (tmp_path / "back" / part["digest"].removeprefix("sha256:")).read_bytes()
        assert (digest_of(data), len(data)) == (part["digest"], part["size"])
    assert json.loads(skopeo(serving, "list-tags", f"docker://{serving.host}/{REPO}"))["Tags"] == ["1"]
    skopeo(serving, "delete", place)
    assert json.loads(skopeo(serving, "list-tags", f"docker://{serving.host}/{REPO}"))["Tags"] == []


def test_skopeo_with_several_platforms(serving: Serving, shelf: Shelf, tmp_path: Path) -> None:
    place = f"docker://{serving.host}/{REPO}:both"
    skopeo(serving, "copy", "--all", shelf.source("both"), place, side="dest-")
    skopeo(serving, "copy", "--all", "--preserve-digests", place, f"oci:{tmp_path}/back:both", side="src-")
    (entry,) = json.loads((tmp_path / "back/index.json").read_bytes())["manifests"]
    assert skopeo(serving, "inspect", "--raw", place).encode() == blob(tmp_path / "back", entry["digest"])
    assert len(json.loads(blob(tmp_path / "back", entry["digest"]))["manifests"]) == 2


def blob(layout: Path, digest: str) -> bytes:
    return (layout / "blobs" / digest.replace(":", "/")).read_bytes()


@pytest.fixture
def storage(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Flags that give podman and buildah a storage of their own; podman wants a short path."""
    folder = tmp_path_factory.mktemp("p")
    return ["--root", f"{folder}/r", "--runroot", f"{folder}/rr", "--storage-driver", "vfs"]


@pytest.mark.parametrize("program", ["podman", "buildah"])
def test_podman_and_buildah(serving: Serving, shelf: Shelf, storage: Sequence[str], program: str) -> None:
    login = [f"--creds={serving.login}"] if serving.login else []
    shelf_name = shelf.source("small")
    image = call(program, *storage, "pull", "-q", shelf_name).strip().splitlines()[-1]
    place = f"{serving.host}/{REPO}:{program}"
    try:
        call(program, *storage, "push", "-q", *serving.flags, *login, image, f"docker://{place}")
        call(program, *storage, "rmi", "--force", image)
        again = call(program, *storage, "pull", "-q", *serving.flags, *login, place).strip()
        assert again.removeprefix("sha256:") == image.removeprefix("sha256:")
    finally:
        call(program, *storage, "rmi", "--all", "--force")


def test_a_stranger_gets_nothing(serving: Serving, shelf: Shelf) -> None:
    skopeo(serving, "copy", shelf.source("small"), f"docker://{serving.host}/{REPO}:1", side="dest-")
    if serving.login:
        for creds in ([], ["--creds=alice:wrong"]):
            words = ["skopeo", "inspect", *serving.flags, *creds, f"docker://{serving.host}/{REPO}:1"]
            done = subprocess.run(words, capture_output=True, text=True)
            assert done.returncode != 0
            assert "authentication required" in done.stderr or "unauthorized" in done.stderr
        done = subprocess.run(
            ["skopeo", "inspect", f"docker://{serving.host}/{REPO}:1"], capture_output=True, text=True
        )
        assert "certificate" in done.stderr


def test_onggi_with_itself(empty: Onggi, onggi: Onggi, tmp_path: Path) -> None:
    """What one store serves another pushes and a third pulls; the second push sends no blob."""
    with serve(empty, "--log") as serving:
        place = f"{serving.host}/{REPO}:1"
        onggi("tag", BUSYBOX, place)
        onggi("push", place)
        onggi("push", place)
        puller = Onggi(tmp_path / "third")
        puller("pull", place)
        assert puller("run", "--rm", place, "echo", "pulled") == "pulled"
        puller.tidy()
        _, said = serving.end()
    assert len([line for line in said.splitlines() if "/blobs/uploads/" in line and "POST" in line]) == 2
    assert empty("images", "-q") == ""


def test_an_image_of_the_store_is_not_stored_twice(empty: Onggi, shelf: Shelf, tmp_path: Path) -> None:
    """What is pushed is the files that its image has, and stays when the image goes."""
    call("skopeo", "copy", shelf.source("small"), f"oci-archive:{tmp_path}/small.tar:small:1")
    empty("load", "-i", tmp_path / "small.tar")
    before = inodes(empty)
    assert len(before) == 4  # manifest, config, two layers
    with serve(empty) as serving:
        place = f"docker://{serving.host}/{REPO}:1"
        call("skopeo", "copy", "--dest-tls-verify=false", shelf.source("small"), place)
        assert inodes(empty) == before
        empty("image", "prune", "--all", "--force")
        assert empty("images", "-q") == ""
        assert inodes(empty) == before
        call("skopeo", "copy", "--src-tls-verify=false", place, f"dir:{tmp_path}/back")
        serving.end()


def inodes(onggi: Onggi) -> dict[str, int]:
    """The files, by name, and which they are."""
    return {entry.name: entry.inode() for entry in os.scandir(onggi.root / "blobs/sha256")}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_ends_cleanly(empty: Onggi, number: int) -> None:
    with serve(empty, "--log") as serving:
        assert serving.ask("GET", "/v2/")[0] == 200
        place = serving.begin()
        assert serving.ask("PATCH", place, b"half of it")[0] == 202
        code, said = serving.end(number)
    assert code == 0
    assert [line.split(' "')[1].split('"')[0] for line in said.splitlines()] == [
        "GET /v2/",
        f"POST /v2/{REPO}/blobs/uploads/",
        f"PATCH {place}",
    ]
    assert os.listdir(empty.root / "tmp") == []
    assert empty("system", "check") == "The store is clean."


def test_killed_in_the_middle_of_an_upload(empty: Onggi, shelf: Shelf) -> None:
    """What was whole is there, what was not is swept."""
    blob = os.urandom(1 << 20)
    with serve(empty) as serving:
        call("skopeo", "copy", "--dest-tls-verify=false", shelf.source("small"), f"docker://{serving.host}/{REPO}:1")
        place = serving.begin()
        host, port = serving.host.split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(
                f"PATCH {place} HTTP/1.1\r\nHost: x\r\nContent-Length: {1 << 21}\r\n\r\n".encode() + blob
            )
            eventually(lambda: any(path.stat().st_size == 1 << 20 for path in (empty.root / "tmp").iterdir()))
            serving.end(signal.SIGKILL)
    said = empty.fails("system", "check", code=1) or empty.run("system", "check").stdout.decode()
    assert "unfinished work" in said
    with serve(empty) as serving:
        assert serving.ask("GET", place)[0] == 404
        call("skopeo", "inspect", "--tls-verify=false", f"docker://{serving.host}/{REPO}:1")
        serving.end()
    assert os.listdir(empty.root / "tmp") == []
    assert empty("system", "check", "--deep") == "The store is clean."


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Onggi]:
    """The program on a file system of 16 MB."""
    point = tmp_path / "small"
    point.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", point], check=True)
    program = Onggi(point / "store")
    try:
        yield program
        program.tidy()
    finally:
        subprocess.run(["umount", "-l", point], check=True)


def test_a_full_disk(small: Onggi) -> None:
    """An upload that fills it is refused and gives its room back; others go on."""
    little, much = os.urandom(100_000), os.urandom(20 << 20)
    with serve(small) as serving:
        before = serving.begin()
        assert serving.ask("PATCH", before, little[:50_000])[0] == 202
        for _ in range(2):
            status, body = serving.ask("PATCH", serving.begin(), much)
            (error,) = json.loads(body)["errors"]
            assert (status, error["code"]) == (503, "UNAVAILABLE")
            assert "no space left on" in error["message"]
        assert serving.ask("PATCH", before, little[50_000:])[0] == 202
        assert serving.ask("PUT", f"{before}?digest={digest_of(little)}")[0] == 201
        assert serving.ask("GET", f"/v2/{REPO}/blobs/{digest_of(little)}")[1] == little
        assert serving.end()[0] == 0
    assert small("system", "check", "--deep") == "The store is clean."


def test_a_hundred_clients_at_once(empty: Onggi) -> None:
    """Whatever they send and fetch, it is not in memory."""
    blob = os.urandom(4 << 20)
    digest = digest_of(blob)
    barrier = threading.Barrier(100)

    def push_and_pull(serving: Serving, number: int) -> bool:
        place = serving.begin(f"team/app{number}")
        barrier.wait()
        return (
            serving.ask("PATCH", place, blob)[0] == 202
            and serving.ask("PUT", f"{place}?digest={digest}")[0] == 201
            and hashlib.sha256(serving.ask("GET", f"/v2/team/app{number}/blobs/{digest}")[1]).hexdigest() in digest
        )

    with serve(empty) as started, ThreadPoolExecutor(100) as threads:
        assert all(threads.map(partial(push_and_pull, started), range(100)))
        status = Path(f"/proc/{started.process.pid}/status").read_text()
        assert started.end()[0] == 0
    peak = int(status.partition("VmHWM:")[2].split()[0])
    assert peak < 200 * 1024, f"{peak} KiB"
    assert os.listdir(empty.root / "blobs/sha256") == [digest.removeprefix("sha256:")]


def test_what_is_served_shows_in_df_and_makes_no_image(empty: Onggi, shelf: Shelf) -> None:
    with serve(empty) as serving:
        call("skopeo", "copy", "--dest-tls-verify=false", shelf.source("large"), f"docker://{serving.host}/{REPO}:1")
        serving.end()
    assert empty("images", "-q") == ""
    assert [line for line in empty("system", "df").splitlines() if line.startswith("registry")]
    empty("system", "prune", "--all", "--force")
    with serve(empty, "--read-only") as serving:
        call("skopeo", "inspect", "--tls-verify=false", f"docker://{serving.host}/{REPO}:1")
        status, body = serving.ask("DELETE", f"/v2/{REPO}/manifests/1")
        assert (status, json.loads(body)["errors"][0]["message"]) == (405, "this registry is read-only")
        serving.end()


def test_what_it_does_not_do(empty: Onggi, tmp_path: Path) -> None:
    (tmp_path / "users").write_text("bob:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n")
    listen = ("registry", "serve", "-H")
    said = empty.fails(*listen, "0.0.0.0:0")
    assert "no TLS (--tls-cert, --tls-key) and no passwords (--htpasswd)" in said
    assert "say --insecure" in said
    assert "SHA-1 (htpasswd -s); only bcrypt" in empty.fails(*listen, "127.0.0.1:0", "--htpasswd", tmp_path / "users")
    assert "not an address" in empty.fails(*listen, "nowhere")
    assert "belong together" in empty.fails(*listen, "127.0.0.1:0", "--tls-cert", tmp_path / "users")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "in use" in empty.fails(*listen, f"127.0.0.1:{taken.getsockname()[1]}")
    with serve_everywhere(empty) as host:
        assert host.startswith("0.0.0.0:")


@contextmanager
def serve_everywhere(onggi: Onggi) -> Iterator[str]:
    process = onggi.start("registry", "serve", "-H", ":0", "--insecure")
    try:
        assert process.stdout is not None
        yield process.stdout.readline().decode().strip().rpartition("://")[2]
    finally:
        process.terminate()
        process.communicate()
