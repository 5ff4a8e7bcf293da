"""A client's exporters → outputs; what it is told of the result; its caches."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from onggi.api.buildkit.frontend import caches, exports
from onggi.api.buildkit.frontend.exports import Scope
from onggi.api.buildkit.session.sends import METHOD, FileOfClient, FolderOfClient
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.wire.control_pb2 import CacheOptionsEntry, Exporter, SolveRequest
from onggi.engine.output import (
    Annotation,
    ArchiveOutput,
    CacheOnly,
    CacheTarget,
    FolderOutput,
    ImageCache,
    InlineCache,
    Output,
    RegistryCache,
    StoreOutput,
    TarOutput,
)
from onggi.engine.types import BuildResult
from onggi.errors import Invalid, OnggiError, Unsupported
from onggi.layer.compression import Squeeze
from onggi.oci.descriptor import Descriptor

from . import clients

ID = "sha256:" + "1" * 64
MANIFEST = Descriptor("application/vnd.oci.image.manifest.v1+json", "sha256:" + "2" * 64, 5)
NOBODY = cast(Session, None)
RESULT = BuildResult(
    image_id=ID, references=("a:1", "host:5000/b:2"), build="0" * 12, size=1, new_size=1, seconds=1, saved=0
)


@pytest.fixture(scope="module")
def scope() -> Iterator[Scope]:
    with clients.session({}) as session, ExitStack() as files:
        yield Scope(replace(session, methods=frozenset({METHOD.lower()})), files)
        files.pop_all()  # nothing was written, and nobody is there who takes it


def output(scope: Scope, kind: str, **attributes: str) -> Output:
    return exports.outputs([Exporter(type=kind, attrs=attributes)], scope)[0]


@pytest.mark.parametrize(
    ("kind", "attributes", "expected"),
    [
        ("moby", {"name": "a:1,b:2"}, StoreOutput(("a:1", "b:2"))),
        ("moby", {"compression": "zstd", "unpack": "true"}, StoreOutput()),
        ("image", {"annotation.k": "v"}, StoreOutput((), (Annotation(key="k", value="v"),))),
        ("image", {"store": "false"}, CacheOnly()),
        ("moby", {"name": "a", "push": "true"}, StoreOutput(("a",), (), Squeeze("gzip", None, False))),
        (
            "registry",
            {"name": "a", "compression": "zstd", "compression-level": "3", "force-compression": "1"},
            StoreOutput(("a",), (), Squeeze("zstd", 3, True)),
        ),
        ("cacheonly", {}, CacheOnly()),
    ],
)
def test_images(scope: Scope, kind: str, attributes: dict[str, str], expected: Output) -> None:
    assert output(scope, kind, **attributes) == expected


def test_what_is_sent(scope: Scope) -> None:
    folder = output(scope, "local", **{"platform-split": "true"})
    assert isinstance(folder, FolderOutput) and isinstance(folder.folder, FolderOfClient) and folder.split is True
    tar = output(scope, "tar")
    assert isinstance(tar, TarOutput) and isinstance(tar.target, FileOfClient) and tar.split is None
    archive = output(scope, "docker", name="a:1", compression="uncompressed")
    assert isinstance(archive, ArchiveOutput) and isinstance(archive.target, FileOfClient)
    assert (archive.format, archive.names, archive.compression) == ("docker", ("a:1",), "none")


def test_without_exporters_and_with_several(scope: Scope) -> None:
    assert exports.outputs([], scope) == (CacheOnly(),)
    several = exports.outputs([Exporter(type="moby"), Exporter(type="local")], scope)
    assert [type(each) for each in several] == [StoreOutput, FolderOutput]


def test_older_clients_name_one() -> None:
    old = SolveRequest(exporter_deprecated="moby", exporter_attrs_deprecated={"name": "a"})
    assert exports.exporters(old) == (Exporter(type="moby", attrs={"name": "a"}),)
    assert exports.exporters(SolveRequest()) == ()
    new = SolveRequest(exporter_deprecated="tar", exporters=[Exporter(type="tar"), Exporter(type="moby")])
    assert [each.type for each in exports.exporters(new)] == ["tar", "moby"]


@pytest.mark.parametrize(
    ("kind", "attributes", "error", "message"),
    [
        ("tarball", {}, Invalid, "no exporter 'tarball'"),
        ("oci", {"tar": "false"}, Unsupported, "an image layout in a folder"),
        ("oci", {"oci-mediatypes": "false"}, Unsupported, "OCI media types only"),
        ("oci", {"compression": "lzma"}, Invalid, "unknown compression"),
        ("local", {"platform-split": "perhaps"}, Invalid, "true or false"),
        ("image", {"push": "true", "push-by-digest": "true"}, Unsupported, "push-by-digest"),
        ("image", {"push": "true", "registry.insecure": "true"}, Unsupported, "registry.insecure"),
        ("moby", {"annotation-nowhere.a": "b"}, Invalid, "no level"),
    ],
)
def test_what_is_refused(
    scope: Scope, kind: str, attributes: dict[str, str], error: type[OnggiError], message: str
) -> None:
    with pytest.raises(error, match=message):
        output(scope, kind, **attributes)


@given(
    st.sampled_from(["moby", "image", "registry", "local", "tar", "oci", "docker", "cacheonly", "nosuch"]),
    st.dictionaries(
        st.sampled_from(["name", "push", "store", "tar", "compression", "compression-level", "annotation.a", "other"]),
        st.text(max_size=5) | st.sampled_from(["true", "1", "gzip"]),
    ),
)
def test_whatever_is_asked_for_is_an_output_or_refused(scope: Scope, kind: str, attributes: dict[str, str]) -> None:
    try:
        assert output(scope, kind, **attributes)
    except OnggiError as error:
        assert error.message


def told(*kinds: Exporter, **how: object) -> dict[str, str]:
    return exports.response(kinds, [replace(RESULT, **how)])


def test_an_image_of_the_store_is_known_by_its_id() -> None:
    said = told(Exporter(type="moby"), descriptor=MANIFEST)
    assert said["containerimage.digest"] == said["containerimage.config.digest"] == ID
    assert said["image.name"] == "docker.io/library/a:1,host:5000/b:2"
    document = json.loads(base64.b64decode(said["containerimage.descriptor"]))
    assert document == {"mediaType": MANIFEST.media_type, "digest": MANIFEST.digest, "size": 5}


def test_an_image_that_goes_elsewhere_by_its_digest() -> None:
    for exporter in (Exporter(type="moby", attrs={"push": "true"}), Exporter(type="oci")):
        said = told(exporter, descriptor=MANIFEST)
        assert (said["containerimage.digest"], said["containerimage.config.digest"]) == (MANIFEST.digest, ID)


def test_an_image_for_several_platforms_has_one_digest() -> None:
    said = told(Exporter(type="moby"), descriptor=replace(MANIFEST, digest=ID), references=())
    assert said["containerimage.digest"] == ID
    assert not said.keys() & {"containerimage.config.digest", "image.name"}


def test_files_are_no_image() -> None:
    assert told(Exporter(type="local")) == {}
    assert exports.response([Exporter(type="moby")], []) == {}


def entry(kind: str, **attributes: str) -> CacheOptionsEntry:
    return CacheOptionsEntry(type=kind, attrs=attributes)


def test_caches_to_look_into_are_said_in_several_places() -> None:
    said = {
        "cache-from": "a,b:2",
        "cache-imports": msgspec.json.encode([{"Type": "registry", "Attrs": {"ref": "b:2"}}]).decode(),
    }
    found = caches.sources(said, [entry("registry", ref="b:2"), entry("registry", ref="host:5000/c")], NOBODY)
    names = ("docker.io/library/a:latest", "docker.io/library/b:2", "host:5000/c:latest")
    assert found == tuple(ImageCache(reference=name) for name in names)


def test_caches_to_write() -> None:
    said = [
        entry("inline"),
        entry("registry", ref="host/c:1", mode="max", compression="zstd", **{"ignore-error": "true"}),
    ]
    place = RegistryCache(reference="docker.io/host/c:1")
    assert caches.targets(said, NOBODY, print) == (
        CacheTarget(place=InlineCache()),
        CacheTarget(place=place, is_complete=True, compression="zstd", may_fail=True),
    )


@pytest.mark.parametrize(
    ("kind", "attributes", "error"),
    [
        ("gha", {}, Unsupported),
        ("s3", {"bucket": "b"}, Unsupported),
        ("local", {}, Invalid),
        ("registry", {}, Invalid),
        ("registry", {"ref": "a", "mode": "most"}, Invalid),
        ("registry", {"ref": "a", "image-manifest": "false"}, Unsupported),
    ],
)
def test_caches_that_cannot_be_written(kind: str, attributes: dict[str, str], error: type[OnggiError]) -> None:
    with pytest.raises(error):
        caches.targets([entry(kind, **attributes)], NOBODY, print)


@pytest.mark.parametrize("text", ["{", '[{"Type": 5}]', "5"])
def test_a_list_of_caches_that_is_none(text: str) -> None:
    with pytest.raises(Invalid, match="cache-imports"):
        caches.sources({"cache-imports": text}, [], NOBODY)
