"""Signing and verifying against a registry in memory."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.registries import wares
from tests.registries.fake import Asked, Fake
from tests.registry.trust.bundles import INDEX, SIGNER, raw

from onggi.errors import Corrupt, Denied, NotFound, Unavailable
from onggi.oci import digest, reference
from onggi.oci.reference import Reference
from onggi.registry.documents import Document
from onggi.registry.flow import Answer, Conversation, Request, T
from onggi.registry.place import Place
from onggi.registry.trust import bundle, keys, payload
from onggi.registry.trust.signing import append, sign
from onggi.registry.trust.verification import MOST, tag_of, verify

PLACE = Place(host="host.example", repository="app", account="host.example")
NAME = reference.parse("host.example/app:1")
KEY, STRANGER = keys.generate("cosign.pub"), keys.generate("stranger.pub")
IMAGE = wares.image(layers=1, size=10)
MANIFEST = Document(wares.MANIFEST, IMAGE.raw_manifest)
TAG = tag_of(MANIFEST.digest)


class Registry(Fake):
    """Runs conversations. `asked`: what came of them."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def run(self, conversation: Conversation[T]) -> T:
        answer: Answer | None = None
        try:
            while True:
                answer = self._ask(conversation.send(answer))  # type: ignore[arg-type]
        except StopIteration as end:
            done: T = end.value
            return done

    def _ask(self, request: Request) -> Answer:
        assert isinstance(request.body, bytes)
        url = urlsplit(request.target)
        self.asked.append(f"{request.method} {url.path}")
        headers = {name.lower(): value for name, value in request.headers.items()}
        answer = self.answer(Asked(request.method, url.path, dict(parse_qsl(url.query)), headers, request.body))
        assert isinstance(answer.body, bytes)
        lowered = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(status=answer.status, url=request.target, headers=lowered, body=answer.body)

    def sign(self, key: keys.PrivateKey = KEY, name: Reference = NAME, **annotations: str) -> None:
        self.run(sign(PLACE, name, key, annotations))

    def verify(self, *by: keys.PublicKey, is_thorough: bool = False) -> list[str]:
        """The keys of what is good."""
        found = self.run(verify(PLACE, MANIFEST, by or [KEY.public], is_thorough=is_thorough))
        return [each.key for each in found]

    def signature_manifest(self) -> Any:
        return json.loads(self.manifests["app", TAG][1])

    def put_manifest(self, name: str, document: Any, *blobs: bytes) -> None:
        for data in blobs:
            self.blobs["app", wares.digest(data)] = data
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.manifests["app", name] = (wares.MANIFEST, body)
        self.manifests["app", wares.digest(body)] = (wares.MANIFEST, body)

    def refer(self, *bundles: bytes, **annotations: str) -> None:
        """Bundles that refer to the image, on a registry without the API for it."""
        entries = []
        for each in bundles:
            document = wares.encode(
                {
                    "schemaVersion": 2,
                    "mediaType": wares.MANIFEST,
                    "artifactType": bundle.MEDIA_TYPE,
                    "config": wares.descriptor("application/vnd.oci.empty.v1+json", b"{}"),
                    "layers": [wares.descriptor(bundle.MEDIA_TYPE, each)],
                }
            )
            self.put_manifest(wares.digest(document), document, each, b"{}")
            extra = {"artifactType": bundle.MEDIA_TYPE, "annotations": annotations}
            entries.append(wares.descriptor(wares.MANIFEST, document) | extra)
        index = wares.encode({"schemaVersion": 2, "mediaType": wares.INDEX, "manifests": entries})
        self.manifests["app", MANIFEST.digest.replace(":", "-")] = (wares.INDEX, index)


@pytest.fixture
def registry() -> Registry:
    made = Registry()
    made.put(IMAGE, "app", "1")
    return made


def test_what_is_signed_is_verified(registry: Registry) -> None:
    receipt = registry.run(sign(PLACE, NAME, KEY, {"env": "prod"}))
    assert (receipt.digest, receipt.tag, receipt.is_new) == (MANIFEST.digest, TAG, True)
    (found,) = registry.run(verify(PLACE, MANIFEST, [STRANGER.public, KEY.public]))
    assert (found.key, found.reference, found.annotations) == ("cosign.pub", "host.example/app", {"env": "prod"})


def test_by_digest_the_tag_may_have_moved(registry: Registry) -> None:
    registry.put(wares.image(seed=2), "app", "1")
    registry.sign(name=Reference("host.example", "app", digest=MANIFEST.digest))
    assert registry.verify() == ["cosign.pub"]


def test_nothing_is_signed_that_the_registry_lacks(registry: Registry) -> None:
    with pytest.raises(NotFound, match=r"host\.example/app:2 is not there"):
        registry.sign(name=reference.parse("host.example/app:2"))
    assert not any(each.startswith(("PUT", "POST")) for each in registry.asked)


