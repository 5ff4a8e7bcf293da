"""What becomes of a build: --output, --annotation, --platform and the caches, as asked for, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onggi.cli import caches, outputs
from onggi.engine.annotations import parse as parse_annotations
from onggi.engine.output import (
    Annotation,
    ArchiveOutput,
    CacheOnly,
    CacheTarget,
    FolderCache,
    FolderOutput,
    InlineCache,
    Output,
    RegistryCache,
    StoreOutput,
    TarOutput,
)
from onggi.errors import Invalid, OnggiError, Unsupported
from onggi.layer.compression import Squeeze
from onggi.oci import platform
from onggi.oci.platform import Platform

from .fake import FakeEngine, call

OCI = ArchiveOutput(format="oci", target=Path("a.tar"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("out", FolderOutput(Path("out"))),
        ("../a", FolderOutput(Path("../a"))),
        ("type=local,dest=out", FolderOutput(Path("out"))),
        ("type=local,dest=out,platform-split=false", FolderOutput(Path("out"), False)),
        ('type=local,"dest=a,b"', FolderOutput(Path("a,b"))),
        ("type=tar,dest=a.tar", TarOutput(Path("a.tar"))),
        ("type=oci,dest=a.tar", OCI),
        (
            "type=oci,dest=lay,tar=false,compression=uncompressed,name=x:1",
            ArchiveOutput(format="oci", target=Path("lay"), is_folder=True, compression="none", names=("x:1",)),
        ),
        (
            "type=docker,dest=a.tar,compression=zstd,compression-level=7,force-compression=true",
            ArchiveOutput(format="docker", target=Path("a.tar"), compression="zstd", level=7, recompress=True),
        ),
        ("type=docker", StoreOutput()),
        ("type=docker,name=x:1", StoreOutput(("x:1",))),
        ('type=image,"name=x:1,y:2",oci-mediatypes=true,unpack=true', StoreOutput(("x:1", "y:2"))),
        ("type=image,push=false", StoreOutput()),
        ("type=image,push=true,name=x:1", StoreOutput(("x:1",), push=Squeeze("gzip", all=False))),
        (
            "type=registry,name=x:1,compression=zstd,compression-level=9,force-compression=true",
            StoreOutput(("x:1",), push=Squeeze("zstd", 9, all=True)),
        ),
        ("type=image,store=false", CacheOnly()),
        ("type=cacheonly", CacheOnly()),
        ("TYPE=cacheonly", CacheOnly()),
        (
            "type=image,annotation.org.x=1,annotation-index.y=2,annotation[linux/arm64].z=a=b",
            StoreOutput(
                (),
                (
                    Annotation(key="org.x", value="1"),
                    Annotation(key="y", value="2", level="index"),
                    Annotation(key="z", value="a=b", platform=Platform("arm64")),
                ),
            ),
        ),
    ],
)
def test_an_output_is_what_buildx_makes_of_it(text: str, expected: Output) -> None:
    assert outputs.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("type=tarr,dest=x", Invalid, "unknown type 'tarr'; did you mean tar?"),
        ("dest=x", Invalid, "type is missing"),
        ("type=local", Invalid, "dest is missing: a folder"),
        ("type=local,dest=-", Invalid, "dest is missing: a folder"),
        ("type=oci,tar=false", Invalid, "dest is missing"),
        ("type=oci,dest=x,compresion=gzip", Invalid, "'compresion' is no key of it; did you mean compression?"),
        ("type=oci,dest=x,compression=lzma", Invalid, "unknown compression 'lzma'"),
        ("type=oci,dest=x,compression-level=high", Invalid, "compression-level is a number"),
        ("type=oci,dest=x,tar=perhaps", Invalid, "tar is true or false"),
        ("type=oci,dest=x,oci-mediatypes=false", Unsupported, "OCI media types only"),
        ("type=local,dest=x,name=y", Invalid, "'name' is no key"),
        ("type=registry,name=x,push-by-digest=true", Unsupported, "an image is pushed by a name"),
        ("type=image,compression=zstd", Unsupported, "not compressed"),
        ("type=image,annotation=1", Invalid, "'annotation' does not say which"),
        ("type=image,annotation-manfest.a=1", Invalid, "'manfest' is no level"),
        ("type=image,annotation-index[linux/arm64].a=1", Invalid, "an index is for all platforms"),
        ("type=image,annotation[lin/ux/arm/64].a=1", Invalid, "not a platform"),
        ("type=local,dest", Invalid, "'dest' is not key=value"),
        ('type=local,"dest=x', Invalid, "not a line of CSV"),
        ("", Invalid, "type is missing"),
    ],
)
def test_a_wrong_output_is_named(text: str, kind: type[OnggiError], message: str) -> None:
    with pytest.raises(kind, match=message.replace("[", r"\[")):
        outputs.parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=b=c", [Annotation(key="a", value="b=c")]),
        ("index:a=", [Annotation(key="a", value="", level="index")]),
        (
            "index,manifest[linux/arm/v7]:a=b",
            [
                Annotation(key="a", value="b", level="index"),
                Annotation(key="a", value="b", platform=Platform("arm", "linux", "v7")),
            ],
        ),
        ("manifest-descriptor:a=b", [Annotation(key="a", value="b", level="manifest-descriptor")]),
        ("a=http://x", [Annotation(key="a", value="http://x")]),
    ],
)
def test_an_annotation_says_where_it_goes(text: str, expected: list[Annotation]) -> None:
    assert list(parse_annotations([text])) == expected


@pytest.mark.parametrize("text", ["a", "=b", "indx:a=b", "index[linux/arm64]:a=b", "manifest[x/y/z/w]:a=b", "index:=b"])
def test_a_wrong_annotation_is_named(text: str) -> None:
    with pytest.raises(Invalid, match="--annotation"):
        parse_annotations([text])


def test_caches() -> None:
    assert caches.parse_source("type=local,src=c") == FolderCache(folder=Path("c"))
    tagged = FolderCache(folder=Path("c"), tag="t", digest="sha256:1")
    assert caches.parse_source("type=local,src=c,tag=t,digest=sha256:1") == tagged
    assert caches.parse_source("type=gha,src=c") == FolderCache(folder=Path("c"), tag="buildkit")
    assert caches.parse_source("user/app:cache") == RegistryCache(reference="docker.io/user/app:cache")
    assert caches.parse_target("type=local,dest=c,mode=max,compression=zstd,ignore-error=true") == CacheTarget(
        place=FolderCache(folder=Path("c")), is_complete=True, compression="zstd", may_fail=True
    )
    assert caches.parse_target("type=registry,ref=x,mounts=true,group=g") == CacheTarget(
        place=RegistryCache(reference="docker.io/library/x:latest"), has_mounts=True, group="g"
    )
    assert caches.parse_target("type=inline") == CacheTarget(place=InlineCache())


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("type=gha", Invalid, "dest is missing"),
        ("type=inline,mode=max", Unsupported, "the layers of its own stage only"),
        ("type=inline,compression=zstd", Invalid, "'compression' is no key"),
        ("type=registry", Invalid, "ref is missing"),
        ("type=azblob,name=x", Unsupported, "object stores"),
        ("type=locl,dest=x", Invalid, "unknown type 'locl'; did you mean local?"),
        ("dest=x", Invalid, "type is missing"),
        ("type=local", Invalid, "dest is missing"),
        ("type=local,dest=x,mode=mid", Invalid, "unknown mode 'mid'"),
        ("type=local,dest=x,image-manifest=false", Unsupported, "image manifests only"),
        ("type=local,src=x", Invalid, "'src' is no key"),
    ],
)
def test_a_wrong_cache_is_named(text: str, kind: type[OnggiError], message: str) -> None:
    with pytest.raises(kind, match=message):
        caches.parse_target(text)


def test_what_a_build_is_asked_for() -> None:
    engine = FakeEngine()
    assert call(engine, "build", "-o", "out", "--load", "--platform", "arm64,amd64", "--squash", ".").code == 0
    (request,) = engine.builds
    assert request.outputs == (FolderOutput(Path("out")), StoreOutput())
    assert request.platforms == (Platform("arm64"), Platform("amd64"))
    assert request.squash


def test_the_platform_of_the_environment_holds_where_none_is_named() -> None:
    engine = FakeEngine()
    environ = {"DOCKER_DEFAULT_PLATFORM": "linux/arm64"}
    call(engine, "build", ".", environ=environ)
    call(engine, "build", "--platform", "local", ".", environ=environ)
    call(engine, "run", "busybox", environ=environ)
    assert [request.platforms for request in engine.builds] == [(Platform("arm64"),), (platform.of_host(),)]
    assert engine.containers.platforms[0] == Platform("arm64")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["-q", "-o", "-"], "--quiet and an output both write to stdout"),
        (["--progress", "json", "-o", "-"], "--progress json and an output both write to stdout"),
        (["-o", "-", "-o", "type=oci"], "2 outputs write to stdout: -o - and -o type=oci"),
        (["--platform", "a/b/c/d"], "not a platform"),
        (["--metadata-file", "/nowhere/at/all"], "there is no folder /nowhere/at"),
    ],
)
def test_what_does_not_go_together_is_named(args: list[str], message: str) -> None:
    engine = FakeEngine()
    shown = call(engine, "build", *args, ".")
    assert message in shown.err
    assert shown.code != 0
    assert engine.builds == []


def test_metadata_of_a_result_without_an_image(tmp_path: Path) -> None:
    call(FakeEngine(), "build", "-o", "out", "--metadata-file", str(tmp_path / "m.json"), ".")
    assert json.loads((tmp_path / "m.json").read_text()) == {"buildx.build.ref": "onggi/onggi/7f3a"}


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ((), (StoreOutput(push=Squeeze("gzip", all=False)),)),
        (("type=image,name=x",), (StoreOutput(("x",), push=Squeeze("gzip", all=False)),)),
        (("type=local,dest=o",), (FolderOutput(Path("o")), StoreOutput(push=Squeeze("gzip", all=False)))),
        (("type=registry,compression=zstd",), (StoreOutput(push=Squeeze("zstd", all=False)),)),
    ],
)
def test_push_is_for_the_images_among_the_outputs(texts: tuple[str, ...], expected: tuple[Output, ...]) -> None:
    assert outputs.parse_all(texts, push=True) == expected
