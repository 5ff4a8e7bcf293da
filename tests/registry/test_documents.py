from __future__ import annotations

import json

import pytest
from tests.registries import wares
from tests.registry.canned import BASE, PLACE, Canned, answer, error

from onggi.errors import Corrupt, Denied, Invalid, NotFound, OnggiError, Unauthorized, Unavailable, Unsupported
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.registry import documents
from onggi.registry.documents import Document
from onggi.registry.flow import LIMIT, Answer

RAW = wares.image(layers=1, size=10).raw_manifest
DIGEST = wares.digest(RAW)
OTHER = "sha256:" + "0" * 64
NAMED = "reg.example/team/app:1"


def manifest(raw: bytes | object = RAW, kind: str = wares.MANIFEST, **headers: str) -> Answer:
    return answer(200, raw, content_type=kind, **headers)


def fetched(name: str, *answers: Answer) -> Document:
    return Canned(*answers).run(documents.fetch(PLACE, name))


def test_by_tag_and_by_digest() -> None:
    canned = Canned(manifest(docker_content_digest=DIGEST))
    found = canned.run(documents.fetch(PLACE, "1"))
    assert (found.raw, found.media_type, found.digest) == (RAW, wares.MANIFEST, DIGEST)
    assert found.descriptor() == Descriptor(wares.MANIFEST, DIGEST, len(RAW))
    assert canned.lines == [f"GET {BASE}/manifests/1"]
    accepted = canned.header("Accept")[0].split(", ")
    assert set(accepted) == {
        mediatype.OCI_INDEX,
        mediatype.OCI_MANIFEST,
        mediatype.DOCKER_INDEX,
        mediatype.DOCKER_MANIFEST,
    }
    assert fetched(DIGEST, manifest()).raw == RAW


def test_an_index_is_one_by_what_it_says() -> None:
    raw = wares.encode({"schemaVersion": 2, "mediaType": wares.INDEX, "manifests": []})
    assert fetched("1", manifest(raw, wares.INDEX)).is_index
    assert not fetched("1", manifest()).is_index


@pytest.mark.parametrize(
    ("name", "headers"),
    [("1", {"docker_content_digest": OTHER}), (OTHER, {}), (OTHER, {"docker_content_digest": OTHER})],
)
def test_other_contents(name: str, headers: dict[str, str]) -> None:
    with pytest.raises(Corrupt, match=f"came with other contents: they are {DIGEST}, not {OTHER}"):
        fetched(name, manifest(**headers))


def test_a_digest_is_believed_over_the_servers_word() -> None:
    assert fetched(DIGEST, manifest(docker_content_digest=OTHER)).raw == RAW


@pytest.mark.parametrize("kind", ["", "text/plain", "application/json", "application/octet-stream"])
def test_what_the_document_says_of_itself_is_enough(kind: str) -> None:
    assert fetched("1", manifest(kind=kind)).media_type == wares.MANIFEST


@pytest.mark.parametrize("kind", [wares.MANIFEST, wares.MANIFEST.upper(), f" {wares.MANIFEST} ; charset=utf-8"])
def test_what_the_server_says_of_it_is_enough(kind: str) -> None:
    bare = {key: value for key, value in json.loads(RAW).items() if key != "mediaType"}
    assert fetched("1", manifest(bare, kind)).media_type == wares.MANIFEST


def test_document_and_server_that_contradict_each_other() -> None:
    with pytest.raises(Corrupt, match=f"{NAMED} says it is .*manifest.*, and the registry .*index"):
        fetched("1", manifest(kind=wares.INDEX))


@pytest.mark.parametrize(
    ("raw", "kind", "meaning", "words"),
    [
        (b"<html>", "text/html", Corrupt, "answered with text/html that is no manifest"),
        (b"", "", Corrupt, "answered with something that is no manifest"),
        (b"<html>", wares.MANIFEST, Corrupt, f"{NAMED} is no manifest"),
        (b"[]", wares.MANIFEST, Corrupt, f"{NAMED} is no manifest"),
        (b'{"mediaType": 1}', wares.MANIFEST, Corrupt, f"{NAMED} is no manifest"),
        (b'{"mediaType": "\xff"}', wares.MANIFEST, Corrupt, f"{NAMED} is no manifest"),
        (b'{"x": ' + b"[" * 100_000, wares.MANIFEST, Corrupt, f"{NAMED} is no manifest"),
        (b"{}", "application/json", Unsupported, f"{NAMED} is application/json, not an image"),
        (b"{}", "", Unsupported, f"{NAMED} is of no known kind, not an image"),
        (b'{"mediaType": "a/b"}', "", Unsupported, f"{NAMED} is a/b, not an image"),
        (b"{}", "application/vnd.docker.distribution.manifest.v1+json", Unsupported, "schema 1"),
        (
            b'{"mediaType": "application/vnd.docker.distribution.manifest.v1+prettyjws"}',
            "application/json",
            Unsupported,
            "schema 1",
        ),
    ],
    ids=lambda value: repr(value[:40]) if isinstance(value, bytes | str) else value.__name__,
)
def test_what_is_no_image(raw: bytes, kind: str, meaning: type[OnggiError], words: str) -> None:
    with pytest.raises(meaning, match=words):
        fetched("1", manifest(raw, kind))