def test_signatures_are_added_to_those_that_are_there(registry: Registry) -> None:
    registry.sign(STRANGER)
    before = registry.signature_manifest()
    before["annotations"], before["layers"][0]["annotations"]["dev.sigstore.cosign/bundle"] = {"kept": "yes"}, "{}"
    registry.put_manifest(TAG, before)
    registry.sign(KEY)
    after = registry.signature_manifest()
    assert after["layers"][0] == before["layers"][0]
    assert after["annotations"] == {"kept": "yes"}
    assert registry.verify(STRANGER.public) == ["stranger.pub"]
    assert registry.verify(KEY.public, STRANGER.public, is_thorough=True) == ["stranger.pub", "cosign.pub"]
    assert registry.verify(KEY.public, STRANGER.public) == ["stranger.pub"]  # one is enough for a pull


def test_saying_the_same_again_adds_nothing(registry: Registry) -> None:
    registry.sign()
    registry.sign(env="prod")
    before = registry.signature_manifest()
    assert not registry.run(sign(PLACE, NAME, KEY, {"env": "prod"})).is_new
    assert registry.signature_manifest() == before
    assert len(before["layers"]) == 2


def test_broken_signatures_do_not_keep_one_from_signing(registry: Registry) -> None:
    registry.sign()
    document = registry.signature_manifest()
    _no_base64(document)
    registry.put_manifest(TAG, document)
    registry.sign()
    assert registry.verify() == ["cosign.pub"]


def test_the_manifest_is_an_image_that_any_registry_takes(registry: Registry) -> None:
    registry.sign()
    document = registry.signature_manifest()
    config = json.loads(registry.blobs["app", document["config"]["digest"]])
    assert config["rootfs"]["diff_ids"] == [layer["digest"] for layer in document["layers"]]
    assert document["config"]["mediaType"] == wares.CONFIG
    assert document["layers"][0]["mediaType"] == payload.MEDIA_TYPE


def test_what_stands_where_signatures_belong_is_not_overwritten(registry: Registry) -> None:
    registry.manifests["app", TAG] = (wares.INDEX, wares.encode({"schemaVersion": 2, "manifests": []}))
    with pytest.raises(Corrupt, match="where signatures belong") as raised:
        registry.sign()
    assert "delete" in raised.value.hint
    registry.put_manifest(TAG, {"schemaVersion": 2, "mediaType": wares.MANIFEST, "layers": "none"})
    with pytest.raises(Corrupt, match="not an image manifest"):
        registry.sign()


def test_an_image_without_signatures(registry: Registry) -> None:
    with pytest.raises(NotFound, match=f"host.example/app@{MANIFEST.digest} is not signed"):
        registry.verify()


def test_a_signature_by_another_key(registry: Registry) -> None:
    registry.sign(STRANGER)
    with pytest.raises(Denied, match=r"is not signed with cosign\.pub: 1 signature by another key"):
        registry.verify()


def test_a_signature_that_was_moved_to_another_image(registry: Registry) -> None:
    other = wares.image(layers=1, size=10, seed=2)
    registry.put(other, "app", "2")
    registry.sign(name=reference.parse("host.example/app:2"))
    moved = registry.manifests["app", tag_of(digest.of(other.raw_manifest))]
    registry.manifests["app", TAG] = moved
    with pytest.raises(Denied, match="1 signature by the key, but of another image") as raised:
        registry.verify()
    assert "do not trust this one" in raised.value.hint


def _without_signature(document: Any) -> None:
    del document["layers"][0]["annotations"]


def _no_base64(document: Any) -> None:
    document["layers"][0]["annotations"]["dev.cosignproject.cosign/signature"] = "*"


def _huge(document: Any) -> None:
    document["layers"][0]["size"] = 1 << 40


def _elsewhere(document: Any) -> None:
    document["layers"][0]["digest"] = "../../../secret"


def _missing(document: Any) -> None:
    document["layers"][0]["digest"] = digest.of(b"missing")


def _lying(document: Any) -> None:
    document["layers"][0]["size"] += 1


@pytest.mark.parametrize("spoil", [_without_signature, _no_base64, _huge, _elsewhere, _missing, _lying])
def test_a_broken_signature_is_told_and_does_not_hide_a_good_one(
    registry: Registry, spoil: Callable[[Any], None]
) -> None:
    registry.sign(env="first")
    document = registry.signature_manifest()
    spoil(document)
    registry.put_manifest(TAG, document)
    with pytest.raises(Denied, match=r"1 signature unreadable \("):
        registry.verify()
    manifest, config = append(json.dumps(document).encode(), *_by_key())
    registry.put_manifest(TAG, manifest, config, _by_key()[0])
    assert registry.verify() == ["cosign.pub"]


