"""What clients send that is wrong, endless or cut short: each gets the spec's error, and leaves nothing behind."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from tests.waiting import eventually

from onggi.registry_server.context import Options
from onggi.registry_server.server import Server
from onggi.store import fsck
from onggi.store.store import Store

from .client import INDEX, MANIFEST, OCTETS, Client, descriptor, digest_of, image, index

REPO = "team/app"
BLOB = os.urandom(300_000)


def drafts(root: Path) -> list[str]:
    """What is on its way."""
    return os.listdir(root / "tmp")


# Names and digests.


@pytest.mark.parametrize(
    "name",
    [
        "UPPER",
        "a//b",
        "a/../b",
        "..",
        "a/%2e%2e/b",
        "a%2f..%2fb",
        "-a",
        "a-",
        "a__",
        "a/_b",
        "%00",
        "%ff",
        "é",
        "a" * 256,
        "a" * 100 + "/" + "b" * 156,
        "a b",
        "a:b",
    ],
)
@pytest.mark.parametrize(
    ("method", "rest"),
    [("POST", "blobs/uploads/"), ("GET", "tags/list"), ("GET", f"blobs/{digest_of(b'')}"), ("PUT", "manifests/1")],
)
def test_names_that_are_none(client: Client, root: Path, name: str, method: str, rest: str) -> None:
    name = "".join(letter if letter.isascii() and letter != " " else "%20" for letter in name)
    answer = client.ask(method, f"/v2/{name}/{rest}")
    assert answer.status in (400, 404)
    assert answer.code in ("NAME_INVALID", "UNSUPPORTED")  # `..` may have been taken for a way elsewhere
    assert drafts(root) == []


def test_the_longest_name(client: Client) -> None:
    name = "/".join(["abc"] * 63) + "/ab"
    assert len(name) == 254
    client.push(name, "t" * 128)
    assert client.put(name, "t" * 129, b"{}").code == "TAG_INVALID"


@pytest.mark.parametrize(
    "digest",
    [
        "sha256:" + "A" * 64,
        "sha256:" + "a" * 63,
        "sha512:" + "a" * 128,
        "a" * 64,
        "sha256:..%2f..%2fonggi.db",
        "latest",
    ],
)
def test_digests_that_are_none(client: Client, digest: str) -> None:
    client.push(REPO, "1")
    place = client.begin(REPO)
    for method, path in (
        ("GET", f"/v2/{REPO}/blobs/{digest}"),
        ("DELETE", f"/v2/{REPO}/blobs/{digest}"),
        ("GET", f"/v2/{REPO}/referrers/{digest}"),
        ("POST", f"/v2/{REPO}/blobs/uploads/?digest={digest}"),
        ("POST", f"/v2/{REPO}/blobs/uploads/?mount={digest}&from={REPO}"),
        ("PUT", f"{place}?digest={digest}"),
    ):
        answer = client.ask(method, path)
        assert (answer.status, answer.code) == (400, "DIGEST_INVALID"), path
        assert "sha256:<64 hex digits>" in answer.document["errors"][0]["message"]


def test_another_algorithm_is_refused_by_name(client: Client) -> None:
    answer = client.ask("POST", f"/v2/{REPO}/blobs/uploads/?digest-algorithm=sha512")
    assert (answer.status, answer.code) == (400, "DIGEST_INVALID")
    assert "sha512" in answer.document["errors"][0]["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/v1/", 404),
        ("GET", "/v2/../../etc/passwd", 404),
        ("GET", f"/v2/{REPO}/nothing/x", 404),
        ("POST", f"/v2/{REPO}/manifests/1", 405),
        ("PATCH", f"/v2/{REPO}/blobs/{digest_of(b'')}", 405),
        ("DELETE", "/v2/_catalog", 405),
    ],
)
def test_paths_and_methods_that_there_are_not(client: Client, method: str, path: str, status: int) -> None:
    answer = client.ask(method, path)
    assert (answer.status, answer.code) == (status, "UNSUPPORTED")
    assert ("allow" in answer.headers) == (status == 405)


# Manifests.


def document(**fields: object) -> bytes:
    known = json.loads(image(b"{}", b"layer"))
    return json.dumps({name: value for name, value in {**known, **fields}.items() if value != "gone"}).encode()


MANIFESTS = {
    "nothing": (b"", MANIFEST, "MANIFEST_INVALID"),
    "no JSON": (b"\x1f\x8b garbage", MANIFEST, "MANIFEST_INVALID"),
    "a page of HTML": (b"<html>502</html>", MANIFEST, "MANIFEST_INVALID"),
    "nested deep": (b'{"a":' * 100_000, MANIFEST, "MANIFEST_INVALID"),
    "a list": (b"[]", MANIFEST, "MANIFEST_INVALID"),
    "no schema version": (document(schemaVersion="gone"), MANIFEST, "MANIFEST_INVALID"),
    "schema 1": (document(schemaVersion=1), "application/vnd.docker.distribution.manifest.v1+json", "MANIFEST_INVALID"),
    "schema version 3": (document(schemaVersion=3), MANIFEST, "MANIFEST_INVALID"),
    "another type than it says": (document(), INDEX, "MANIFEST_INVALID"),
    "an unknown type": (document(mediaType="gone"), "text/plain", "MANIFEST_INVALID"),
    "no type at all": (document(mediaType="gone"), "", "MANIFEST_INVALID"),
    "image and index": (document(manifests=[]), MANIFEST, "MANIFEST_INVALID"),
    "no config": (document(config="gone"), MANIFEST, "MANIFEST_INVALID"),
    "no layers": (document(layers=None), MANIFEST, "MANIFEST_INVALID"),
    "layers that are none": (document(layers=[1]), MANIFEST, "MANIFEST_INVALID"),
    "a size that is none": (document(layers=[descriptor(b"layer", "x") | {"size": "5"}]), MANIFEST, "MANIFEST_INVALID"),
    "a size that is a lie": (document(layers=[descriptor(b"layer", "x") | {"size": 6}]), MANIFEST, "MANIFEST_INVALID"),
    "a negative size": (document(layers=[descriptor(b"layer", "x") | {"size": -5}]), MANIFEST, "MANIFEST_INVALID"),
    "another algorithm": (
        document(layers=[descriptor(b"layer", "x") | {"digest": "sha512:" + "0" * 128}]),
        MANIFEST,
        "DIGEST_INVALID",
    ),
    "a path for a digest": (
        document(subject=descriptor(b"layer", "x") | {"digest": "sha256:../../onggi.db"}),
        MANIFEST,
        "DIGEST_INVALID",
    ),
    "compressed": (gzip.compress(document()), MANIFEST, "MANIFEST_INVALID"),
}


@pytest.mark.parametrize("case", MANIFESTS)
def test_manifests_that_are_none(client: Client, case: str) -> None:
    raw, media_type, code = MANIFESTS[case]
    for blob in (b"{}", b"layer"):
        client.push_blob(REPO, blob)
    headers = {"Content-Type": media_type, **({"Content-Encoding": "gzip"} if case == "compressed" else {})}
    answer = client.ask("PUT", f"/v2/{REPO}/manifests/1", raw, headers)
    assert (answer.status, answer.code) == (400, code)
    assert client.ask("GET", f"/v2/{REPO}/manifests/1").status == 404
    assert client.put(REPO, "1", document()).status == 201


def test_a_type_may_have_parameters(client: Client) -> None:
    for blob in (b"{}", b"layer"):
        client.push_blob(REPO, blob)
    assert client.put(REPO, "1", document(), f"{MANIFEST}; charset=utf-8").status == 201
    assert client.ask("HEAD", f"/v2/{REPO}/manifests/1").headers["content-type"] == MANIFEST


def test_a_manifest_has_four_mebibytes_at_most(client: Client) -> None:
    for body in (b" " * ((4 << 20) + 1), (b" " * 65536 for _ in range(65))):
        answer = client.ask("PUT", f"/v2/{REPO}/manifests/1", body, {"Content-Type": MANIFEST})
        assert (answer.status, answer.code) == (413, "SIZE_INVALID")
    just = image(b"{}", b"layer")
    for blob in (b"{}", b"layer"):
        client.push_blob(REPO, blob)
    assert client.put(REPO, "1", just + b" " * ((4 << 20) - len(just))).status == 201


def test_a_manifest_that_does_not_end(client: Client) -> None:
    """The answer comes while the body still does."""
    with socket.create_connection(client.address.split(":")) as connection:  # type: ignore[arg-type]
        head = f"PUT /v2/{REPO}/manifests/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode())
        sender = threading.Thread(target=send_without_end, args=[connection])
        sender.start()
        assert connection.recv(4096).startswith(b"HTTP/1.1 413")
        connection.shutdown(socket.SHUT_RDWR)
        sender.join()


def send_without_end(connection: socket.socket) -> None:
    with suppress(OSError):
        for chunk in itertools.repeat(b"10000\r\n" + b" " * 65536 + b"\r\n"):
            connection.sendall(chunk)


# Blobs.


@pytest.fixture
def narrow(root: Path) -> Iterator[Client]:
    """A registry that takes blobs of at most 100,000 bytes, and waits half a second."""
    with Server(root, Options(largest_blob=100_000, patience=0.5)) as server:
        yield Client(server.address)


@pytest.mark.parametrize("body", [BLOB, [BLOB]], ids=["with a length", "without"])
def test_a_blob_that_is_too_large(narrow: Client, root: Path, body: bytes | list[bytes]) -> None:
    for method, path in (
        ("POST", f"/v2/{REPO}/blobs/uploads/?digest={digest_of(BLOB)}"),
        ("PATCH", narrow.begin(REPO)),
        ("PUT", f"{narrow.begin(REPO)}?digest={digest_of(BLOB)}"),
    ):
        answer = narrow.ask(method, path, body, OCTETS)
        assert (answer.status, answer.code) == (413, "SIZE_INVALID")
        assert drafts(root) == []
    place = narrow.begin(REPO)
    assert narrow.ask("PATCH", place, BLOB[:60_000]).status == 202
    assert narrow.ask("PATCH", place, BLOB[60_000:120_000]).status == 413
    assert narrow.ask("GET", place).code == "BLOB_UPLOAD_UNKNOWN"


@pytest.mark.parametrize("content_range", ["x", "0", "5-", "-5", "0-9/10x", "items 0-9", "9" * 30 + "-" + "9" * 31])
def test_a_range_that_is_none(client: Client, content_range: str) -> None:
    answer = client.ask("PATCH", client.begin(REPO), BLOB[:10], {"Content-Range": content_range})
    assert (answer.status, answer.code) == (400, "BLOB_UPLOAD_INVALID")


@pytest.mark.parametrize("content_range", ["0-9", "bytes 0-9/*", "bytes=0-9", "bytes 0-9/300000"])
def test_forms_of_ranges_that_clients_write(client: Client, content_range: str) -> None:
    assert client.ask("PATCH", client.begin(REPO), BLOB[:10], {"Content-Range": content_range}).status == 202


def test_a_chunk_of_another_length_than_its_range(client: Client) -> None:
    place = client.begin(REPO)
    answer = client.ask("PATCH", place, BLOB[:10], {"Content-Range": "0-10"})
    assert (answer.status, answer.code) == (400, "SIZE_INVALID")
    assert client.ask("PATCH", place, [BLOB[:10]], {"Content-Range": "0-8"}).status == 413


def test_an_upload_belongs_to_its_repository(client: Client) -> None:
    place = client.begin(REPO).replace(REPO, "team/other")
    assert client.ask("PATCH", place, BLOB).code == "BLOB_UPLOAD_UNKNOWN"
    assert client.ask("PUT", f"{client.begin(REPO)}").code == "DIGEST_INVALID"


def patch_without_end(client: Client, place: str, sent: bytes) -> socket.socket:
    """A PATCH of which only `sent` has come."""
    host, port = client.address.split(":")
    connection = socket.create_connection((host, int(port)))
    head = f"PATCH {place} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BLOB)}\r\n\r\n"
    connection.sendall(head.encode() + sent)
    return connection


def came_to(client: Client, place: str) -> str:
    return client.ask("GET", place).headers["range"]


def test_a_broken_upload_goes_on_where_it_was(client: Client) -> None:
    place = client.begin(REPO)
    connection = patch_without_end(client, place, BLOB[:100_000])
    eventually(lambda: came_to(client, place) == "0-99999")
    busy = client.ask("PATCH", place, BLOB[100_000:])
    assert (busy.status, busy.code) == (409, "BLOB_UPLOAD_INVALID")
    connection.close()
    rest = {"Content-Range": "100000-299999"}
    eventually(lambda: client.ask("PATCH", place, BLOB[100_000:], rest).status == 202)
    assert client.ask("PUT", f"{place}?digest={digest_of(BLOB)}").status == 201
    assert client.ask("GET", f"/v2/{REPO}/blobs/{digest_of(BLOB)}").body == BLOB


def test_a_client_that_sends_no_more_is_given_up(narrow: Client) -> None:
    place = narrow.begin(REPO)
    with patch_without_end(narrow, place, b"") as connection:
        # Its body would be too large; so would its first word be, were there no end to waiting.
        assert connection.recv(4096).startswith(b"HTTP/1.1 413")
    host, port = narrow.address.split(":")
    place = narrow.begin(REPO)
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"PATCH {place} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 408")
    assert came_to(narrow, place) == "0-4"


def test_a_client_that_reads_no_more_is_given_up(root: Path) -> None:
    blob = bytes(32 << 20)  # more than kernels keep
    with Server(root, Options(patience=0.5)) as server:
        digest = Client(server.address).push_blob(REPO, blob)
        host, port = server.address.split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(f"GET /v2/{REPO}/blobs/{digest} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            eventually(lambda: not is_established(int(port)))


def is_established(port: int) -> bool:
    """Has the kernel a connection at our end of this port? (proc(5), /proc/net/tcp)"""
    rows = [line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]]
    return any(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


def test_one_blob_from_many_at_once(client: Client, root: Path) -> None:
    """Each upload counts, one file stays."""
    barrier = threading.Barrier(8)

    def push(number: int) -> str:
        place = client.begin(f"team/app{number % 2}")
        client.ask("PATCH", place, BLOB)
        barrier.wait()
        answer = client.ask("PUT", f"{place}?digest={digest_of(BLOB)}")
        return answer.headers["location"] if answer.status == 201 else str(answer)

    with ThreadPoolExecutor(8) as threads:
        places = set(threads.map(push, range(8)))
    assert places == {f"/v2/team/app{number}/blobs/{digest_of(BLOB)}" for number in range(2)}
    assert all(client.ask("GET", place).body == BLOB for place in places)
    assert os.listdir(root / "blobs" / "sha256") == [digest_of(BLOB).removeprefix("sha256:")]
    assert drafts(root) == []


def test_one_tag_from_many_at_once(client: Client) -> None:
    manifests = [client.push(REPO, "1", word=str(number)) for number in range(6)]
    with ThreadPoolExecutor(6) as threads:
        assert {answer.status for answer in threads.map(lambda raw: client.put(REPO, "1", raw), manifests)} == {201}
    assert client.ask("GET", f"/v2/{REPO}/manifests/1").body in manifests


def test_what_is_said_of_a_blob_s_encoding_changes_nothing(client: Client) -> None:
    packed = gzip.compress(b"text")
    path = f"/v2/{REPO}/blobs/uploads/?digest={digest_of(packed)}"
    assert client.ask("POST", path, packed, {"Content-Encoding": "gzip"}).status == 201
    answer = client.ask("GET", f"/v2/{REPO}/blobs/{digest_of(packed)}", headers={"Accept-Encoding": "gzip, br"})
    assert (answer.body, answer.headers.get("content-encoding")) == (packed, None)


def test_all_of_it_leaves_a_clean_store(root: Path) -> None:
    with Server(root) as server:
        client = Client(server.address)
        client.push(REPO, "1")
        client.put(REPO, "index", index(b"nothing"), INDEX)
        client.ask("PATCH", client.begin(REPO), BLOB)
        patch_without_end(client, client.begin(REPO), BLOB[:1000]).close()
    assert drafts(root) == []
    with Store(root) as store:
        assert fsck.check(store, deep=True) == []
