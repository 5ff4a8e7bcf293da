"""What becomes of a build's result: read by other programs, and by onggi again."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path

import pytest

from onggi.layer import removal

from .conftest import Context, Onggi

DOCKERFILE = """\
FROM busybox:1.35
RUN rm /bin/vi && mkdir -m 1777 /x && echo hi > /x/a && ln /x/a /x/b && ln -s /etc/passwd /x/l && chown 12:34 /x/a
COPY --chmod=4755 text /srv/
"""
FILES = {"text": "text\n"}
SEVERAL = """\
FROM --platform=$BUILDPLATFORM busybox:1.35 AS build
ARG TARGETARCH
RUN echo "for $TARGETARCH" > /out
FROM scratch
COPY --from=build /out /out
COPY text /
"""
BOTH = "linux/amd64,linux/arm64"


def run(*argv: str | Path) -> str:
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True)
    assert done.returncode == 0, f"{argv}: {done.stderr}"
    return done.stdout


def described(path: Path) -> tuple[int, int, int, int]:
    status = path.lstat()
    return stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, status.st_nlink


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def test_a_build_says_what_it_wrote_and_names_no_image_that_is_not_there(
    onggi: Onggi, context: Context, tmp_path: Path
) -> None:
    files = context("FROM scratch\nCOPY text /\n", FILES)
    out, tar = tmp_path / "out", tmp_path / "out.tar"
    said = onggi.run("build", "-o", out, "-o", f"type=tar,dest={tar}", files).stderr.decode()
    assert f"Wrote {out}/ (1 file, 5 B)\n" in said
    assert f"Wrote {tar} (" in said
    assert "sha256:" not in said
    assert "sha256:" in onggi.run("build", "-o", out, "--load", files).stderr.decode()


def test_files_in_a_folder(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    out = tmp_path / "out"
    onggi("build", "-o", out, context(DOCKERFILE, FILES))
    assert not (out / "bin/vi").exists()
    assert described(out / "x") == (0o1777, 0, 0, 2)
    assert described(out / "x/a") == (0o644, 12, 34, 2)
    assert os.readlink(out / "x/l") == "/etc/passwd"
    assert described(out / "srv/text")[0] == 0o4755
    assert onggi("images", "-q", "--filter", "dangling=true") == ""
    onggi("build", "-o", f"type=tar,dest={tmp_path / 'out.tar'}", context(DOCKERFILE, FILES))
    with tarfile.open(tmp_path / "out.tar") as archive:
        assert {name.rstrip("/") for name in archive.getnames()} == {
            str(path.relative_to(out)) for path in out.rglob("*")
        }


def test_a_tar_on_stdout_is_nothing_but_a_tar(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    done = onggi.run("build", "-o", "-", context("FROM scratch\nCOPY text /\n", FILES))
    assert done.returncode == 0
    (tmp_path / "out.tar").write_bytes(done.stdout)
    with tarfile.open(tmp_path / "out.tar") as archive:
        assert archive.getnames() == ["text"]


@pytest.mark.parametrize(
    ("words", "transport"),
    [
        ("type=oci,dest={}", "oci-archive:{}"),
        ("type=oci,dest={},tar=false,compression=zstd", "oci:{}"),
        ("type=docker,dest={},compression=uncompressed", "docker-archive:{}"),
        ("type=docker,dest={}", "oci-archive:{}"),
    ],
)
def test_archives_are_read_by_skopeo(
    onggi: Onggi, context: Context, tmp_path: Path, words: str, transport: str
) -> None:
    place = tmp_path / "archive"
    onggi("build", "-t", "shop:1", "-o", words.format(place), context(DOCKERFILE, FILES))
    assert "shop" not in onggi("images")
    run("skopeo", "copy", transport.format(place), f"dir:{tmp_path / 'dir'}")
    found = json.loads(run("skopeo", "inspect", "--config", transport.format(place)))
    assert [line["created_by"].split()[0] for line in found["history"][-2:]] == ["RUN", "COPY"]


def test_an_archive_that_was_built_can_be_loaded_unpacked_and_built_on(
    onggi: Onggi, context: Context, tmp_path: Path
) -> None:
    layout, archive = tmp_path / "layout", tmp_path / "shop.tar"
    folder = context(DOCKERFILE, FILES)
    onggi(
        "build",
        "-o",
        f"type=oci,dest={layout},tar=false,name=shop:1",
        "-o",
        f"type=oci,dest={archive},name=shop:1",
        folder,
    )
    run("umoci", "unpack", "--image", f"{layout}:1", tmp_path / "bundle")
    assert described(tmp_path / "bundle/rootfs/x/a") == (0o644, 12, 34, 2)
    onggi("load", "-i", archive)
    assert onggi("run", "--rm", "shop:1", "cat", "/x/b", "/srv/text") == "hi\ntext"


def test_several_outputs_of_one_build(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    metadata, image = tmp_path / "m.json", tmp_path / "image"
    onggi(
        *("build", "-t", "shop:1", "-o", tmp_path / "out", "-o", "type=tar,dest=" + str(tmp_path / "a.tar"), "--load"),
        *("--metadata-file", metadata, "--iidfile", image),
        context(DOCKERFILE, FILES),
    )
    assert (tmp_path / "out/srv/text").read_text() == "text\n"
    assert (tmp_path / "a.tar").exists()
    found = json.loads(metadata.read_text())
    assert found["containerimage.config.digest"] == image.read_text()
    assert found["image.name"] == "shop:1"
    assert found["containerimage.digest"] == found["containerimage.descriptor"]["digest"]
    assert onggi("images", "--digests", "--format", "{{.Digest}}", "shop") == "<none>", "no registry knows it yet"
    assert onggi("inspect", "--format", "{{.Id}}", f"shop@{found['containerimage.digest']}") == image.read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "{}/file"], "/file is a file, not a folder"),
        (["-o", "type=tar,dest={}"], "is a folder"),
        (["-o", "type=oci,dest={}/no/such/file"], "there is no folder"),
        (["-o", "type=oci,dest={}/file,tar=false"], "/file is a file, not a folder"),
        (["--cache-to", "type=local,dest={}/file"], "/file is a file, not a folder"),
        (["-o", "{}/out", "-o", "type=tar,dest={}/./out"], "two outputs are to be written to"),
        (["--annotation", "index:a=b"], "this image is for one platform"),
        (["-o", "type=image,name=UPPER"], "UPPER"),
        (["-o", "type=oci,dest={}/a,compression-level=30"], "gzip has no compression level 30"),
        (["-o", "type=local,dest={}/a,platform-split=false", "--platform", BOTH], "cannot be in one folder"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_runs(
    onggi: Onggi, context: Context, tmp_path: Path, words: list[str], message: str
) -> None:
    (tmp_path / "file").touch()
    said = onggi.fails("build", *(word.format(tmp_path) for word in words), context(DOCKERFILE, FILES))
    assert message in said
    assert "RUN" not in said


def test_a_failed_build_leaves_what_was_there(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    archive = tmp_path / "a.tar"
    archive.write_text("old")
    folder = context("FROM busybox:1.35\nRUN false\n")
    for words in ((f"type=oci,dest={archive}",), (str(tmp_path / "out"),), (f"type=tar,dest={archive}",)):
        onggi.fails("build", "-o", *words, folder)
    assert archive.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir() if "context" not in path.name) == ["a.tar"]


@pytest.mark.distributions
@pytest.mark.parametrize("output", ["{}", "type=oci,dest={},tar=false", "type=tar,dest={}"])
def test_a_build_that_is_cancelled_while_it_writes_leaves_nothing(
    onggi: Onggi, context: Context, tmp_path: Path, output: str
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    building = onggi.start("build", "-o", output.format(place / "out"), context("FROM node:18-slim\n"))
    while not (any(place.iterdir()) or any(onggi.root.glob("tmp/*/*/layout"))) and building.poll() is None:
        time.sleep(0.01)
    building.send_signal(signal.SIGINT)
    _, said = building.communicate(timeout=60)
    assert building.returncode == 130, said.decode()
    assert list(place.iterdir()) == []


def test_buildah_and_podman_read_what_is_written(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    onggi("build", "--platform", BOTH, "-o", f"type=oci,dest={tmp_path / 'b.tar'},name=b:1", context(SEVERAL, FILES))
    onggi("build", "-o", f"type=docker,dest={tmp_path / 'p.tar'},name=p:1", context(DOCKERFILE, FILES))
    short = Path(tempfile.mkdtemp())  # podman wants a path of no more than 50 characters
    aside = ("--root", short / "root", "--runroot", short / "run", "--storage-driver", "vfs")
    try:
        run("buildah", *aside, "pull", f"oci-archive:{tmp_path / 'b.tar'}")
        run("podman", *aside, "load", "-i", tmp_path / "p.tar")
        found = run("podman", *aside, "images", "--format", "{{.Repository}}:{{.Tag}}").split()
        assert sorted(found) == ["docker.io/library/b:1", "docker.io/library/p:1"]
    finally:
        removal.remove(str(short))


def test_annotations(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    archive, several = tmp_path / "a.tar", tmp_path / "b.tar"
    folder = context("FROM scratch\nCOPY text /\n", FILES)
    onggi("build", "--annotation", "a=b", "-o", f"type=oci,dest={archive},annotation.c=d", folder)
    assert json.loads(run("skopeo", "inspect", "--raw", f"oci-archive:{archive}"))["annotations"] == {
        "a": "b",
        "c": "d",
    }
    levels = ("index:i=1", "manifest[linux/arm64]:m=2", "manifest-descriptor:d=3", "index-descriptor:x=4")
    words = [word for level in levels for word in ("--annotation", level)]
    onggi("build", "--platform", BOTH, *words, "-t", "s:1", "-o", f"type=oci,dest={several}", folder)
    index = json.loads(run("skopeo", "inspect", "--raw", f"oci-archive:{several}"))
    assert index["annotations"] == {"i": "1"}
    assert [each["annotations"] for each in index["manifests"]] == [{"d": "3"}, {"d": "3"}]
    run("skopeo", "copy", "--all", f"oci-archive:{several}", f"dir:{tmp_path / 'dir'}")
    arm = (tmp_path / "dir" / f"{index['manifests'][1]['digest'][7:]}.manifest.json").read_text()
    assert json.loads(arm)["annotations"] == {"m": "2"}
    with tarfile.open(several) as opened:
        top = opened.extractfile("index.json")
        assert top is not None
        assert json.load(top)["manifests"][0]["annotations"]["x"] == "4"


def test_squash_makes_one_layer(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    folder = context(DOCKERFILE + "RUN rm -r /x /srv/text && echo new > /x\n", FILES)
    plain, squashed = onggi.build(folder, "-o", "type=image"), onggi.build(folder, "--squash", "-t", "squashed")
    layers = json.loads(onggi("image", "inspect", "squashed", "--format", "{{json .RootFS.Layers}}"))
    below = json.loads(onggi("image", "inspect", "busybox:1.35", "--format", "{{json .RootFS.Layers}}"))
    assert layers[:-1] == below
    history = onggi("history", "--no-trunc", "--format", "{{.Size}} {{.Comment}}", "squashed").splitlines()
    base = onggi("image", "inspect", "busybox:1.35", "--format", "{{.Id}}")
    assert history[0].endswith(f"merge {plain} to {base}")
    assert [line.split()[0] for line in history[1:4]] == ["0B", "0B", "0B"]
    for image, place in ((plain, "plain"), (squashed, "squashed")):
        onggi("build", "-o", tmp_path / place, "-f", "-", folder, stdin=f"FROM {image}\n".encode())
    assert names(tmp_path / "plain") == names(tmp_path / "squashed")
    assert "bin/vi" not in names(tmp_path / "squashed")
    assert onggi.build(folder, "--squash") == squashed


# Several platforms


def test_an_image_for_several_platforms(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    folder = context(SEVERAL, FILES)
    archive, identity = tmp_path / "several.tar", tmp_path / "id"
    onggi("build", "--platform", BOTH, "-t", "several:1", "--iidfile", identity, folder)
    assert [line.split()[0] for line in onggi("images").splitlines()].count("several") == 1
    assert onggi("images", "-a", "-q", "several") == onggi("images", "-q", "several")
    onggi("save", "-o", archive, "several:1")
    raw = run("skopeo", "inspect", "--raw", f"oci-archive:{archive}")
    platforms = [each["platform"]["architecture"] for each in json.loads(raw)["manifests"]]
    assert platforms == ["amd64", "arm64"]
    assert "several" in onggi("rmi", "several:1")
    assert "several" not in onggi("images", "-a")
    onggi("load", "-i", archive)
    assert onggi("image", "inspect", identity.read_text(), "--format", "{{.Architecture}}") == "amd64"
    built = context("FROM several:1\n")
    onggi("build", "--platform", BOTH, "-o", tmp_path / "out", built)
    assert names(tmp_path / "out") == ["linux_amd64/out", "linux_amd64/text", "linux_arm64/out", "linux_arm64/text"]
    assert (tmp_path / "out/linux_arm64/out").read_text() == "for arm64\n"
    assert onggi("run", "--rm", "--platform", "linux/amd64", "busybox:1.35", "echo", "ran") == "ran"
    said = onggi.fails("run", "--platform", "linux/arm64", "busybox:1.35", "true", code=125)
    assert "was found but does not provide the specified platform (linux/arm64)" in said


def test_what_platforms_have_in_common_is_done_once(onggi: Onggi, context: Context) -> None:
    folder = context(SEVERAL.replace("ARG TARGETARCH\n", "").replace(" $TARGETARCH", ""), FILES)
    done = onggi.run("build", "--platform", BOTH, folder)
    said = done.stderr.decode()
    assert done.returncode == 0, said
    assert [line.split(":")[0] for line in said.splitlines() if "RUN" in line] == ["#2 linux/amd64 build"]


def test_one_platform_that_is_to_look_like_several(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    folder = context("FROM scratch\nCOPY text /\n", FILES)
    words = ("--build-arg", "BUILDKIT_MULTI_PLATFORM=1", "--build-arg", "BUILDKIT_INLINE_CACHE=1")
    done = onggi.run("build", *words, "-o", tmp_path / "out", folder)
    assert names(tmp_path / "out") == [f"linux_{os.uname().machine.replace('x86_64', 'amd64')}/text"]
    assert "warning" not in done.stderr.decode()


def test_a_base_for_another_platform_is_named(onggi: Onggi, context: Context) -> None:
    said = onggi.fails("build", "--platform", "linux/arm64", context("FROM busybox:1.35\nCOPY text /\n", FILES))
    assert "busybox:1.35 in the store is for linux/amd64, not for linux/arm64" in said