def _by_key() -> tuple[bytes, bytes]:
    message = payload.make(NAME, MANIFEST.digest, {})
    return message, KEY.sign(message)


@pytest.mark.parametrize("document", [b"{}", b"<html>", wares.encode({"schemaVersion": 2, "manifests": []})])
def test_garbage_in_place_of_signatures(registry: Registry, document: bytes) -> None:
    registry.manifests["app", TAG] = (wares.MANIFEST, document)
    with pytest.raises(Denied, match="1 signature unreadable"):
        registry.verify()


def test_layers_of_other_kinds_are_passed_over(registry: Registry) -> None:
    registry.put_manifest(TAG, IMAGE.raw_manifest)
    with pytest.raises(NotFound, match="is not signed"):
        registry.verify()


def test_more_signatures_than_anyone_reads(registry: Registry) -> None:
    registry.sign()
    document = registry.signature_manifest()
    document["layers"] *= MOST + 1
    registry.put_manifest(TAG, document)
    registry.asked.clear()
    with pytest.raises(Denied, match=f"has {MOST + 1} signatures, and {MOST} are looked at"):
        registry.verify()
    assert not any("/blobs/" in each for each in registry.asked)


def test_what_goes_wrong_on_the_way_is_no_verdict(registry: Registry) -> None:
    registry.sign()
    conversation = verify(PLACE, MANIFEST, [KEY.public])
    next(conversation)
    with pytest.raises(Unavailable, match="no route"):
        conversation.throw(Unavailable("no route"))


def statement(image: str, kind: str = bundle.SIGN, key: keys.PrivateKey = KEY) -> bytes:
    body = wares.encode({"predicateType": kind, "subject": [{"digest": {"sha256": digest.hex_of(image)}}]})
    made = key.sign(bundle.pre_authentication("application/vnd.in-toto+json", body))
    text = {"payload": base64.b64encode(body).decode(), "sig": base64.b64encode(made).decode()}
    return wares.encode(
        {
            "mediaType": bundle.MEDIA_TYPE,
            "verificationMaterial": {"publicKey": {"hint": "anything"}},
            "dsseEnvelope": {
                "payload": text["payload"],
                "payloadType": "application/vnd.in-toto+json",
                "signatures": [{"sig": text["sig"], "keyid": ""}],
            },
        }
    )


def test_a_bundle_that_refers_to_the_image(registry: Registry) -> None:
    registry.refer(statement(MANIFEST.digest))
    (found,) = registry.run(verify(PLACE, MANIFEST, [KEY.public]))
    assert (found.form, found.key) == ("bundle", "cosign.pub")


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (statement(MANIFEST.digest, key=STRANGER), "1 signature by another key"),
        (statement(digest.of(b"other")), "1 signature by the key, but of another image"),
        (statement(MANIFEST.digest, "https://slsa.dev/provenance/v1"), "1 signature unreadable .*slsa.dev"),
        (statement(MANIFEST.digest).replace(b"publicKey", b"certificate"), "1 signature made with a certificate"),
        (b"{}", "1 signature unreadable"),
        (b"{" + b" " * (1 << 20) + b"}", "unreadable .* and what is signed at most 1048576"),
    ],
    ids=["stranger", "other image", "attestation", "certificate", "garbage", "too large"],
)
def test_a_bundle_that_does_not_count(registry: Registry, made: bytes, message: str) -> None:
    registry.refer(made)
    with pytest.raises(Denied, match=message):
        registry.verify()
    registry.refer(made, statement(MANIFEST.digest))
    assert registry.verify() == ["cosign.pub"]


def test_attestations_that_say_so_are_not_even_fetched(registry: Registry) -> None:
    registry.refer(b"{}", **{bundle.PREDICATE_ANNOTATION: "https://slsa.dev/provenance/v1"})
    with pytest.raises(NotFound, match="is not signed"):
        registry.verify()


def test_the_first_form_is_enough_for_a_pull(registry: Registry) -> None:
    registry.sign()
    registry.refer(statement(MANIFEST.digest))
    registry.asked.clear()
    assert registry.verify() == ["cosign.pub"]
    assert not any("referrers" in each for each in registry.asked)
    assert registry.verify(is_thorough=True) == ["cosign.pub", "cosign.pub"]


@pytest.mark.parametrize("name", ["signed", "message"])
def test_bundles_of_other_tools(registry: Registry, name: str) -> None:
    index = Document(wares.INDEX, INDEX)
    registry.refer(raw(name))
    registry.manifests["app", index.digest.replace(":", "-")] = registry.manifests.pop(
        (
            "app",
            MANIFEST.digest.replace(":", "-"),
        )
    )
    (found,) = registry.run(verify(PLACE, index, [SIGNER]))
    assert (found.digest, found.key) == (index.digest, "signer.pub")
