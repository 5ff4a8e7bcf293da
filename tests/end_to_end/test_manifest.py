"""`onggi manifest` against Debian's docker-registry, with skopeo as the second opinion. What is expected of the output
was taken from Docker 28.2; tests/differential holds the two beside each other."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.registries import real
from tests.registries.images import OTHER, Shelf
from tests.registries.real import Real
from tests.registries.tls import Authority

from onggi.oci import platform

from .conftest import Context, Onggi

OCI = "application/vnd.oci.image."
DOCKER = "application/vnd.docker.distribution.manifest."
HERE = platform.of_host().architecture
ABSENT = "sha256:" + "0" * 64


@pytest.fixture(scope="module")
def filled(registry: Real, shelf: Shelf) -> Real:
    """With images of several kinds in repositories of their own."""
    shelf.put("small", f"{registry.host}/kinds/oci:1", form="oci")
    shelf.put("other", f"{registry.host}/kinds/docker:1", form="v2s2")
    shelf.put("both", f"{registry.host}/kinds/both:1")
    return registry


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory, shelf: Shelf) -> Iterator[Real]:
    """Another registry, with one image."""
    with real.serve(tmp_path_factory.mktemp("second")) as served:
        shelf.put("large", f"{served.host}/far/large:1")
        yield served


def raw(name: str) -> bytes:
    """A document as skopeo gets it."""
    words = ["skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{name}"]
    return subprocess.run(words, capture_output=True, check=True).stdout


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def printed(onggi: Onggi, *words: str) -> str:
    done = onggi.run("manifest", *words)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def as_docker_describes(name: str, media_type: str, key: str, document: bytes, **its: object) -> dict[str, Any]:
    return {
        "Ref": name,
        "Descriptor": {"mediaType": media_type, "digest": digest(document), "size": len(document), "platform": its},
        "Raw": base64.b64encode(document).decode(),
        key: json.loads(document),
    }


# Looking


def test_a_manifest_is_shown_as_docker_shows_it(empty: Onggi, filled: Real) -> None:
    name = f"{filled.host}/kinds/oci:1"
    document = raw(name)
    rest = document[len(document.rstrip()) :].decode()
    assert printed(empty, "inspect", name) == json.dumps(json.loads(document), indent="\t") + rest + "\n"
    described = as_docker_describes(
        name, f"{OCI}manifest.v1+json", "OCIManifest", document, architecture=HERE, os="linux"
    )
    assert printed(empty, "inspect", "-v", name) == json.dumps(described, indent="\t") + "\n"


def test_a_manifest_of_dockers_own_kind_is_called_so(empty: Onggi, filled: Real) -> None:
    name = f"{filled.host}/kinds/docker@{digest(raw(f'{filled.host}/kinds/docker:1'))}"
    described = as_docker_describes(
        name, f"{DOCKER}v2+json", "SchemaV2Manifest", raw(name), architecture=OTHER, os="linux"
    )
    assert printed(empty, "inspect", "--verbose", name) == json.dumps(described, indent="\t") + "\n"


def test_an_index_is_shown_with_all_that_it_says(empty: Onggi, filled: Real) -> None:
    name = f"{filled.host}/kinds/both:1"
    document = json.loads(raw(name))
    assert printed(empty, "inspect", name) == json.dumps(document, indent=3) + "\n"
    found = json.loads(printed(empty, "inspect", "-v", name))
    assert [each["Ref"] for each in found] == [f"{name}@{each['digest']}" for each in document["manifests"]]
    assert [each["Descriptor"]["platform"]["architecture"] for each in found] == [HERE, OTHER]
    assert all("OCIManifest" in each for each in found)


def test_certificates_that_nobody_vouches_for_are_taken_if_that_is_said(
    empty: Onggi, shelf: Shelf, tmp_path: Path
) -> None:
    authority = Authority(tmp_path / "authority")
    with real.serve(tmp_path / "registry", tls=authority.server()) as guarded:
        one, name = f"{guarded.host}/kinds/oci:1", f"{guarded.host}/lists/guarded:1"
        shelf.put("small", one, "--dest-tls-verify=false", "--dest-cert-dir", str(tmp_path))
        assert "certificate" in empty.fails("manifest", "inspect", one)
        for words in (("inspect", one), ("create", name, one), ("push", name), ("inspect", "-v", name)):
            empty("manifest", words[0], "--insecure", *words[1:])


# Making a list


def test_a_list_has_the_bytes_that_dockers_has(empty: Onggi, filled: Real) -> None:
    name, docker, oci = (f"{filled.host}/{path}:1" for path in ("lists/bytes", "kinds/docker", "kinds/oci"))
    assert empty("manifest", "create", name, docker, oci) == f"Created manifest list {name}"
    features = ("--os-features", "a,b", "--os-features", "c")
    assert empty("manifest", "annotate", name, docker, "--variant", "v9", "--os-version", "1.2", *features) == ""
    first, last = raw(docker), raw(oci)
    expected = f"""\
{{
   "schemaVersion": 2,
   "mediaType": "{DOCKER}list.v2+json",
   "manifests": [
      {{
         "mediaType": "{DOCKER}v2+json",
         "size": {len(first)},
         "digest": "{digest(first)}",
         "platform": {{
            "architecture": "{OTHER}",
            "os": "linux",
            "os.version": "1.2",
            "os.features": [
               "a",
               "b",
               "c"
            ],
            "variant": "v9"
         }}
      }},
      {{
         "mediaType": "{OCI}manifest.v1+json",
         "size": {len(last)},
         "digest": "{digest(last)}",
         "platform": {{
            "architecture": "{HERE}",
            "os": "linux"
         }}
      }}
   ]
}}"""
    assert printed(empty, "inspect", name) == expected + "\n"
    assert json.loads(printed(empty, "inspect", name, oci)) == json.loads(last)
    assert [each["Ref"] for each in json.loads(printed(empty, "inspect", "-v", name))] == [docker, oci]
    before = len(filled.requests())
    repository = name.removesuffix(":1")
    assert empty("manifest", "push", name).splitlines() == [
        *(f"Pushed ref {repository}@{each} with digest: {each}" for each in (digest(first), digest(last))),
        digest(expected.encode()),
    ]
    assert raw(name) == expected.encode()
    sent = [each for each in filled.requests()[before:] if each.method in ("PATCH", "PUT")]
    assert [each.path.rpartition("/")[2] for each in sent] == [digest(first), digest(last), "1"], "blobs are mounted"


def test_the_first_manifest_says_what_kind_of_list_it_is(empty: Onggi, filled: Real, tmp_path: Path) -> None:
    name, docker, oci = (f"{filled.host}/{path}:1" for path in ("lists/kind", "kinds/docker", "kinds/oci"))
    empty("manifest", "create", name, oci, docker)
    empty("manifest", "push", "--purge", name)
    assert json.loads(raw(name))["mediaType"] == f"{OCI}index.v1+json"
    words = ["skopeo", "copy", "--quiet", "--all", "--src-tls-verify=false", f"docker://{name}", f"dir:{tmp_path}/all"]
    subprocess.run(words, check=True)
    assert f"No such manifest: {name}" in empty.fails("manifest", "push", name), "it was purged"


def test_manifests_of_the_lists_own_repository_stay_where_they_are(empty: Onggi, filled: Real) -> None:
    name, oci = f"{filled.host}/kinds/oci:list", f"{filled.host}/kinds/oci:1"
    empty("manifest", "create", name, oci)
    assert empty("manifest", "push", name) == digest(raw(name)), "no ref is pushed but the list"


def test_a_list_is_added_to_if_that_is_said(empty: Onggi, filled: Real) -> None:
    name, docker, oci = (f"{filled.host}/{path}:1" for path in ("lists/more", "kinds/docker", "kinds/oci"))
    empty("manifest", "create", name, docker)
    empty("manifest", "annotate", name, docker, "--os-version", "7")
    said = empty.fails("manifest", "create", name, oci)
    assert "refusing to amend an existing manifest list with no --amend flag" in said
    empty("manifest", "create", "--amend", name, oci, docker)
    found = json.loads(printed(empty, "inspect", name))["manifests"]
    assert [each["platform"].get("os.version") for each in found] == ["7", None], "what was said of it is kept"
    assert empty("manifest", "rm", name) == ""


def test_a_list_that_cannot_be_made_whole_is_not_made(empty: Onggi, filled: Real) -> None:
    name, oci = f"{filled.host}/lists/half:1", f"{filled.host}/kinds/oci:1"
    for missing in (f"{filled.host}/kinds/nothing:1", f"{filled.host}/kinds/oci@{ABSENT}"):
        assert f"no such manifest: {missing}" in empty.fails("manifest", "create", name, oci, missing)
    both = f"{filled.host}/kinds/both:1"
    assert f"{both} is a manifest list" in empty.fails("manifest", "create", name, oci, both)
    assert "a digest cannot be given" in empty.fails("manifest", "create", f"{name}@{ABSENT}", oci)
    assert f"no such manifest: {name}" in empty.fails("manifest", "inspect", name)


def test_what_is_not_there_is_told_by_name(empty: Onggi, filled: Real) -> None:
    name, oci = f"{filled.host}/lists/told:1", f"{filled.host}/kinds/oci:1"
    missing = f"manifest for image {oci} does not exist in {name}"
    assert missing in empty.fails("manifest", "annotate", name, oci, "--arch", "arm64")
    assert f"No such manifest: {name}" in empty.fails("manifest", "push", name)
    empty("manifest", "create", name, oci)
    assert "No such manifest: " in empty.fails("manifest", "inspect", name, f"{filled.host}/kinds/docker:1")
    assert "os/arch combination: linux/arm63" in empty.fails("manifest", "annotate", name, oci, "--arch", "arm63")
    said = empty.fails("manifest", "rm", "nothing", name, "x/y:2")
    assert [line.partition("manifest: ")[2] for line in said.splitlines()] == [
        "docker.io/library/nothing:latest",
        "docker.io/x/y:2",
    ]
    assert f"No such manifest: {name}" in empty.fails("manifest", "rm", name), "the one between them went"


def test_a_manifest_without_a_platform_is_not_pushed(empty: Onggi, filled: Real) -> None:
    """One that is no image: its config says nothing of platforms."""
    config = b"{}"
    repository = f"{filled.url}/v2/kinds/artifact"
    with urllib.request.urlopen(_request("POST", f"{repository}/blobs/uploads/")) as answer:
        place = answer.headers["Location"]
    urllib.request.urlopen(_request("PUT", f"{place}&digest={digest(config)}", config)).close()
    document = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": f"{OCI}manifest.v1+json",
            "config": {"mediaType": "application/vnd.example+json", "digest": digest(config), "size": len(config)},
            "layers": [],
        }
    ).encode()
    put = _request("PUT", f"{repository}/manifests/1", document, f"{OCI}manifest.v1+json")
    urllib.request.urlopen(put).close()
    name, artifact = f"{filled.host}/lists/artifact:1", f"{filled.host}/kinds/artifact:1"
    empty("manifest", "create", name, artifact)
    said = empty.fails("manifest", "push", name)
    assert f"manifest {artifact} must have an OS and Architecture to be pushed to a registry" in said
    empty("manifest", "annotate", "--os", "windows", "--arch", "arm64", name, artifact)
    empty("manifest", "push", name)
    (entry,) = json.loads(raw(name))["manifests"]
    assert entry["platform"] == {"architecture": "arm64", "os": "windows"}


def _request(
    method: str, url: str, data: bytes = b"", media_type: str = "application/octet-stream"
) -> urllib.request.Request:
    return urllib.request.Request(url, data, {"Content-Type": media_type}, method=method)


# What Docker cannot


def test_manifests_of_another_registry_are_copied(empty: Onggi, filled: Real, second: Real, tmp_path: Path) -> None:
    name, far, near = f"{filled.host}/lists/far:1", f"{second.host}/far/large:1", f"{filled.host}/kinds/docker:1"
    empty("manifest", "create", name, far, near)
    said = empty("manifest", "push", name).splitlines()
    assert said[0] == f"Pushed ref {filled.host}/lists/far@{digest(raw(far))} with digest: {digest(raw(far))}"
    assert {each["digest"] for each in json.loads(raw(far))["layers"]} <= filled.blobs()
    words = ["skopeo", "copy", "--quiet", "--all", "--src-tls-verify=false", f"docker://{name}", f"dir:{tmp_path}/all"]
    subprocess.run(words, check=True)
    before = len(second.requests())
    empty("manifest", "push", name)
    assert [each for each in second.requests()[before:] if "/blobs/" in each.path] == [], "what is there is not fetched"


def test_images_of_the_store_go_along(onggi: Onggi, empty: Onggi, filled: Real, context: Context) -> None:
    name, local, near = f"{filled.host}/lists/local:1", "made:here", f"{filled.host}/kinds/docker:1"
    image = onggi.build(context("FROM busybox:1.35\nRUN echo made > /made\n"), "-t", local)
    onggi("manifest", "create", name, local, near)
    onggi("manifest", "annotate", name, local, "--variant", "v7")
    pushed = onggi("manifest", "push", name).splitlines()
    assert len(pushed) == 3
    (own, _) = json.loads(raw(name))["manifests"]
    assert own["platform"] == {"architecture": HERE, "os": "linux", "variant": "v7"}
    manifest = json.loads(raw(f"{filled.host}/lists/local@{own['digest']}"))
    assert manifest["config"]["digest"] == image
    assert all(each["mediaType"].endswith("tar+gzip") for each in manifest["layers"])
    before = len(filled.requests())
    assert onggi("manifest", "push", name).splitlines() == pushed
    assert [each for each in filled.requests()[before:] if "/uploads/" in each.path] == [], "nothing is sent twice"
    empty("pull", "--platform", f"linux/{HERE}/v7", name)
    assert empty("run", "--rm", name, "cat", "/made") == "made"


def test_an_image_of_the_store_may_have_a_name_of_the_lists_repository(
    onggi: Onggi, filled: Real, context: Context
) -> None:
    name, local = f"{filled.host}/lists/own:1", f"{filled.host}/lists/own:1-here"
    onggi.build(context("FROM busybox:1.35\nRUN echo own > /own\n"), "-t", local)
    onggi("manifest", "create", name, local)
    pushed = onggi("manifest", "push", "--purge", name)
    onggi("manifest", "create", name, local)
    assert onggi("manifest", "push", name) == pushed, "its registry has it, but not by its name"


def test_an_image_for_several_platforms_is_no_manifest_of_a_list(onggi: Onggi, filled: Real, context: Context) -> None:
    onggi.build(
        context("FROM scratch\nCOPY text /\n", {"text": ""}), "--platform", "linux/amd64,linux/arm64", "-t", "two"
    )
    said = onggi.fails("manifest", "create", f"{filled.host}/lists/two:1", "two")
    assert "docker.io/library/two:latest is a manifest list" in said


def test_an_image_that_its_registry_has_is_asked_for_there(onggi: Onggi, filled: Real) -> None:
    name, pulled = f"{filled.host}/lists/pulled:1", f"{filled.host}/kinds/oci:1"
    onggi("pull", pulled)
    onggi("manifest", "create", name, pulled)
    onggi("manifest", "push", name)
    (entry,) = json.loads(raw(name))["manifests"]
    assert entry["digest"] == digest(raw(pulled)), "its layers are not squeezed again"


def test_an_image_that_has_gone_since_is_told(onggi: Onggi, filled: Real, context: Context) -> None:
    name = f"{filled.host}/lists/gone:1"
    onggi.build(context("FROM busybox:1.35\nRUN echo gone > /gone\n"), "-t", "gone:1")
    onggi("manifest", "create", name, "gone:1")
    onggi("image", "rm", "gone:1")
    assert "that was docker.io/library/gone:1 is not in the store any more" in onggi.fails("manifest", "push", name)
    assert "no such manifest" in onggi.fails("manifest", "inspect", f"{filled.host}/lists/gone:2")
