from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace
from tests.registries import wares
from tests.registry.canned import PLACE, Canned, answer, error

from onggi.errors import Corrupt, Denied, Invalid, NotFound, OnggiError, Unauthorized, Unavailable, Unsupported
from onggi.oci import platform as platforms
from onggi.oci import reference as references
from onggi.registry import documents, resolve
from onggi.registry.flow import Answer
from onggi.registry.resolve import Found, NotAnImage

IMAGE = wares.image(layers=1, size=10)
AMD = platforms.parse("linux/amd64")
ARM7 = platforms.parse("linux/arm/v7")
NAME = "reg.example/team/app"


def manifest(raw: bytes = IMAGE.raw_manifest) -> Answer:
    return answer(200, raw, content_type=wares.MANIFEST)


def index(entries: Sequence[dict[str, Any]]) -> bytes:
    return wares.encode({"schemaVersion": 2, "mediaType": wares.INDEX, "manifests": list(entries)})


def listed(raw: bytes) -> Answer:
    return answer(200, raw, content_type=wares.INDEX)


def entry(
    platform: str = "", raw: bytes = IMAGE.raw_manifest, kind: str = wares.MANIFEST, **more: Any
) -> dict[str, Any]:
    made: dict[str, Any] = {**wares.descriptor(kind, raw), **more}
    if platform:
        system, architecture, *variant = platform.split("/")
        made["platform"] = {"os": system, "architecture": architecture, "variant": "".join(variant)}
    return made


def other(number: int) -> bytes:
    return wares.image(layers=1, size=10, seed=number).raw_manifest


CONFIG = answer(200, IMAGE.raw_config)


def resolved(*answers: Answer, platform: platforms.Platform = AMD, name: str = "1") -> Found:
    return Canned(*answers).run(resolve.image(PLACE, name, platform))


def test_an_image_without_an_index() -> None:
    found = resolved(manifest(), CONFIG)
    assert found.named is found.manifest
    assert (found.manifest.raw, found.raw_config) == (IMAGE.raw_manifest, IMAGE.raw_config)
    assert found.platform == platforms.of_host()


def test_it_is_given_whatever_it_is_for() -> None:
    assert resolved(manifest(), CONFIG, platform=platforms.parse("linux/s390x")).manifest.raw == IMAGE.raw_manifest


def test_the_entry_for_the_platform() -> None:
    raw = index([entry("linux/arm64", other(2)), entry("windows/amd64", other(3)), entry("linux/amd64")])
    found = resolved(listed(raw), manifest(), CONFIG)
    assert (found.named.raw, found.manifest.raw) == (raw, IMAGE.raw_manifest)


@pytest.mark.parametrize(
    "entries",
    [
        [entry("linux/arm/v6", other(6)), entry("linux/arm/v7")],
        [entry("linux/arm", other(6)), entry("linux/arm/v7")],
        [entry("linux/arm/v6", other(6)), entry("linux/arm")],
        [entry("linux/amd64", other(1)), entry()],
    ],
    ids=["another", "none before", "none", "no platform"],
)
def test_variants(entries: list[dict[str, Any]]) -> None:
    found = resolved(listed(index(entries)), manifest(), CONFIG, platform=ARM7)
    assert found.manifest.raw == IMAGE.raw_manifest


def test_attestations_are_no_images() -> None:
    attestation = entry("unknown/unknown", other(5), annotations={"vnd.docker.reference.type": "attestation-manifest"})
    unnamed = entry("", other(5), annotations={"vnd.docker.reference.type": "attestation-manifest"})
    assert resolved(listed(index([attestation, unnamed, entry("linux/amd64")])), manifest(), CONFIG)
    with pytest.raises(NotFound, match=f"{NAME}:1 is not for linux/amd64; it is for nothing") as raised:
        resolved(listed(index([attestation, unnamed])))
    assert "--platform" in raised.value.hint


def test_no_entry_for_the_platform() -> None:
    entries = [entry("linux/s390x", other(1)), entry("linux/arm64", other(2)), entry("linux/arm64", other(3))]
    with pytest.raises(NotFound, match=f"{NAME}:1 is not for linux/amd64; it is for linux/arm64, linux/s390x"):
        resolved(listed(index(entries)))
    with pytest.raises(NotFound, match="it is for nothing"):
        resolved(listed(index([])))


def nested(depth: int) -> list[Answer]:
    """The answers for so many indexes, one in another, around the image."""
    raw, kind, answers = IMAGE.raw_manifest, wares.MANIFEST, [manifest(), CONFIG]
    for _ in range(depth):
        raw = index([entry("linux/amd64", raw, kind)])
        kind = wares.INDEX
        answers.insert(0, listed(raw))
    return answers


@pytest.mark.parametrize("depth", range(4))
def test_indexes_in_indexes(depth: int) -> None:
    assert resolved(*nested(depth)).manifest.raw == IMAGE.raw_manifest


@pytest.mark.parametrize("depth", [4, 5, 9])
def test_indexes_without_end(depth: int) -> None:
    canned = Canned(*nested(depth))
    with pytest.raises(Corrupt, match=f"{NAME}:1 is an index of indexes of indexes"):
        canned.run(resolve.image(PLACE, "1", AMD))
    assert len(canned.asked) < 6


def test_an_index_that_names_itself() -> None:
    raw = index([{"mediaType": wares.INDEX, "digest": "sha256:" + "1" * 64, "size": 300}])
    with pytest.raises(Corrupt, match="came with other contents"):
        resolved(listed(raw), listed(raw))


def test_an_entry_of_another_size() -> None:
    lying = {**entry("linux/amd64"), "size": 7}
    with pytest.raises(Corrupt, match=rf"has {len(IMAGE.raw_manifest)} bytes instead of 7"):
        resolved(listed(index([lying])), manifest())