def test_refusals_name_what_was_asked_for() -> None:
    with pytest.raises(NotFound, match=f"{NAMED} is not there: it answered 404"):
        fetched("1", error(404, "MANIFEST_UNKNOWN"))
    with pytest.raises(Unauthorized, match=f"reg.example/team/app@{DIGEST} is not for us"):
        fetched(DIGEST, error(403, "DENIED"))
    with pytest.raises(Unavailable):
        fetched("1", answer(204))


class TestLook:
    """Without its bytes."""

    def test_what_the_head_says(self) -> None:
        canned = Canned(manifest(b"", content_length="77", docker_content_digest=DIGEST))
        assert canned.run(documents.look(PLACE, "1")) == Descriptor(wares.MANIFEST, DIGEST, 77)
        assert canned.lines == [f"HEAD {BASE}/manifests/1"]

    def test_nothing_there(self) -> None:
        assert Canned(answer(404)).run(documents.look(PLACE, "1")) is None

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"content_length": "77"},
            {"docker_content_digest": DIGEST},
            {"docker_content_digest": "md5:00", "content_length": "77"},
            {"docker_content_digest": DIGEST, "content_length": "-1"},
            {"docker_content_digest": DIGEST, "content_length": "9" * 5000},
        ],
    )
    def test_a_head_that_does_not_say_enough(self, headers: dict[str, str]) -> None:
        canned = Canned(manifest(b"", **headers), manifest())
        assert canned.run(documents.look(PLACE, "1")) == Descriptor(wares.MANIFEST, DIGEST, len(RAW))
        assert canned.lines == [f"HEAD {BASE}/manifests/1", f"GET {BASE}/manifests/1"]

    def test_refused(self) -> None:
        with pytest.raises(Unauthorized, match=NAMED):
            Canned(answer(403)).run(documents.look(PLACE, "1"))


class TestPut:
    """Under a tag, or its digest."""

    @pytest.mark.parametrize(("name", "target"), [("1", "1"), ("", DIGEST)])
    @pytest.mark.parametrize("status", [200, 201, 202])
    def test_put(self, name: str, target: str, status: int) -> None:
        canned = Canned(answer(status))
        assert canned.run(documents.put(PLACE, Document(wares.MANIFEST, RAW), name)) == DIGEST
        assert canned.lines == [f"PUT {BASE}/manifests/{target}"]
        assert (canned.header("Content-Type"), canned.sent()) == ([wares.MANIFEST], RAW)
        assert canned.asked[0].actions == ("pull", "push")

    def test_what_is_too_large_is_not_sent(self) -> None:
        with pytest.raises(Unsupported, match=f"has {LIMIT + 1} bytes, and registries take at most {LIMIT}"):
            Canned().run(documents.put(PLACE, Document(wares.MANIFEST, bytes(LIMIT + 1)), "1"))

    @pytest.mark.parametrize(
        ("refused", "meaning"),
        [
            (error(404, "MANIFEST_BLOB_UNKNOWN"), Unavailable),
            (answer(413), Denied),
            (error(401, "DENIED"), Unauthorized),
        ],
    )
    def test_refused(self, refused: Answer, meaning: type[OnggiError]) -> None:
        with pytest.raises(meaning, match=NAMED):
            Canned(refused).run(documents.put(PLACE, Document(wares.MANIFEST, RAW), "1"))


@pytest.mark.parametrize("status", [200, 202, 204])
def test_delete(status: int) -> None:
    canned = Canned(answer(status))
    canned.run(documents.delete(PLACE, DIGEST))
    assert canned.lines == [f"DELETE {BASE}/manifests/{DIGEST}"]
    assert canned.asked[0].actions == ("pull", "delete")


@pytest.mark.parametrize(
    ("refused", "meaning"),
    [(answer(404), NotFound), (answer(405), Unsupported), (error(405, "UNSUPPORTED"), Unsupported)],
)
def test_delete_refused(refused: Answer, meaning: type[OnggiError]) -> None:
    with pytest.raises(meaning, match=f"reg.example/team/app@{DIGEST}"):
        Canned(refused).run(documents.delete(PLACE, DIGEST))


@pytest.mark.parametrize("name", ["../../x", "", "a b", "sha256:00", "x?y"])
def test_what_is_neither_tag_nor_digest_is_not_asked_for(name: str) -> None:
    with pytest.raises(Invalid, match="which is no tag and no digest"):
        Canned().run(documents.fetch(PLACE, name))
