"""An image of a gigabyte in twelve layers, to a docker-registry on this machine and back: all of it, and what is there
already. Its access log tells that of what is there already no layer goes over the wire."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.registries import real
from tests.registries.real import Real

from bench import image
from bench.measure import Measurement, Work, command, take_turns, timed
from bench.peers import Onggi, Podman
from bench.ring import Ring
from bench.rows.memory import peak

_MUST_AGAIN = 0.2  # seconds
_MUST_MEMORY = 200.0  # megabytes
_RUNS = 3
_numbers = itertools.count()


def push(ring: Ring) -> Measurement:
    """Each time to an empty registry: it is compressed anew, which is most of the work."""
    layers = sorted(str(path) for path in (_layout(ring) / "blobs/sha256").iterdir())
    series = take_turns({"limit": timed("sha256sum", *layers)} | _pushes(ring, _to_an_empty_registry), _runs(ring))
    return Measurement(
        "push of a 1 GB image of 12 layers",
        "s",
        series,
        "skopeo" if "skopeo" in series else "limit",
        (lambda skopeo: 0.5 * skopeo) if "skopeo" in series else None,
        "limit: sha256sum of the layers; must: half of skopeo's",
    )


def push_again(ring: Ring) -> Measurement:
    with _registry(ring) as registry:

        def in_turn(ring: Ring, argv: Argv) -> Work:
            words = argv(f"{registry.host}/bench/image-{next(_numbers)}:1")
            command(*words)
            return _without_layers(registry, words)

        series = take_turns({"limit": _start()} | _pushes(ring, in_turn), ring.runs)
    return Measurement("the same, pushed again", "s", series, "limit", _MUST_AGAIN, "limit: python's start")


def pull(ring: Ring) -> Measurement:
    """Each time into an empty store, unpacked."""
    with _registry(ring) as registry:
        name = _filled(ring, registry)
        works = {"limit": _curl_and_tar(ring, registry)}
        works |= {who: _into_an_empty_store(ring, start, name) for who, start in _pullers(ring).items()}
        series = take_turns(works, _runs(ring))
    return Measurement(
        "pull of a 1 GB image of 12 layers",
        "s",
        series,
        "podman" if "podman" in series else "limit",
        (lambda podman: 0.8 * podman) if "podman" in series else None,
        "limit: curl and tar of each layer, as many at once as there are processors; must: 0.8 of podman's",
    )


def pull_again(ring: Ring) -> Measurement:
    with _registry(ring) as registry:
        name = _filled(ring, registry)
        works = {"limit": _start()}
        for who, start in _pullers(ring).items():
            argv = start(_fresh(ring, who)).pull(name)
            command(*argv)
            works[who] = _without_layers(registry, argv)
        series = take_turns(works, ring.runs)
    return Measurement("the same, pulled again", "s", series, "limit", _MUST_AGAIN, "limit: python's start")


def memory_of_push(ring: Ring) -> Measurement:
    peaks = []
    for _ in range(min(ring.runs, 2)):
        with _registry(ring) as registry:
            peaks.append(peak(_tagged(ring, f"{registry.host}/bench/image:1")))
    return _memory("memory of a push of a 1 GB image", peaks)


def memory_of_pull(ring: Ring) -> Measurement:
    peaks = []
    with _registry(ring) as registry:
        name = _filled(ring, registry)
        for _ in range(min(ring.runs, 2)):
            root = _fresh(ring, "onggi")
            peaks.append(peak(Onggi(root).pull(name)))
            shutil.rmtree(root)
    return _memory("memory of a pull of a 1 GB image", peaks)


def _memory(name: str, peaks: list[float]) -> Measurement:
    series = {"limit": [0.0], "onggi": peaks}
    return Measurement(name, "MB", series, "limit", _MUST_MEMORY, "the largest resident set")


Argv = Callable[[str], list[str]]
"""The words of a command that pushes the image to this name."""


def _pushes(ring: Ring, work: Callable[[Ring, Argv], Work]) -> dict[str, Work]:
    source = f"oci:{_layout(ring)}:{image.NAME}"
    pushers: dict[str, Argv] = {"onggi": lambda name: _tagged(ring, name)}
    if shutil.which("skopeo"):
        pushers["skopeo"] = lambda name: [
            *("skopeo", "copy", "-q", "--dest-tls-verify=false", source, f"docker://{name}")
        ]
    return {who: work(ring, argv) for who, argv in pushers.items()}


def _tagged(ring: Ring, name: str) -> list[str]:
    command(*ring.onggi.command(), "tag", _loaded(ring), name)
    return ring.onggi.push(name)


def _to_an_empty_registry(ring: Ring, argv: Argv) -> Work:
    def work() -> float:
        with _registry(ring) as registry:
            words = argv(f"{registry.host}/bench/image:1")
            os.sync()
            return command(*words)

    return work


Start = Callable[[Path], Onggi | Podman]
"""A tool with its storage in this folder."""


def _pullers(ring: Ring) -> dict[str, Start]:
    found: dict[str, Start] = {"onggi": Onggi}
    for peer in ring.peers:
        if isinstance(peer, Podman) and peer.name == "podman":
            found["podman"] = lambda root, peer=peer: replace(peer, root=root)  # type: ignore[misc]
    return found


def _into_an_empty_store(ring: Ring, start: Start, name: str) -> Work:
    def work() -> float:
        root = _fresh(ring, "store")
        os.sync()
        seconds = command(*start(root).pull(name))
        shutil.rmtree(root)
        return seconds

    return work


def _without_layers(registry: Real, argv: list[str]) -> Work:
    """A command that moves nothing that is there already; the registry tells."""

    def work() -> float:
        before = len(registry.requests())
        seconds = command(*argv)
        for request in registry.requests()[before:]:
            if request.method in ("POST", "PUT", "PATCH") and "/blobs/" in request.path:
                sys.exit(f"{' '.join(argv)} sent a layer: {request}")
            if request.method == "GET" and "/blobs/" in request.path and request.size > 1 << 16:
                sys.exit(f"{' '.join(argv)} fetched a layer: {request}")
        return seconds

    return work


def _curl_and_tar(ring: Ring, registry: Real) -> Work:
    """What downloads and unpacks each layer into a folder of its own."""
    blobs = [digest for digest in registry.blobs() if registry.blob(digest).stat().st_size > 1 << 16]
    script = "".join(f"{registry.url}/v2/bench/image/blobs/{digest} {digest[7:]}\n" for digest in blobs)

    def work() -> float:
        folder = _fresh(ring, "unpacked")
        folder.mkdir()
        (folder / "layers").write_text(script)
        one = f'mkdir {folder}/"$2" && curl -sf "$1" | tar -C {folder}/"$2" -xzf -'
        os.sync()
        seconds = command(*("sh", "-c", f"xargs -a {folder}/layers -P {os.cpu_count()} -n 2 sh -ec '{one}' one"))
        shutil.rmtree(folder)
        return seconds

    return work


def _start() -> Work:
    return timed(sys.executable, "-I", "-c", "pass")


@contextmanager
def _registry(ring: Ring) -> Iterator[Real]:
    """An empty one, of which nothing stays."""
    folder = _fresh(ring, "registry")
    try:
        with real.serve(folder) as registry:
            yield registry
    finally:
        shutil.rmtree(folder)


def _filled(ring: Ring, registry: Real) -> str:
    """The image's name at the registry, once it is there."""
    name = f"{registry.host}/bench/image:1"
    command(*_tagged(ring, name))
    return name


def _layout(ring: Ring) -> Path:
    folder = ring.work / "large-image"
    if not folder.exists():
        image.lay_out(folder)
    return folder


def _loaded(ring: Ring) -> str:
    """Its name in onggi's store."""
    if subprocess.run([*ring.onggi.command(), "image", "inspect", image.NAME], capture_output=True).returncode:
        archive = ring.work / "large-image.tar"
        command("tar", "-C", _layout(ring), "-cf", archive, ".")
        command(*ring.onggi.command(), "load", "-i", archive)
        archive.unlink()
    return image.NAME


def _fresh(ring: Ring, name: str) -> Path:
    return ring.work / f"{name}-{next(_numbers)}"


def _runs(ring: Ring) -> int:
    return min(ring.runs, _RUNS)