@pytest.mark.parametrize("digest", ["../../x", "latest", "sha256:00", ""])
def test_an_entry_that_is_no_digest_is_not_asked_for(digest: str) -> None:
    with pytest.raises(Invalid, match="not a sha256 digest"):
        resolved(listed(index([{**entry("linux/amd64"), "digest": digest}])))


@pytest.mark.parametrize("kind", ["application/vnd.cncf.helm.config.v1+json", "application/vnd.oci.empty.v1+json", ""])
def test_what_is_no_image(kind: str) -> None:
    raw = IMAGE.with_manifest(
        config={**wares.descriptor(wares.CONFIG, IMAGE.raw_config), "mediaType": kind}
    ).raw_manifest
    with pytest.raises(Unsupported, match=f"{NAME}@sha256:.* is not an image but {kind}".replace("+", r"\+")):
        resolved(manifest(raw))


SIGNATURE = "application/vnd.dev.cosign.simplesigning.v1+json"
CACHE = "application/vnd.buildkit.cacheconfig.v0"


def test_a_signature_is_no_image_though_its_config_says_so() -> None:
    raw = IMAGE.with_manifest(layers=[wares.descriptor(SIGNATURE, b"{}")]).raw_manifest
    with pytest.raises(NotAnImage, match=f"{NAME}@sha256:.* is not an image but {SIGNATURE}".replace("+", r"\+")):
        resolved(manifest(raw))


def test_an_image_with_a_layer_that_we_do_not_read_is_one() -> None:
    foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    raw = IMAGE.with_manifest(layers=[wares.descriptor(foreign, b"?")]).raw_manifest
    assert resolved(manifest(raw), CONFIG).manifest.raw == raw


def test_a_cache_of_buildkit_is_no_image() -> None:
    layer = entry(raw=b"layer", kind=wares.LAYER)
    with pytest.raises(NotAnImage, match=f"{NAME}:1 is not an image but "):
        resolved(listed(index([layer, entry(raw=b"{}", kind=CACHE)])))


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([manifest(b'{"schemaVersion": 2}')], f"{NAME}@sha256:.*: not an image manifest"),
        ([listed(b'{"schemaVersion": 2, "manifests": 1}')], f"{NAME}@sha256:.*: not an image index"),
        ([manifest(), answer(200, b"[]")], "has 2 bytes instead of"),
    ],
    ids=["manifest", "index", "config"],
)
def test_documents_that_are_none(answers: list[Answer], words: str) -> None:
    with pytest.raises(Corrupt, match=words):
        resolved(*answers)


def test_a_config_that_is_none() -> None:
    image = wares.Wares(IMAGE.layers, ["no", "config"])  # type: ignore[arg-type]
    with pytest.raises(Corrupt, match=f"{NAME}@sha256:.*: not an image config"):
        resolved(manifest(image.raw_manifest), answer(200, image.raw_config))


def test_the_digest_counts_where_there_are_both() -> None:
    digest = "sha256:" + "a" * 64
    assert resolve.tag_or_digest(references.parse(f"a/b:1@{digest}")) == digest
    assert resolve.tag_or_digest(references.parse("a/b:1")) == "1"


class TestFirst:
    """Mirrors, and the registry behind them."""

    PLACES = (replace(PLACE, host="one.example"), replace(PLACE, host="two.example"), PLACE)

    def first(self, *answers: Answer | OnggiError) -> tuple[str, Canned]:
        canned = Canned(*answers)
        place, found = canned.run(resolve.first(self.PLACES, lambda place: documents.fetch(place, "1")))
        assert found.raw == IMAGE.raw_manifest
        return place.host, canned

    def test_the_first_that_has_it(self) -> None:
        host, canned = self.first(manifest())
        assert (host, len(canned.asked)) == ("one.example", 1)

    @pytest.mark.parametrize(
        "failure",
        [
            error(404, "MANIFEST_UNKNOWN"),
            error(401, "UNAUTHORIZED"),
            error(403, "DENIED"),
            error(400, "NAME_INVALID"),
            answer(413),
            answer(429),
            answer(500),
            answer(200, b"<html>", content_type="text/html"),
            answer(200, b"{}", content_type="application/json"),
            answer(200, IMAGE.raw_manifest, content_type=wares.MANIFEST, docker_content_digest="sha256:" + "0" * 64),
            Unavailable("no route"),
            Denied("without TLS"),
            Invalid("no URL"),
            Unauthorized("wants a certificate"),
        ],
        ids=lambda failure: str(failure)[:20] if isinstance(failure, OnggiError) else str(failure.status),
    )
    def test_a_mirror_that_fails_in_whatever_way(self, failure: Answer | OnggiError) -> None:
        host, canned = self.first(failure, manifest())
        assert (host, len(canned.asked)) == ("two.example", 2)
        assert self.first(failure, failure, manifest())[0] == PLACE.host

    def test_what_the_last_one_says_counts_and_the_others_are_told_of(self) -> None:
        with pytest.raises(
            NotFound,
            match=r"reg\.example/team/app:1 is not there: it answered 404 \(asked before: no route; two\.example",
        ):
            self.first(Unavailable("no route"), answer(500), answer(404))
        with pytest.raises(Unauthorized) as raised:
            self.first(answer(404), answer(404), answer(403))
        assert "onggi login" in raised.value.hint

    def test_one_place(self) -> None:
        with pytest.raises(NotFound, match=r"it answered 404$"):
            Canned(answer(404)).run(resolve.first([PLACE], lambda place: documents.fetch(place, "1")))
