"""What the distribution spec's conformance suite asks of a registry: pull, push, content discovery and content
management. The behaviours are the suite's, the tests are ours."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from .client import CONFIG, EMPTY, INDEX, LAYER, MANIFEST, OCTETS, Client, descriptor, digest_of, image, index

REPO, OTHER = "team/app", "team/other"
BLOB = bytes(range(256)) * 8
MISSING = digest_of(b"nobody has this")


def blob_path(digest: str, repository: str = REPO) -> str:
    return f"/v2/{repository}/blobs/{digest}"


def manifest_path(reference: str) -> str:
    return f"/v2/{REPO}/manifests/{reference}"


# Pull.


@pytest.mark.parametrize("path", ["/v2/", "/v2"])
def test_the_base_tells_that_there_is_a_registry(client: Client, path: str) -> None:
    answer = client.ask("GET", path)
    assert answer.status == 200
    assert answer.headers["docker-distribution-api-version"] == "registry/2.0"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_blob_that_is_not_there(client: Client, method: str) -> None:
    answer = client.ask(method, blob_path(MISSING))
    assert answer.status == 404
    assert method == "HEAD" or answer.code == "BLOB_UNKNOWN"


def test_a_blob_is_looked_at_and_pulled(client: Client) -> None:
    digest = client.push_blob(REPO, BLOB)
    looked = client.ask("HEAD", blob_path(digest))
    pulled = client.ask("GET", blob_path(digest))
    assert (looked.status, looked.body, pulled.status, pulled.body) == (200, b"", 200, BLOB)
    for answer in (looked, pulled):
        assert answer.headers["content-length"] == str(len(BLOB))
        assert answer.headers["docker-content-digest"] == digest
        assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("range_", "first", "last"),
    [("500-1499", 500, 1499), ("500-", 500, 2047), ("-500", 1548, 2047), ("2000-5000", 2000, 2047), ("0-0", 0, 0)],
)
def test_a_part_of_a_blob(client: Client, range_: str, first: int, last: int) -> None:
    digest = client.push_blob(REPO, BLOB)
    answer = client.ask("GET", blob_path(digest), headers={"Range": f"bytes={range_}"})
    assert (answer.status, answer.body) == (206, BLOB[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/2048"
    assert answer.headers["content-length"] == str(last + 1 - first)


@pytest.mark.parametrize("range_", ["500-0", "5000-10000", "2048-", "x-y"])
def test_a_part_that_a_blob_does_not_have(client: Client, range_: str) -> None:
    digest = client.push_blob(REPO, BLOB)
    answer = client.ask("GET", blob_path(digest), headers={"Range": f"bytes={range_}"})
    assert (answer.status, answer.headers["content-range"]) == (416, "bytes */2048")


@pytest.mark.parametrize("data", [b"", b"{}"], ids=["empty", "empty JSON"])
def test_blobs_that_are_next_to_nothing(client: Client, data: bytes) -> None:
    digest = client.push_blob(REPO, data)
    assert client.ask("HEAD", blob_path(digest)).headers["content-length"] == str(len(data))
    assert client.ask("GET", blob_path(digest)).body == data
    assert client.ask("DELETE", blob_path(digest)).status == 202


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("reference", ["latest", MISSING])
def test_a_manifest_that_is_not_there(client: Client, method: str, reference: str) -> None:
    answer = client.ask(method, manifest_path(reference))
    assert answer.status == 404
    assert method == "HEAD" or answer.code == "MANIFEST_UNKNOWN"


def test_a_manifest_by_tag_and_by_digest(client: Client) -> None:
    raw = client.push(REPO, "1")
    for reference in ("1", digest_of(raw)):
        looked = client.ask("HEAD", manifest_path(reference))
        pulled = client.ask("GET", manifest_path(reference), headers={"Accept": MANIFEST})
        assert (looked.status, looked.body, pulled.status, pulled.body) == (200, b"", 200, raw)
        for answer in (looked, pulled):
            assert answer.headers["content-type"] == MANIFEST
            assert answer.headers["content-length"] == str(len(raw))
            assert answer.headers["docker-content-digest"] == digest_of(raw)


# Push.


def test_a_blob_in_one_request(client: Client) -> None:
    digest = digest_of(BLOB)
    answer = client.ask("POST", f"/v2/{REPO}/blobs/uploads/?digest={digest}", BLOB, OCTETS)
    assert (answer.status, answer.headers["location"]) == (201, blob_path(digest))
    assert answer.headers["docker-content-digest"] == digest
    assert client.ask("GET", answer.headers["location"]).body == BLOB


def test_a_blob_in_two_requests(client: Client) -> None:
    digest, place = digest_of(BLOB), client.begin(REPO)
    answer = client.ask("PUT", f"{place}?digest={digest}", BLOB, OCTETS)
    assert (answer.status, answer.headers["location"]) == (201, blob_path(digest))
    assert client.ask("GET", blob_path(digest)).body == BLOB
    assert client.ask("GET", place).code == "BLOB_UPLOAD_UNKNOWN"


@pytest.mark.parametrize("body", [BLOB, [BLOB[:1000], BLOB[1000:]]], ids=["with a length", "without"])
def test_a_blob_as_a_stream(client: Client, body: bytes | list[bytes]) -> None:
    """As Docker sends them: all of it in one PATCH without Content-Range."""
    digest, place = digest_of(BLOB), client.begin(REPO)
    answer = client.ask("PATCH", place, body, OCTETS)
    assert (answer.status, answer.headers["range"]) == (202, "0-2047")
    assert answer.headers["location"].endswith(answer.headers["docker-upload-uuid"])
    assert client.ask("PUT", f"{answer.headers['location']}?digest={digest}").status == 201
    assert client.ask("GET", blob_path(digest)).body == BLOB


@pytest.mark.parametrize("is_last_put", [False, True])
def test_a_blob_in_chunks(client: Client, is_last_put: bool) -> None:
    """Chunks out of order are refused, and asking tells where to go on."""
    digest, place, at = digest_of(BLOB), client.begin(REPO), 0
    for size in (900, 900, 248):
        ahead = client.ask("PATCH", place, BLOB[:3], {**OCTETS, "Content-Range": f"{at + size}-{at + size + 2}"})
        assert (ahead.status, ahead.code) == (416, "RANGE_INVALID")
        assert ahead.headers["range"] == f"0-{max(at - 1, 0)}"
        told = client.ask("GET", ahead.headers["location"])
        assert (told.status, told.headers["range"]) == (204, f"0-{max(at - 1, 0)}")
        chunk = BLOB[at : at + size]
        headers = {**OCTETS, "Content-Range": f"{at}-{at + size - 1}"}
        if is_last_put and at + size == len(BLOB):
            assert client.ask("PUT", f"{told.headers['location']}?digest={digest}", chunk, headers).status == 201
            break
        answer = client.ask("PATCH", told.headers["location"], chunk, headers)
        at += size
        assert (answer.status, answer.headers["range"]) == (202, f"0-{at - 1}")
        place = answer.headers["location"]
    else:
        assert client.ask("PUT", f"{place}?digest={digest}").status == 201
    assert client.ask("GET", blob_path(digest)).body == BLOB


def test_an_upload_is_cancelled(client: Client) -> None:
    place = client.begin(REPO)
    client.ask("PATCH", place, BLOB)
    assert client.ask("DELETE", place).status == 204
    for method in ("GET", "PATCH", "DELETE"):
        assert client.ask(method, place).code == "BLOB_UPLOAD_UNKNOWN"


def test_a_blob_of_another_digest_is_refused_and_forgotten(client: Client) -> None:
    at_once = client.ask("POST", f"/v2/{REPO}/blobs/uploads/?digest={MISSING}", BLOB, OCTETS)
    place = client.begin(REPO)
    client.ask("PATCH", place, BLOB)
    later = client.ask("PUT", f"{place}?digest={MISSING}")
    for answer in (at_once, later):
        assert (answer.status, answer.code) == (400, "DIGEST_INVALID")
        assert digest_of(BLOB) in answer.document["errors"][0]["message"]
    assert client.ask("GET", place).status == 404
    assert client.ask("HEAD", blob_path(digest_of(BLOB))).status == 404


@pytest.mark.parametrize("source", [f"&from={OTHER}", ""], ids=["from", "from anywhere"])
def test_a_blob_is_mounted(client: Client, source: str) -> None:
    digest = client.push_blob(OTHER, BLOB)
    assert client.ask("HEAD", blob_path(digest)).status == 404
    answer = client.ask("POST", f"/v2/{REPO}/blobs/uploads/?mount={digest}{source}")
    assert (answer.status, answer.headers["location"]) == (201, blob_path(digest))
    assert client.ask("GET", blob_path(digest)).body == BLOB


@pytest.mark.parametrize("source", [f"&from={OTHER}", "&from=no/such", ""])
def test_a_mount_of_what_is_not_there_begins_an_upload(client: Client, source: str) -> None:
    client.push_blob("team/third" if source else REPO, b"something else")
    answer = client.ask("POST", f"/v2/{REPO}/blobs/uploads/?mount={digest_of(BLOB)}{source}")
    assert answer.status == 202
    assert client.ask("PUT", f"{answer.headers['location']}?digest={digest_of(BLOB)}", BLOB).status == 201


def test_a_manifest_is_pushed_by_tag_and_by_digest(client: Client) -> None:
    for blob in (b"{}", b"layer"):
        client.push_blob(REPO, blob)
    raw = image(b"{}", b"layer")
    digest = digest_of(raw)
    for reference in ("test0", "test1", digest):
        answer = client.put(REPO, reference, raw)
        assert (answer.status, answer.headers["location"]) == (201, manifest_path(digest))
        assert answer.headers["docker-content-digest"] == digest
        assert "oci-subject" not in answer.headers
    assert client.ask("GET", manifest_path(digest)).body == raw


def test_tags_come_with_a_push_by_digest(client: Client) -> None:
    raw = client.push(REPO, "1")
    answer = client.put(REPO, f"{digest_of(raw)}?tag=2&tag=latest", raw)
    assert (answer.status, answer.headers["oci-tag"]) == (201, "2, latest")
    assert client.ask("GET", manifest_path("latest")).body == raw


def test_a_tag_moves(client: Client) -> None:
    first, second = client.push(REPO, "1"), client.push(REPO, "1", word="again")
    assert client.ask("GET", manifest_path("1")).body == second
    assert client.ask("GET", manifest_path(digest_of(first))).body == first


def test_indexes_of_images_and_of_indexes(client: Client) -> None:
    inner = index(client.push(REPO, "amd64"), client.push(REPO, "arm64"))
    assert client.put(REPO, digest_of(inner), inner, INDEX).status == 201
    outer = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor(inner, INDEX)]}).encode()
    for name, raw in (("outer", outer), ("empty", index())):
        assert client.put(REPO, name, raw, INDEX).status == 201
        answer = client.ask("GET", manifest_path(name))
        assert (answer.body, answer.headers["content-type"]) == (raw, INDEX)


def test_an_index_may_name_blobs(client: Client) -> None:
    """As BuildKit's caches do."""
    client.push_blob(REPO, b"layer")
    raw = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor(b"layer", LAYER)]}).encode()
    assert client.put(REPO, "cache", raw, INDEX).status == 201
    assert client.ask("DELETE", blob_path(digest_of(b"layer"))).status == 405


