"""Build caches of other machines: folders, registries, images that have one in them."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.registries.real import Real

from onggi.layer import removal

from .conftest import Context, Onggi, clone

FILES = {"text": "text\n"}
CACHED = """\
FROM busybox:1.35 AS build
RUN head -c 300000 /dev/urandom > /big
RUN wc -c /big > /out
FROM busybox:1.35
COPY --from=build /out /copied
COPY text /
"""


@pytest.fixture
def other(busybox: Path) -> Iterator[Onggi]:
    """A second store, as another machine has it."""
    program = Onggi(clone(busybox))
    try:
        yield program
        program.tidy()
    finally:
        removal.remove(str(program.root))


def document(cache: Path, digest: str) -> Any:
    return json.loads((cache / "blobs/sha256" / digest[7:]).read_bytes())


def layers(cache: Path, tag: str = "latest") -> list[Any]:
    """Those of all groups of a cache in a folder."""
    top = json.loads((cache / "index.json").read_bytes())
    (named,) = (each for each in top["manifests"] if each["annotations"]["org.opencontainers.image.ref.name"] == tag)
    groups = [document(cache, each["digest"]) for each in document(cache, named["digest"])["manifests"]]
    return [layer for group in groups for layer in group["layers"]]


def uploads(registry: Real, since: int = 0) -> list[str]:
    """The blobs that were sent to it."""
    return [
        each.path for each in registry.requests()[since:] if each.method == "PUT" and "/blobs/uploads/" in each.path
    ]


def snapshots(program: Onggi) -> int:
    return len(os.listdir(program.root / "snapshots"))


def ran(program: Onggi, *words: str | Path) -> list[str]:
    """The steps that a build did not find in a cache."""
    done = program.run("build", *words)
    said = done.stderr.decode()
    assert done.returncode == 0, said
    events = [line for line in said.splitlines() if "done in" in line]
    started = {line.split()[0]: line for line in said.splitlines() if " kept" not in line and "done in" not in line}
    return [started[line.split()[0]].split(": ")[-1].split()[0] for line in events]


def test_a_cache_makes_steps_unnecessary_on_another_machine(
    onggi: Onggi, other: Onggi, context: Context, tmp_path: Path
) -> None:
    cache, folder = tmp_path / "cache", context(CACHED, FILES)
    built = onggi.build(folder, "--cache-to", f"type=local,dest={cache},mode=max")
    before = snapshots(other)
    source = f"type=local,src={cache}"
    assert ran(other, "--cache-from", source, folder) == []
    assert other("build", "-q", folder) == built
    assert snapshots(other) == before + 2, "layers of the stage that is not in the result were fetched"
    (folder / "text").write_text("changed\n")
    (folder / "Dockerfile").write_text(CACHED.replace("wc -c", "wc  -c"))
    assert ran(other, "--cache-from", source, folder) == ["RUN", "COPY"], "COPY --from is kept by what it copies"


def test_what_was_not_fetched_is_passed_on(onggi: Onggi, other: Onggi, context: Context, tmp_path: Path) -> None:
    first, second, folder = tmp_path / "first", tmp_path / "second", context(CACHED, FILES)
    onggi.build(folder, "--cache-to", f"type=local,dest={first},mode=max")
    words = ("--cache-from", f"type=local,src={first}", "--cache-to", f"type=local,dest={second},mode=max")
    assert ran(other, *words, folder) == []
    assert len(os.listdir(second / "blobs/sha256")) == len(os.listdir(first / "blobs/sha256"))
    shutil.rmtree(first)
    (folder / "Dockerfile").write_text(CACHED.replace("wc -c", "wc  -c"))
    assert ran(other, "--cache-from", f"type=local,src={second}", folder)[0] == "RUN"


def test_the_small_cache_has_the_layers_of_the_result_only(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    folder = context(CACHED, FILES)
    onggi.build(folder, "--cache-to", f"type=local,dest={tmp_path / 'min'}")
    onggi.build(folder, "--cache-to", f"type=local,dest={tmp_path / 'max'},mode=max,compression=zstd")
    assert [len(layers(tmp_path / mode)) for mode in ("min", "max")] == [2, 4]


def test_a_broken_cache_is_a_warning_and_no_layer(onggi: Onggi, other: Onggi, context: Context, tmp_path: Path) -> None:
    cache, folder = tmp_path / "cache", context("FROM busybox:1.35\nRUN echo made > /made\n")
    onggi.build(folder, "--cache-to", f"type=local,dest={cache},compression=uncompressed")
    (layer,) = layers(cache)
    blob = cache / "blobs/sha256" / layer["digest"][7:]
    blob.write_bytes(blob.read_bytes().replace(b"made\n", b"evil\n"))
    done = other.run("build", "-t", "made", "--cache-from", f"type=local,src={cache}", folder)
    assert "warning: a layer of the cache" in done.stderr.decode()
    assert other("run", "--rm", "made", "cat", "/made") == "made"
    for wrong in ("type=local,src=/nowhere", f"type=local,src={cache},tag=other", f"type=local,src={folder}"):
        done = other.run("build", "--cache-from", wrong, folder)
        assert done.returncode == 0
        assert "is not used" in done.stderr.decode()


# Registries


def test_a_registry_keeps_a_cache_for_other_machines(
    onggi: Onggi, other: Onggi, context: Context, registry: Real
) -> None:
    name, folder = f"{registry.host}/team/cache:main", context(CACHED, FILES)
    built = onggi.build(folder, "--cache-to", f"type=registry,ref={name},mode=max")
    assert len(uploads(registry)) == 5, "four layers and a config"
    assert ran(other, "--cache-from", name, folder) == []
    assert other("build", "-q", folder) == built
    (folder / "text").write_text("changed\n")
    assert ran(other, "--cache-from", f"type=registry,ref={name}", folder) == ["COPY"]


def test_a_build_says_that_it_writes_a_cache(onggi: Onggi, context: Context, registry: Real) -> None:
    name = f"{registry.host}/cache/told:1"
    options = ("--progress", "json", "--cache-to", f"type=registry,ref={name},mode=max")
    told = [json.loads(line) for line in onggi("build", *options, context(CACHED, FILES)).splitlines()]
    writing = [each for each in told if each.get("way") == "cached"]
    assert [writing[0]["event"], writing[-1]["event"]] == ["exporting", "exported"]
    assert (writing[0]["to"], writing[0]["done"]) == (name, 0)
    assert writing[-1]["size"] > 0
    assert told[-1]["event"] == "built"


def test_an_unchanged_rebuild_sends_nothing(onggi: Onggi, other: Onggi, context: Context, registry: Real) -> None:
    name, folder = f"{registry.host}/team/unchanged", context(CACHED, FILES)
    words = ("--cache-to", f"type=registry,ref={name},mode=max", "--cache-from", name)
    onggi.build(folder, *words)
    before = len(registry.requests())
    onggi.build(folder, *words)
    assert ran(other, *words, folder) == []
    changing = [each for each in registry.requests()[before:] if each.method not in ("GET", "HEAD")]
    assert changing == []


def test_targets_that_share_a_cache_leave_each_other_alone(
    onggi: Onggi, other: Onggi, context: Context, registry: Real, tmp_path: Path
) -> None:
    text = "FROM busybox:1.35 AS one\nRUN echo 1 > /one\nFROM busybox:1.35 AS two\nRUN echo 2 > /two\n"
    folder, registered = context(text), f"type=registry,ref={registry.host}/team/shared"
    for place in (registered, f"type=local,dest={tmp_path / 'cache'}"):
        for target in ("one", "two"):
            onggi.build(folder, "--target", target, "--cache-to", place)
    for source in (registered, f"type=local,src={tmp_path / 'cache'}"):
        for target in ("one", "two"):
            assert ran(other, "--target", target, "--cache-from", source, folder) == []
    assert len(layers(tmp_path / "cache")) == 2
    (folder / "Dockerfile").write_text(text.replace("echo 1", "echo  1"))
    onggi.build(folder, "--target", "one", "--cache-to", f"type=local,dest={tmp_path / 'cache'}")
    assert len(layers(tmp_path / "cache")) == 2, "what a target wrote before is replaced"


def test_writers_at_the_same_time_all_get_in(onggi: Onggi, other: Onggi, context: Context, registry: Real) -> None:
    text = "".join(f"FROM busybox:1.35 AS s{number}\nRUN echo {number} > /out\n" for number in range(4))
    name, folder = f"type=registry,ref={registry.host}/team/crowd", context(text)

    def build(target: str) -> None:
        onggi.build(folder, "--target", target, "--cache-to", name)

    threads = [threading.Thread(target=build, args=(f"s{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(4):
        assert ran(other, "--target", f"s{number}", "--cache-from", name, folder) == []


def test_what_a_cache_mount_holds_comes_along(onggi: Onggi, other: Onggi, context: Context, registry: Real) -> None:
    text = "FROM busybox:1.35\nARG N\nRUN --mount=type=cache,target=/c,id=things echo $N >> /c/log && cp /c/log /log\n"
    place, folder = f"type=registry,ref={registry.host}/team/mounts", context(text)
    words = ("--cache-to", f"{place},mounts=true", "--cache-from", place)
    onggi.build(folder, "--build-arg", "N=1", *words)
    before = len(registry.requests())
    onggi.build(folder, "--build-arg", "N=1", *words)
    assert uploads(registry, before) == []
    assert ran(other, "--build-arg", "N=1", *words, folder) == []
    assert uploads(registry, before) == [], "a machine that has no such mount keeps what is written of it"
    other.build(folder, "-t", "log", "--build-arg", "N=2", *words)
    assert other("run", "--rm", "log", "cat", "/log") == "1\n2"


@pytest.mark.parametrize(
    "words", [["--cache-to", "type=inline"], ["--build-arg", "BUILDKIT_INLINE_CACHE=1"]], ids=["cache-to", "argument"]
)
def test_an_image_is_the_cache_of_its_own_layers(
    onggi: Onggi, other: Onggi, context: Context, registry: Real, words: list[str]
) -> None:
    name, folder = f"{registry.host}/team/inline:{len(words[1])}", context(CACHED, FILES)
    plain = onggi.build(folder)
    assert onggi.build(folder, "-t", name, "--no-cache", *words) != plain, "the files of /dev/urandom differ"
    onggi("push", "-q", name)
    assert ran(other, "--cache-from", name, folder) == []
    (folder / "text").write_text("changed\n")
    assert ran(other, "--cache-from", name, folder) == ["COPY"]
    (folder / "Dockerfile").write_text(CACHED.replace("wc -c", "wc  -c"))
    assert ran(other, "--cache-from", name, folder)[:2] == ["RUN", "RUN"], "the stages behind it are not in it"


def test_what_is_no_cache_is_a_warning(onggi: Onggi, context: Context, registry: Real, tmp_path: Path) -> None:
    folder = context("FROM busybox:1.35\nRUN echo made > /made\n")
    onggi("tag", "busybox:1.35", f"{registry.host}/team/plain")
    onggi("push", "-q", f"{registry.host}/team/plain")
    for name, words in (
        (f"{registry.host}/team/plain", "it holds no cache of onggi"),
        (f"{registry.host}/team/nothing", "there is no cache"),
        ("127.0.0.1:1/nobody", "does not take connections"),
    ):
        done = onggi.run("build", "--cache-from", name, folder)
        said = done.stderr.decode()
        assert done.returncode == 0
        assert f"the cache {name}" in said and words in said, said


def test_a_cache_that_cannot_be_written_fails_the_build_unless_it_may(onggi: Onggi, context: Context) -> None:
    folder = context("FROM busybox:1.35\nRUN echo made > /made\n")
    target = "type=registry,ref=127.0.0.1:1/nobody"
    assert "does not take connections" in onggi.fails("build", "--cache-to", target, folder)
    done = onggi.run("build", "--cache-to", f"{target},ignore-error=true", folder)
    assert done.returncode == 0
    assert "was not written" in done.stderr.decode()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("type=local,dest=/proc/nowhere", "the cache /proc/nowhere cannot be written"),
        ("type=local,dest=/etc/hostname", "is a file, not a folder"),
        ("type=local,dest={0},compression-level=9", "gzip has no compression level 9"),
        ("type=registry,ref=127.0.0.1:1/x,compression=zstd,compression-level=99", "zstd has no compression level 99"),
    ],
)
def test_a_target_that_cannot_be_is_told_before_anything_is_built(
    onggi: Onggi, context: Context, tmp_path: Path, words: str, message: str
) -> None:
    said = onggi.fails("build", "--cache-to", words.format(tmp_path / "new"), context("FROM busybox:1.35\nRUN false\n"))
    assert message in said
    assert "RUN false" not in said, "no step was run"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("type=s3,bucket=x", "object stores are not reached"),
        ("type=inline,mode=max", "an image has the layers of its own stage only"),
        ("type=registry", "ref is missing"),
        ("type=registry,ref=x//y", "invalid reference"),
        ("type=regstry,ref=x", "did you mean registry?"),
        ("type=registry,ref=x,dest=y", "dest"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused(onggi: Onggi, context: Context, words: str, message: str) -> None:
    assert message in onggi.fails("build", "--cache-to", words, context("FROM scratch\nCOPY text /\n", FILES))
