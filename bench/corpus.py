"""A thousand Dockerfiles, the same on every machine: real ones out of the packages in corpus.txt, and as many variants
of them as are missing."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from onggi.dockerfile.parse import parse
from onggi.dockerfile.source import DockerfileError
from onggi.dockerfile.syntax import Run, ShellForm
from onggi.engine.lint.find import is_dockerfile

COUNT = 1000

_LIST = Path(__file__).with_name("corpus.txt")
_CACHE = Path(__file__).parents[1] / ".cache" / "corpus"


@dataclass(frozen=True)
class Corpus:
    """`real` of the files are as people wrote them."""

    files: list[Path]
    real: int


def corpus() -> Corpus:
    """Made at the first call, and kept."""
    folder = _CACHE / hashlib.sha256(_LIST.read_bytes()).hexdigest()[:12]
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as draft:
            _fill(Path(draft, "files"))
            Path(draft, "files").rename(folder)
    files = sorted(folder.iterdir())
    return Corpus(files, sum(path.name.startswith("real-") for path in files))


def _fill(folder: Path) -> None:
    folder.mkdir()
    real = sorted(set(_real()))
    for number, text in enumerate(real[:COUNT]):
        (folder / f"real-{number:04}.Dockerfile").write_text(text)
    for number, text in zip(range(len(real), COUNT), _variants(real), strict=False):
        (folder / f"variant-{number:04}.Dockerfile").write_text(text)


def _real() -> Iterator[str]:
    """The texts of those that parse; others would end a linter before its work."""
    for line in _LIST.read_text().splitlines():
        if line.startswith("#"):
            continue
        kind, name, version, digest = line.split()
        for data in _dockerfiles(kind, name, version, digest):
            try:
                text = data.decode()
                parse(text)
            except (UnicodeDecodeError, DockerfileError):
                continue
            yield text


def _dockerfiles(kind: str, name: str, version: str, digest: str) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            subprocess.run(_DOWNLOADS[kind](name, version), cwd=folder, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"    {name} {version} is not to be had by {kind}: {error}", file=sys.stderr)
            return
        (package,) = Path(folder).iterdir()
        if hashlib.sha256(package.read_bytes()).hexdigest() != digest:
            sys.exit(f"{package.name} is not the file that bench/corpus.txt means")
        yield from _UNPACKS[package.suffix](package)


_DOWNLOADS: Mapping[str, Callable[[str, str], list[str]]] = {
    "pip": lambda name, version: [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
        *("--only-binary=:all:", "--python-version=3.13", f"{name}=={version}"),
    ],
    "npm": lambda name, version: ["npm", "pack", "--silent", f"{name}@{version}"],
    "apt": lambda name, version: ["apt-get", "download", f"{name}={version}"],
}


def _of_wheel(package: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(package) as archive:
        yield from (archive.read(name) for name in archive.namelist() if is_dockerfile(Path(name).name))


def _of_tar(package: Path) -> Iterator[bytes]:
    with tarfile.open(package) as archive:
        yield from _members(archive)


def _of_deb(package: Path) -> Iterator[bytes]:
    tree = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(tree)) as archive:
        yield from _members(archive)


def _members(archive: tarfile.TarFile) -> Iterator[bytes]:
    for member in archive:
        file = archive.extractfile(member) if member.isfile() and is_dockerfile(Path(member.name).name) else None
        if file is not None:
            yield file.read()


_UNPACKS: Mapping[str, Callable[[Path], Iterator[bytes]]] = {".whl": _of_wheel, ".tgz": _of_tar, ".deb": _of_deb}


def _variants(real: list[str]) -> Iterator[str]:
    """Each file in turn, round by round, with something behind each script that makes it another: a linter that looks
    at the same script once has nothing from it."""
    for number in count(1):
        yield from (_variant(text, number) for text in real)


def _variant(text: str, number: int) -> str:
    lines = text.split("\n")
    for stage in parse(text).stages:
        for item in stage.instructions:
            if isinstance(item, Run) and isinstance(item.command, ShellForm) and not item.heredocs:
                line, end = item.origin.span.end_line - 1, item.origin.span.end_column - 1
                lines[line] = f"{lines[line][:end]} && echo variant {number}{lines[line][end:]}"
    return "\n".join(lines)
