from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from tests.registries import wares
from tests.registry.canned import BASE, PLACE, Canned, answer, error

from onggi.errors import Corrupt, Unauthorized, Unavailable
from onggi.registry.flow import Answer
from onggi.registry.referrers import fallback_tag, referrers

DIGEST = wares.digest(b"an image")
KIND = "application/vnd.dev.sigstore.bundle.v0.3+json"
SIGNATURE = {**wares.descriptor(wares.MANIFEST, b"signature"), "artifactType": KIND}
CONTENTS = {**wares.descriptor(wares.MANIFEST, b"contents"), "artifactType": "application/spdx+json"}
API = f"{BASE}/referrers/{DIGEST}"
TAG = f"{BASE}/manifests/sha256-{DIGEST.removeprefix('sha256:')}"


def index(*entries: dict[str, object], **headers: str) -> Answer:
    body = {"schemaVersion": 2, "mediaType": wares.INDEX, "manifests": list(entries)}
    return answer(200, body, content_type=wares.INDEX, **headers)


def digests(canned: Canned, artifact_type: str = "") -> list[object]:
    return [each.digest for each in canned.run(referrers(PLACE, DIGEST, artifact_type))]


def test_all_of_them() -> None:
    canned = Canned(index(SIGNATURE, CONTENTS))
    assert digests(canned) == [SIGNATURE["digest"], CONTENTS["digest"]]
    assert canned.lines == [f"GET {API}"]


def test_a_type_goes_into_the_question_as_a_query_has_it() -> None:
    canned = Canned(index(SIGNATURE, CONTENTS))
    assert digests(canned, KIND) == [SIGNATURE["digest"]]
    assert parse_qs(urlsplit(canned.asked[0].target).query) == {"artifactType": [KIND]}


def test_a_registry_that_has_filtered_is_believed_no_more_than_one_that_has_not() -> None:
    filtered = index(SIGNATURE, CONTENTS, oci_filters_applied="artifactType")
    assert digests(Canned(filtered), KIND) == [SIGNATURE["digest"]]


def test_pages() -> None:
    canned = Canned(index(SIGNATURE, link=f'<{API}?page=2>; rel="next"'), index(CONTENTS))
    assert digests(canned) == [SIGNATURE["digest"], CONTENTS["digest"]]
    link = f'<{API}?page=2>; rel="next"'
    with pytest.raises(Corrupt, match="has no end"):
        digests(Canned(index(link=link), index(link=link)))
    with pytest.raises(Corrupt, match="goes on at another host"):
        digests(Canned(index(link='<https://evil.example/>; rel="next"')))


@pytest.mark.parametrize("status", [400, 404, 405])
def test_registries_without_the_api_have_an_index_under_a_tag(status: int) -> None:
    canned = Canned(answer(status), index(SIGNATURE, CONTENTS))
    assert digests(canned, KIND) == [SIGNATURE["digest"]]
    assert canned.lines[1:] == [f"GET {TAG}"]
    assert fallback_tag(DIGEST) in TAG


def test_neither_api_nor_tag() -> None:
    assert digests(Canned(error(404, "NAME_UNKNOWN"), error(404, "MANIFEST_UNKNOWN"))) == []


def test_an_image_under_the_tag_refers_to_nothing() -> None:
    image = answer(200, wares.image(layers=1, size=10).raw_manifest, content_type=wares.MANIFEST)
    assert digests(Canned(answer(404), image)) == []


@pytest.mark.parametrize(("status", "meaning"), [(401, Unauthorized), (403, Unauthorized), (500, Unavailable)])
def test_refused(status: int, meaning: type[Exception]) -> None:
    with pytest.raises(meaning, match=f"what refers to reg.example/team/app@{DIGEST}"):
        digests(Canned(answer(status)))


@pytest.mark.parametrize("body", [b"<html>", b'{"schemaVersion": 2, "manifests": 1}', b"[" * 100_000])
def test_garbage(body: bytes) -> None:
    with pytest.raises(Corrupt, match=f"what refers to reg.example/team/app@{DIGEST}: not an image index"):
        digests(Canned(answer(200, body)))
    with pytest.raises(Corrupt, match=r"reg\.example/team/app:sha256-"):
        digests(Canned(answer(404), answer(200, b'{"manifests": 1}', content_type=wares.INDEX)))
