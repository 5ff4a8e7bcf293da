"""A client's exporters → outputs; what it is told of the result."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.api.buildkit import grpc_client

from onggi.api.buildkit.frontend import exports
from onggi.api.buildkit.frontend.exports import Scope
from onggi.api.buildkit.session.sends import METHOD, FileOfClient, FolderOfClient
from onggi.api.buildkit.wire.control_pb2 import Exporter, SolveRequest
from onggi.engine.output import (
    Annotation,
    ArchiveOutput,
    CacheOnly,
    FolderOutput,
    Output,
    StoreOutput,
    TarOutput,
)
from onggi.engine.types import BuildResult
from onggi.errors import Invalid, OnggiError, Unsupported
from onggi.layer.compression import Squeeze
from onggi.oci.descriptor import Descriptor

ID = "sha256:" + "1" * 64
INDEX, LISTED = (f"sha256:{digit * 64}" for digit in "34")
MANIFEST = Descriptor("application/vnd.oci.image.manifest.v1+json", "sha256:" + "2" * 64, 5)
RESULT = BuildResult(
    image_id=ID, references=("a:1", "host:5000/b:2"), build="0" * 12, size=1, new_size=1, seconds=1, saved=0
)


@pytest.fixture(scope="module")
def scope() -> Iterator[Scope]:
    with grpc_client.session({}) as session, ExitStack() as files:
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
    return exports.response(kinds, [replace(RESULT, **how)], {ID: ID, INDEX: LISTED}.__getitem__)


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


def test_an_image_for_several_platforms_is_known_by_that_which_is_listed() -> None:
    index = replace(MANIFEST, digest=INDEX)
    said = told(Exporter(type="moby"), image_id=INDEX, descriptor=index, references=())
    assert said["containerimage.digest"] == LISTED
    assert not said.keys() & {"containerimage.config.digest", "image.name"}
    assert told(Exporter(type="oci"), image_id=INDEX, descriptor=index)["containerimage.digest"] == INDEX


def test_files_are_no_image() -> None:
    assert told(Exporter(type="local")) == {}
    assert exports.response([Exporter(type="moby")], [], str) == {}
