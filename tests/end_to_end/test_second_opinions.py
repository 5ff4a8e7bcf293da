"""What was built, as skopeo, umoci, podman and buildah see it."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Context, Onggi

DOCKERFILE = """\
FROM busybox:1.35 AS build
WORKDIR /work
COPY . .
RUN sed s/one/two/ text > out && chmod 4755 out && ln out hard && ln -s out soft && mkfifo pipe && rm text
FROM busybox:1.35
ENV GREETING=hello NAME="a b"
LABEL org.example.kind=second
WORKDIR /srv/app
COPY --from=build /work ./
COPY --chown=12:34 tree /owned/
RUN rm /bin/vi && mkdir -p /srv/empty && echo "$GREETING" > said
USER 12:34
EXPOSE 8080
ENTRYPOINT ["cat"]
CMD ["said"]
"""
FILES = {"text": "one\n", "tree/a": "a\n", "tree/deep/b": "b\n", ".dockerignore": "Dockerfile\n"}


@pytest.fixture
def built(onggi: Onggi, context: Context) -> tuple[str, Path]:
    """The ID of an image that has a bit of everything, and its context."""
    folder = context(DOCKERFILE, FILES)
    return onggi.build(folder, "-t", "second:opinion"), folder


@pytest.fixture
def layout(onggi: Onggi, built: tuple[str, Path], tmp_path: Path) -> Path:
    """The image as an OCI layout."""
    onggi("save", "--format", "oci", "--compression", "gzip", "-o", tmp_path / "image.tar", "second:opinion")
    folder = tmp_path / "layout"
    unpack(tmp_path / "image.tar", folder)
    return folder


def unpack(archive: Path, folder: Path) -> None:
    """By another program, which is a second opinion too."""
    folder.mkdir()
    run("tar", "-C", folder, "-xpf", archive)


def run(*argv: str | Path) -> str:
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True)
    assert done.returncode == 0, f"{argv}: {done.stderr}"
    return done.stdout


def described(root: Path) -> dict[str, tuple[object, ...]]:
    """Path → type, mode, owner and what it holds."""
    return {str(path.relative_to(root)): _entry(path) for path in _walk(root)}


def _walk(root: Path) -> Iterator[Path]:
    for path in sorted(root.iterdir()):
        if path.name in ("dev", "proc", "sys") and path.parent == root:
            continue
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)


def _entry(path: Path) -> tuple[object, ...]:
    status = path.lstat()
    held: object = ""
    if stat.S_ISREG(status.st_mode):
        held = hashlib.sha256(path.read_bytes()).hexdigest()
    elif stat.S_ISLNK(status.st_mode):
        held = os.readlink(path)
    return oct(status.st_mode), status.st_uid, status.st_gid, held


def exported(onggi: Onggi, image: str, tmp_path: Path) -> dict[str, tuple[object, ...]]:
    """The tree that a container of the image would see."""
    onggi("run", "--name", "exporter", "--entrypoint", "true", image)
    onggi("export", "-o", tmp_path / "exported.tar", "exporter")
    unpack(tmp_path / "exported.tar", tmp_path / "exported")
    return described(tmp_path / "exported")


def test_skopeo_reads_the_configuration(layout: Path) -> None:
    inspected = json.loads(run("skopeo", "inspect", f"oci:{layout}"))
    assert inspected["Labels"] == {"org.example.kind": "second"}
    assert {"GREETING=hello", "NAME=a b"} <= set(inspected["Env"])
    config = json.loads(run("skopeo", "inspect", "--config", f"oci:{layout}"))
    assert config["config"]["Entrypoint"] == ["cat"]
    assert len(config["rootfs"]["diff_ids"]) == len(inspected["Layers"])


def test_umoci_unpacks_the_same_tree(onggi: Onggi, built: tuple[str, Path], layout: Path, tmp_path: Path) -> None:
    index = json.loads((layout / "index.json").read_text())
    tag = index["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"]
    run("umoci", "unpack", "--image", f"{layout}:{tag}", tmp_path / "bundle")
    theirs, ours = described(tmp_path / "bundle/rootfs"), exported(onggi, built[0], tmp_path)
    # What the container itself added: mount points of its skeleton.
    for added in set(ours) - set(theirs):
        assert added in (".dockerenv", "etc/hosts", "etc/hostname", "etc/resolv.conf"), added
        del ours[added]
    assert theirs == ours


@pytest.fixture
def peer() -> Iterator[list[str]]:
    """Flags that give podman and buildah a storage of their own; podman wants a short path."""
    with tempfile.TemporaryDirectory(prefix="peer-") as folder:
        storage = ["--root", f"{folder}/root", "--runroot", f"{folder}/run", "--storage-driver", "vfs"]
        yield storage
        subprocess.run(["buildah", *storage, "rm", "--all"], capture_output=True)
        subprocess.run(["buildah", *storage, "rmi", "--all", "--force"], capture_output=True)


def test_podman_runs_what_was_saved(onggi: Onggi, built: tuple[str, Path], peer: list[str], tmp_path: Path) -> None:
    onggi("save", "-o", tmp_path / "docker.tar", "second:opinion")
    podman = ["podman", *peer, "--runtime", "runc", "--cgroup-manager", "cgroupfs"]
    run(*podman, "load", "-i", tmp_path / "docker.tar")
    limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]
    ours = onggi("run", "--rm", "second:opinion")
    assert run(*podman, "run", "--rm", "--network", "none", *limits, "second:opinion").strip() == ours == "hello"


def test_buildah_builds_the_same_tree(onggi: Onggi, built: tuple[str, Path], peer: list[str], tmp_path: Path) -> None:
    image, folder = built
    assert_same(onggi, image, folder, peer, tmp_path)


COPIES = """\
FROM busybox:1.35
RUN mkdir -p /real /there && ln -s real /way && echo old > /there/a && chmod 700 /there
COPY tree /one
COPY tree/ /two/
COPY tree/*.txt tree/deep /three/
COPY tree/deep/../a.txt /four/a
COPY tree/d*p/[bc].txt /five/
COPY nothing* tree/a.txt /six/
COPY tree/a.txt /way/
COPY tree/a.txt /there
COPY --chown=5:6 --chmod=640 tree/deep /seven
COPY link /eight
COPY folder-link /nine
COPY tree/inner /ten
ADD files.tar tree/a.txt /eleven/
COPY . /all
"""
COPIED = {
    "tree/a.txt": "a\n",
    "tree/deep/b.txt": "b\n",
    "tree/deep/c.txt": "c\n",
    "tree/deep/skipped.log": "",
    "logs/x": "",
    "logs/kept": "",
    ".dockerignore": "# comment\n\n**/*.log\nlogs/*\n!logs/kept\n/Dockerfile\n",
}


def test_buildah_copies_alike(onggi: Onggi, context: Context, peer: list[str], tmp_path: Path) -> None:
    folder = context(COPIES, COPIED)
    (folder / "link").symlink_to("tree/a.txt")
    (folder / "folder-link").symlink_to("tree/deep")
    (folder / "tree/inner").symlink_to("deep/b.txt")
    (folder / "tree/deep").chmod(0o750)
    with tarfile.open(folder / "files.tar", "w") as archive:
        archive.add(folder / "tree", "tree")
    assert_same(onggi, onggi.build(folder), folder, peer, tmp_path)


def assert_same(onggi: Onggi, image: str, folder: Path, peer: list[str], tmp_path: Path) -> None:
    """`image` has the files that buildah makes of the same context."""
    onggi("save", "-o", tmp_path / "base.tar", "busybox:1.35")
    run("buildah", *peer, "pull", f"docker-archive:{tmp_path / 'base.tar'}")
    run(
        "buildah",
        *peer,
        "build",
        "--network",
        "host",
        "--runtime",
        "runc",
        "--pull=never",
        "-q",
        "-t",
        "theirs",
        folder,
    )
    container = run("buildah", *peer, "from", "--pull=never", "theirs").strip()
    mounted = Path(run("buildah", *peer, "mount", container).strip())
    theirs, ours = described(mounted), exported(onggi, image, tmp_path)
    for name in ("run", "etc/hosts", "etc/hostname", "etc/resolv.conf", ".dockerenv"):  # mount points of either side
        theirs.pop(name, None)
        ours.pop(name, None)
    assert {path: entry for path, entry in theirs.items() if not path.startswith("run/")} == ours
