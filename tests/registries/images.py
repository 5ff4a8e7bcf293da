"""Small images made by umoci and put into registries by skopeo: what others make, for onggi to read.

shelf = Shelf(folder)                       # keep one for a module: making costs about a second
shelf.put("layers", registry.host + "/name:1", compression="zstd")
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import tarfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

from onggi.oci import platform

OTHER = "s390x"
"""The other architecture of "both": no machine that runs these tests is one."""
LAYERS = 20
LARGE = 3 << 20
"""Bytes of each of the three incompressible layers of "large"."""

_APPLETS = ("sh", "true", "cat", "echo", "ls", "sleep", "env")


class Shelf:
    """An OCI layout with images that are made when they are first asked for.

    base    busybox, one layer
    small   base with /said, configuration of all kinds
    layers  base with twenty layers more, /layer-0 to /layer-19
    large   base with three layers more of three megabytes that cannot be compressed: /large-0 …
    other   base for another architecture, OTHER
    both    an index of small, for this host, and other
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.layout = folder / "layout"
        self._made: set[str] = set()
        _umoci("init", "--layout", self.layout)

    def source(self, image: str) -> str:
        """The image as skopeo, podman and buildah name it."""
        self._make(image)
        return f"oci:{self.layout}:{image}"

    def put(
        self,
        image: str,
        target: str,
        *options: str | Path,
        form: str | None = None,
        compression: str | None = None,
    ) -> str:
        """Copies it to `host/name:tag`, all platforms; the digest of what is there then.

        `form`: oci or v2s2; `compression`: gzip or zstd; what it has by itself if None. `options` are skopeo's.
        """
        words: list[str | Path] = ["copy", "--quiet", "--all", "--preserve-digests", *options]
        words += ["--digestfile", self._folder / "digest"]
        if not any("cert-dir" in str(option) for option in options):
            words.append("--dest-tls-verify=false")
        _run("skopeo", *words, self._converted(image, form, compression), f"docker://{target}")
        return (self._folder / "digest").read_text()

    def _converted(self, image: str, form: str | None, compression: str | None) -> str:
        """In a folder first: on its way to a registry skopeo takes what it remembers to be there in another form."""
        if form is None and compression is None:
            return self.source(image)
        kind = "oci" if form != "v2s2" else "dir"
        folder = self._folder / f"{image}-{form}-{compression}"
        if not folder.exists():
            words = ["copy", "--quiet", "--all", "--format", form or "oci"]
            if compression is not None:
                words += ["--dest-compress-format", compression]
            _run("skopeo", *words, self.source(image), f"{kind}:{folder}")
        return f"{kind}:{folder}"

    def config(self, image: str) -> dict[str, object]:
        """Its configuration."""
        manifest = self._blob(self._descriptor(image)["digest"])
        return self._blob(manifest["config"]["digest"])  # type: ignore[index]

    def _make(self, image: str) -> None:
        if image not in self._made:
            self._made.add(image)
            _RECIPES[image](self)

    def tag(self, image: str, source: str) -> str:
        """Another name for one that is there: `umoci`'s way to begin an image on top of it."""
        self._make(source)
        _umoci("tag", "--image", f"{self.layout}:{source}", image)
        return f"{self.layout}:{image}"

    def add_layer(self, image: str, files: Mapping[str, bytes]) -> None:
        """A layer with these files on top of the image."""
        path = self._folder / "layer.tar"
        with tarfile.open(path, "w") as archive:
            for name, data in files.items():
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode, entry.mtime = len(data), 0o644, 1_700_000_000
                archive.addfile(entry, BytesIO(data))
        _umoci("raw", "add-layer", "--image", f"{self.layout}:{image}", path)

    def add_index(self, image: str, of: Mapping[str, Mapping[str, str]]) -> None:
        """An index of some images, each with its platform, which umoci has no command for."""
        manifests = [{**self._descriptor(name), "platform": where} for name, where in of.items()]
        for entry in manifests:
            entry.pop("annotations", None)
        raw = json.dumps(
            {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": manifests}
        ).encode()
        digest = hashlib.sha256(raw).hexdigest()
        (self.layout / "blobs/sha256" / digest).write_bytes(raw)
        path = self.layout / "index.json"
        index = json.loads(path.read_text())
        index["manifests"].append(
            {
                "mediaType": "application/vnd.oci.image.index.v1+json",
                "digest": f"sha256:{digest}",
                "size": len(raw),
                "annotations": {"org.opencontainers.image.ref.name": image},
            }
        )
        path.write_text(json.dumps(index))

    def _descriptor(self, image: str) -> dict[str, object]:
        self._make(image)
        for entry in json.loads((self.layout / "index.json").read_text())["manifests"]:
            if entry["annotations"]["org.opencontainers.image.ref.name"] == image:
                return dict(entry)
        raise KeyError(image)

    def _blob(self, digest: object) -> dict[str, object]:
        return json.loads((self.layout / "blobs" / str(digest).replace(":", "/")).read_bytes())  # type: ignore[no-any-return]


def _base(shelf: Shelf) -> None:
    image = f"{shelf.layout}:base"
    _umoci("new", "--image", image)
    tar = shelf.layout.parent / "base.tar"
    with tarfile.open(tar, "w") as archive:
        for folder in ("bin", "etc", "tmp"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        archive.add("/bin/busybox", "bin/busybox")
        for applet in _APPLETS:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
    _umoci("raw", "add-layer", "--image", image, tar)
    _umoci("config", "--image", image, "--config.env", "PATH=/bin", "--config.cmd", "sh")


def _small(shelf: Shelf) -> None:
    image = shelf.tag("small", "base")
    shelf.add_layer("small", {"said": b"small\n"})
    settings = ("env=GREETING=hello", "label=org.example.kind=small", "workingdir=/tmp", "cmd=cat", "cmd=/said")
    _umoci("config", "--image", image, *(f"--config.{setting}" for setting in settings))


def _layers(shelf: Shelf) -> None:
    shelf.tag("layers", "base")
    for number in range(LAYERS):
        shelf.add_layer("layers", {f"layer-{number}": f"{number}\n".encode()})


def _large(shelf: Shelf) -> None:
    shelf.tag("large", "base")
    for number in range(3):
        shelf.add_layer("large", {f"large-{number}": random.Random(number).randbytes(LARGE)})


def _other(shelf: Shelf) -> None:
    _umoci("config", "--image", shelf.tag("other", "base"), "--architecture", OTHER)


def _both(shelf: Shelf) -> None:
    host = platform.of_host()
    here = {"os": "linux", "architecture": host.architecture}
    shelf.add_index("both", {"small": here, "other": {"os": "linux", "architecture": OTHER}})


_RECIPES: Mapping[str, Callable[[Shelf], None]] = {
    "base": _base,
    "small": _small,
    "layers": _layers,
    "large": _large,
    "other": _other,
    "both": _both,
}


def _umoci(*words: str | Path) -> None:
    _run("umoci", *words)


def _run(*argv: str | Path) -> None:
    done = subprocess.run([os.fspath(word) for word in argv], capture_output=True, text=True)
    assert done.returncode == 0, f"{argv}: {done.stderr}"