def test_a_large_manifest_is_kept_to_the_byte(client: Client) -> None:
    annotations = {f"large-annotation-{number}": "A" * 10_000 for number in range(390)}
    raw = client.push(REPO, "large", annotations=annotations, unknown={"kept": [None, 1.50]})
    assert client.ask("GET", manifest_path("large")).body == raw


def test_layers_that_are_elsewhere_need_not_be_pushed(client: Client) -> None:
    client.push_blob(REPO, b"{}")
    foreign = [
        {"mediaType": media_type, "digest": MISSING, "size": 5, "urls": ["https://example.com/layer"]}
        for media_type in (
            "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        )
    ]
    assert client.put(REPO, "1", image(b"{}", layers=foreign)).status == 201


def test_a_manifest_of_what_is_not_there(client: Client) -> None:
    """Also where another repository has it: that is mounted first."""
    client.push_blob(REPO, b"{}")
    client.push_blob(OTHER, b"layer")
    answer = client.put(REPO, "1", image(b"{}", b"layer"))
    assert (answer.status, answer.code) == (400, "MANIFEST_BLOB_UNKNOWN")
    assert answer.document["errors"][0]["detail"] == [{"digest": digest_of(b"layer")}]
    answer = client.put(REPO, "1", index(b"nothing"), INDEX)
    assert (answer.status, answer.code) == (400, "MANIFEST_BLOB_UNKNOWN")
    assert client.ask("HEAD", manifest_path("1")).status == 404


@pytest.mark.parametrize(
    ("reference", "code"),
    [("sha256:totallywrong", "DIGEST_INVALID"), (MISSING, "DIGEST_INVALID"), (".hidden", "TAG_INVALID")],
)
def test_a_manifest_by_a_reference_that_is_none(client: Client, reference: str, code: str) -> None:
    answer = client.put(REPO, reference, client.push(REPO, "1"))
    assert (answer.status, answer.code) == (400, code)


# Content discovery.


def tags(client: Client, query: str = "") -> list[str]:
    answer = client.ask("GET", f"/v2/{REPO}/tags/list{query}")
    assert (answer.status, answer.document["name"]) == (200, REPO)
    return list(answer.document["tags"])


def test_tags_in_lexical_order_page_by_page(client: Client) -> None:
    raw = client.push(REPO, "b")
    for tag in ("Z", "a", "C", "a.1", "A", "10", "9"):
        client.put(REPO, tag, raw)
    in_order = ["10", "9", "A", "a", "a.1", "b", "C", "Z"]
    assert tags(client) == in_order
    assert tags(client, "?n=3") == in_order[:3]
    assert tags(client, "?n=3&last=A") == in_order[3:6]
    assert tags(client, "?last=a.0") == in_order[4:]  # a tag that there is not
    assert tags(client, "?n=0") == []


def test_links_lead_through_all_tags(client: Client) -> None:
    raw = client.push(REPO, "t0")
    for number in range(1, 7):
        client.put(REPO, f"t{number}", raw)
    path, found = f"/v2/{REPO}/tags/list?n=3", []
    while path:
        answer = client.ask("GET", path)
        found.append(answer.document["tags"])
        target, _, relation = answer.headers.get("link", "").partition("; ")
        assert relation in ("", 'rel="next"')
        path = target.strip("<>")
    assert found == [["t0", "t1", "t2"], ["t3", "t4", "t5"], ["t6"]]
    assert "link" not in client.ask("GET", f"/v2/{REPO}/tags/list?n=0").headers


@pytest.mark.parametrize("count", ["-1", "x", "", "1.5", "٣"])
def test_a_number_of_tags_that_is_none(client: Client, count: str) -> None:
    client.push(REPO, "1")
    answer = client.ask("GET", f"/v2/{REPO}/tags/list?n=" + "".join(f"%{byte:02x}" for byte in count.encode()))
    assert (answer.status, answer.code) == (400, "PAGINATION_NUMBER_INVALID")


def test_tags_of_no_repository(client: Client) -> None:
    answer = client.ask("GET", f"/v2/{REPO}/tags/list")
    assert (answer.status, answer.code) == (404, "NAME_UNKNOWN")


def test_tags_of_a_repository_without_any(client: Client) -> None:
    client.push_blob(REPO, BLOB)
    assert tags(client) == []


def test_the_catalog(client: Client) -> None:
    for name in ("b", "a/tags/list", "a", "c"):
        client.push(name, "1")
    assert client.ask("GET", "/v2/_catalog").document == {"repositories": ["a", "a/tags/list", "b", "c"]}
    answer = client.ask("GET", "/v2/_catalog?n=2&last=a")
    assert answer.document == {"repositories": ["a/tags/list", "b"]}
    assert answer.headers["link"] == '</v2/_catalog?n=2&last=b>; rel="next"'
    assert client.ask("GET", "/v2/a/tags/list/tags/list").document["name"] == "a/tags/list"


TYPE = quote(CONFIG)


def referrers(client: Client, subject: str, query: str = "") -> list[dict[str, object]]:
    answer = client.ask("GET", f"/v2/{REPO}/referrers/{subject}{query}")
    assert (answer.status, answer.headers["content-type"]) == (200, INDEX)
    assert (answer.document["schemaVersion"], answer.document["mediaType"]) == (2, INDEX)
    assert ("oci-filters-applied" in answer.headers) == ("artifactType" in query)
    return sorted(answer.document["manifests"], key=lambda each: str(each["digest"]))


def test_referrers_of_a_subject_that_comes_later(client: Client) -> None:
    subject = image(b"{}", b"layer")
    for blob in (b"{}", b"layer", b"signature"):
        client.push_blob(REPO, blob)
    about = {"subject": descriptor(subject, MANIFEST)}
    artifact = image(b"{}", b"signature", **about, artifactType="text/a", annotations={"on": "artifact"})
    artifact = artifact.replace(CONFIG.encode(), EMPTY.encode())
    old = image(b"{}", b"signature", **about, annotations={"on": "old"})
    several = index(**about, artifactType="text/a", annotations={"on": "index"})
    for raw, media_type in ((artifact, MANIFEST), (old, MANIFEST), (several, INDEX)):
        answer = client.put(REPO, digest_of(raw), raw, media_type)
        assert (answer.status, answer.headers["oci-subject"]) == (201, digest_of(subject))
    assert client.put(REPO, "1", subject).status == 201
    expected = [
        descriptor(artifact, MANIFEST, artifactType="text/a", annotations={"on": "artifact"}),
        descriptor(old, MANIFEST, artifactType=CONFIG, annotations={"on": "old"}),  # the config's type stands for one
        descriptor(several, INDEX, artifactType="text/a", annotations={"on": "index"}),
    ]
    expected.sort(key=lambda each: str(each["digest"]))
    assert referrers(client, digest_of(subject)) == expected
    of_a = [each for each in expected if each["artifactType"] == "text/a"]
    assert referrers(client, digest_of(subject), "?artifactType=text/a") == of_a
    assert referrers(client, digest_of(subject), "?artifactType=text/none") == []
    client.ask("DELETE", manifest_path(digest_of(old)))
    assert referrers(client, digest_of(subject)) == of_a


def test_referrers_of_what_nobody_has(client: Client) -> None:
    assert referrers(client, MISSING) == []


def test_many_referrers_come_in_pages(client: Client) -> None:
    for blob in (b"{}", b"layer"):
        client.push_blob(REPO, blob)
    pushed = set()
    for number in range(5):
        annotations = {"large": f"{number}" * 1_500_000}
        raw = image(b"{}", b"layer", subject=descriptor(b"subject", MANIFEST), annotations=annotations)
        client.put(REPO, digest_of(raw), raw)
        pushed.add(digest_of(raw))
    path, found, count = f"/v2/{REPO}/referrers/{digest_of(b'subject')}?artifactType={TYPE}", [], 0
    while path:
        answer = client.ask("GET", path)
        found += [each["digest"] for each in answer.document["manifests"]]
        path = answer.headers.get("link", "").partition("; ")[0].strip("<>")
        assert not path or parse_qs(urlsplit(path).query)["artifactType"] == [CONFIG]
        count += 1
        assert len(answer.body) <= 4 << 20
    assert (count, set(found), len(found)) == (3, pushed, 5)


# Content management.


def test_a_tag_is_deleted_and_the_manifest_stays(client: Client) -> None:
    raw = client.push(REPO, "1")
    client.put(REPO, "2", raw)
    assert client.ask("DELETE", manifest_path("1")).status == 202
    assert client.ask("GET", manifest_path("1")).code == "MANIFEST_UNKNOWN"
    assert client.ask("GET", manifest_path(digest_of(raw))).body == raw
    assert tags(client) == ["2"]
    assert client.ask("DELETE", manifest_path("1")).code == "MANIFEST_UNKNOWN"


def test_a_manifest_is_deleted_with_its_tags_and_then_its_blobs(client: Client) -> None:
    raw = client.push(REPO, "1")
    client.put(REPO, "2", raw)
    assert client.ask("DELETE", manifest_path(digest_of(raw))).status == 202
    for reference in ("1", "2", digest_of(raw)):
        assert client.ask("GET", manifest_path(reference)).status == 404
    assert tags(client) == []
    for part in (json.loads(raw)["config"], *json.loads(raw)["layers"]):
        assert client.ask("DELETE", blob_path(part["digest"])).status == 202
        assert client.ask("GET", blob_path(part["digest"])).code == "BLOB_UNKNOWN"
        assert client.ask("DELETE", blob_path(part["digest"])).code == "BLOB_UNKNOWN"


def test_what_a_manifest_names_goes_after_it(client: Client) -> None:
    raw = client.push(REPO, "1")
    several = index(raw)
    client.put(REPO, "several", several, INDEX)
    for path, by in (
        (blob_path(json.loads(raw)["config"]["digest"]), raw),
        (manifest_path(digest_of(raw)), several),
    ):
        answer = client.ask("DELETE", path)
        assert (answer.status, answer.code) == (405, "UNSUPPORTED")
        assert digest_of(by) in answer.document["errors"][0]["message"]


def test_a_blob_goes_from_one_repository_alone(client: Client) -> None:
    for repository in (REPO, OTHER):
        digest = client.push_blob(repository, BLOB)
    assert client.ask("DELETE", blob_path(digest)).status == 202
    assert client.ask("GET", blob_path(digest, OTHER)).body == BLOB
