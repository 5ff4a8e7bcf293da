"""Pushing to Debian's docker-registry and to the registry of our own; skopeo, umoci, podman and buildah judge what is
there then."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from tests.registries import hostile, real, tokens, wares
from tests.registries.images import OTHER, Shelf
from tests.registries.misbehaviours import PUSHES
from tests.registries.real import Real
from tests.registries.tls import Authority
from tests.waiting import eventually

from onggi.registry_server.context import Options
from onggi.registry_server.passwords import Passwords
from onggi.registry_server.server import Server

from .conftest import Onggi

MIB = 1 << 20
NOISE = random.Random(3).randbytes(MIB)
LAYER = "application/vnd.oci.image.layer.v1.tar"
THREE = "FROM scratch\nCOPY a /a\nCOPY b /b\nCOPY big /big\n"


@pytest.fixture
def pushing(empty: Onggi, tmp_path: Path) -> Onggi:
    """The program as somebody who is logged in nowhere."""
    empty.env |= {"HOME": str(tmp_path / "home"), "DOCKER_CONFIG": str(tmp_path / "docker")}
    return empty


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Real]:
    """Another registry."""
    with real.serve(tmp_path / "elsewhere") as served:
        yield served


def three(folder: Path) -> Path:
    """A context of three layers: two small ones, and one that is larger than a piece."""
    folder.mkdir(exist_ok=True)
    for name, data in {"a": b"a\n", "b": b"b\n" * 50_000, "big": NOISE * 2 + b"text\n" * 300_000}.items():
        (folder / name).write_bytes(data)
    (folder / "Dockerfile").write_text(THREE)
    return folder


def run(*argv: str | Path) -> str:
    done = subprocess.run([os.fspath(word) for word in argv], capture_output=True, text=True)
    assert done.returncode == 0, f"{argv}: {done.stderr}"
    return done.stdout


def raw(name: str, *options: str) -> dict[str, Any]:
    """The manifest or index that a name means, as skopeo sees it."""
    options = options or ("--tls-verify=false",)
    found: dict[str, Any] = json.loads(run("skopeo", "inspect", "--raw", *options, f"docker://{name}"))
    return found


def digest_of(name: str) -> str:
    return run("skopeo", "inspect", "--tls-verify=false", "--format", "{{.Digest}}", f"docker://{name}").strip()


def unpacked(name: str, folder: Path) -> Path:
    """The files of an image of a registry: skopeo fetches and checks it, tar unpacks it."""
    (root := folder / "root").mkdir(parents=True)
    run("skopeo", "copy", "-q", "--src-tls-verify=false", f"docker://{name}", f"dir:{folder}/image")
    for layer in json.loads((folder / "image/manifest.json").read_text())["layers"]:
        run("tar", "-xf", folder / "image" / layer["digest"].removeprefix("sha256:"), "-C", root)
    return root


def ours(registry: Real, since: int = 0) -> list[real.Request]:
    return [each for each in registry.requests()[since:] if each.agent.startswith("onggi")]


def test_others_take_what_was_pushed(pushing: Onggi, registry: Real, tmp_path: Path) -> None:
    name = f"{registry.host}/push/three:1"
    context = three(tmp_path / "context")
    image = pushing.build(context, "-t", name)
    said = pushing("push", name)
    assert said.splitlines()[0] == f"The push refers to repository [{registry.host}/push/three]"
    assert said.count(": Pushed\n") == 3
    assert re.search(rf"^1: digest: {digest_of(name)} size: \d+$", said, re.MULTILINE)
    assert raw(name)["config"]["digest"] == image
    run("skopeo", "copy", "-q", "--src-tls-verify=false", f"docker://{name}", f"oci:{tmp_path}/layout:it")
    run("umoci", "unpack", "--image", f"{tmp_path}/layout:it", tmp_path / "bundle")
    for root in (unpacked(name, tmp_path / "one"), tmp_path / "bundle/rootfs"):
        for file in ("a", "b", "big"):
            assert (root / file).read_bytes() == (context / file).read_bytes()


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
@pytest.mark.parametrize("program", ["podman", "buildah"])
def test_podman_and_buildah_pull_it(
    pushing: Onggi, registry: Real, tmp_path: Path, program: str, compression: str
) -> None:
    name = f"{registry.host}/push/for-{program}:{compression}"
    image = pushing.build(three(tmp_path / "context"), "-t", name)
    pushing("push", "-q", "--compression", compression, name)
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # podman wants a short path
        own = ("--root", f"{folder}/root", "--runroot", f"{folder}/run", "--storage-driver", "vfs")
        run(program, *own, "pull", "-q", "--tls-verify=false", name)
        assert run(program, *own, "images", "-q", "--no-trunc").strip() == image


@pytest.mark.parametrize(
    ("words", "suffix"),
    [
        (["--compression", "zstd", "--compression-level", "1"], "+zstd"),
        (["--compression", "none"], ""),
        (["--compression", "gzip", "--compression-level", "0"], "+gzip"),
    ],
)
def test_layers_are_compressed_as_was_said(
    pushing: Onggi, registry: Real, tmp_path: Path, words: list[str], suffix: str
) -> None:
    name = f"{registry.host}/push/compression{suffix.lstrip('+')}:1"
    image = pushing.build(three(tmp_path / "context"), "-t", name)
    assert pushing("push", "-q", *words, name) == name
    assert {layer["mediaType"] for layer in raw(name)["layers"]} == {LAYER + suffix}
    assert (unpacked(name, tmp_path / "one") / "b").read_bytes() == b"b\n" * 50_000
    back = Onggi(tmp_path / "back", pushing.env)
    back("pull", "-q", name)
    assert back("images", "-q", "--no-trunc") == image
    back.tidy()


def test_a_second_push_asks_once_and_sends_nothing(pushing: Onggi, registry: Real, tmp_path: Path) -> None:
    name = f"{registry.host}/push/again:1"
    pushing.build(three(tmp_path / "context"), "-t", name)
    first = pushing("push", name)
    before = len(registry.requests())
    second = pushing("push", name)
    assert [(each.method, each.path) for each in ours(registry, before)] == [("HEAD", "/v2/push/again/manifests/1")]
    assert second.splitlines()[-1] == first.splitlines()[-1]
    assert second.count("Layer already exists") == 3


def test_another_tag_sends_the_manifest_alone(pushing: Onggi, registry: Real, tmp_path: Path) -> None:
    name = f"{registry.host}/push/tags"
    pushing.build(three(tmp_path / "context"), "-t", f"{name}:1", "-t", f"{name}:2")
    pushing("push", f"{name}:1")
    before = len(registry.requests())
    pushing("push", f"{name}:2")
    assert [each.method for each in ours(registry, before) if each.method != "HEAD"] == ["PUT"]
    assert digest_of(f"{name}:1") == digest_of(f"{name}:2")


def test_a_changed_layer_is_sent_alone(pushing: Onggi, registry: Real, tmp_path: Path) -> None:
    name = f"{registry.host}/push/changed:1"
    context = three(tmp_path / "context")
    pushing.build(context, "-t", name)
    pushing("push", name)
    (context / "a").write_text("another\n")
    pushing.build(context, "-t", name)
    said = pushing("push", name)
    assert said.count("Layer already exists") == 2
    assert said.count(": Pushed\n") == 1
    assert (unpacked(name, tmp_path / "one") / "a").read_text() == "another\n"


def test_another_repository_takes_the_layers_over(pushing: Onggi, registry: Real, tmp_path: Path) -> None:
    name = f"{registry.host}/push/first:1"
    pushing.build(three(tmp_path / "context"), "-t", name)
    pushing("push", name)
    pushing("tag", name, f"{registry.host}/push/second:1")
    before = len(registry.requests())
    said = pushing("push", f"{registry.host}/push/second:1")
    assert said.count("Mounted from another repository") == 3
    asked = ours(registry, before)
    assert {each.status for each in asked if each.method == "POST"} == {201}
    assert not [each for each in asked if each.method == "PATCH"]
    assert digest_of(f"{registry.host}/push/second:1") == digest_of(name)


def test_what_is_built_on_a_pulled_image_takes_its_layers_over(
    pushing: Onggi, registry: Real, shelf: Shelf, tmp_path: Path
) -> None:
    shelf.put("large", f"{registry.host}/push/base:1")
    context = three(tmp_path / "context")
    (context / "Dockerfile").write_text(f"FROM {registry.host}/push/base:1\nCOPY a /a\n")
    pushing.build(context, "-t", f"{registry.host}/push/app:1")
    said = pushing("push", f"{registry.host}/push/app:1")
    assert said.count("Mounted from another repository") == 4
    assert said.count(": Pushed\n") == 1
    base, app = raw(f"{registry.host}/push/base:1"), raw(f"{registry.host}/push/app:1")
    assert [each["digest"] for each in app["layers"][:4]] == [each["digest"] for each in base["layers"]]


@pytest.mark.parametrize(("form", "compression"), [("oci", "gzip"), ("oci", "zstd"), ("v2s2", "gzip")])
def test_an_image_from_elsewhere_keeps_its_digest(
    pushing: Onggi, registry: Real, elsewhere: Real, shelf: Shelf, form: str, compression: str
) -> None:
    there = f"{elsewhere.host}/it:1"
    digest = shelf.put("layers", there, form=form, compression=compression)
    here = f"{registry.host}/push/kept-{form}-{compression}:1"
    pushing("pull", "-q", there)
    pushing("tag", there, here)
    pushing("push", "-q", here)
    assert digest_of(here) == digest
    assert raw(here) == raw(there)
    run("skopeo", "copy", "-q", "--src-tls-verify=false", f"docker://{here}", f"dir:{elsewhere.storage.parent}/out")


def test_layers_may_be_compressed_anew(pushing: Onggi, registry: Real, shelf: Shelf, tmp_path: Path) -> None:
    there, here = f"{registry.host}/push/gzipped:1", f"{registry.host}/push/zstd:1"
    shelf.put("small", there, form="v2s2", compression="gzip")
    pushing("pull", "-q", there)
    pushing("tag", there, here)
    pushing("push", "-q", "--compression", "zstd", "--force-compression", here)
    manifest = raw(here)
    assert manifest["mediaType"] == "application/vnd.oci.image.manifest.v1+json"
    assert manifest["config"]["mediaType"] == "application/vnd.oci.image.config.v1+json"
    assert {layer["mediaType"] for layer in manifest["layers"]} == {LAYER + "+zstd"}
    assert (unpacked(here, tmp_path / "one") / "bin/busybox").stat().st_size > 100_000


def test_layers_whose_bytes_are_gone_are_made_anew(
    pushing: Onggi, registry: Real, elsewhere: Real, tmp_path: Path
) -> None:
    """What was built here and pulled from a registry, which has it compressed, is in the store unpacked alone."""
    there, here = f"{registry.host}/push/gone:1", f"{elsewhere.host}/gone:1"
    pushing.build(three(tmp_path / "context"), "-t", there)
    pushing("push", "-q", "--compression", "zstd", there)
    pushing("rmi", there)
    pushing.build(three(tmp_path / "context"), "-t", "keeps/the:layers")
    pushing("pull", "-q", there)
    pushing("tag", there, here)
    pushing("push", "-q", here)
    assert {layer["mediaType"] for layer in raw(here)["layers"]} == {LAYER + "+gzip"}
    assert (unpacked(here, tmp_path / "one") / "big").read_bytes() == (tmp_path / "context/big").read_bytes()
    before = len(elsewhere.requests())
    pushing("push", "-q", here)
    assert [each.method for each in ours(elsewhere, before)] == ["HEAD"], "and that is remembered"


def test_an_image_for_several_platforms(pushing: Onggi, registry: Real, tmp_path: Path) -> None:
    name = f"{registry.host}/push/both:1"
    pushing.build(three(tmp_path / "context"), "-t", name, "--platform", f"linux/amd64,linux/{OTHER}")
    pushing("push", "-q", name)
    index = raw(name)
    assert index["mediaType"] == "application/vnd.oci.image.index.v1+json"
    assert [each["platform"]["architecture"] for each in index["manifests"]] == ["amd64", OTHER]
    run("skopeo", "copy", "-q", "--all", "--src-tls-verify=false", f"docker://{name}", f"dir:{tmp_path}/all")
    before = len(registry.requests())
    pushing("push", "-q", name)
    assert len(ours(registry, before)) == 1
    one = f"{registry.host}/push/one:1"
    pushing("tag", name, one)
    pushing("push", "-q", "--platform", f"linux/{OTHER}", one)
    assert digest_of(one) == index["manifests"][1]["digest"]
    assert "is for" in pushing.fails("push", "--platform", "linux/arm64", one)


def test_all_tags(pushing: Onggi, registry: Real, tmp_path: Path) -> None:
    name = f"{registry.host}/push/all"
    pushing.build(three(tmp_path / "context"), "-t", f"{name}:1", "-t", f"{name}:2", "-t", f"{name}-other:3")
    assert pushing("push", "-a", "-q", name).splitlines() == [f"{name}:1", f"{name}:2"]
    listed = json.loads(run("skopeo", "list-tags", "--tls-verify=false", f"docker://{name}"))
    assert sorted(listed["Tags"]) == ["1", "2"]


def test_what_cannot_be_pushed_is_named(pushing: Onggi, registry: Real, tmp_path: Path) -> None:
    name = f"{registry.host}/push/nothing"
    assert f"An image does not exist locally with the tag: {name}:1" in pushing.fails("push", f"{name}:1")
    assert f"An image does not exist locally with the tag: {name}\n" in pushing.fails("push", "-a", name)
    assert "tag can't be used with --all-tags/-a" in pushing.fails("push", "-a", f"{name}:1")
    assert "cannot be pushed" in pushing.fails("push", f"{name}@sha256:{'0' * 64}")
    pushing.build(three(tmp_path / "context"), "-t", f"{name}:1")
    assert "gzip has no compression level 9" in pushing.fails("push", "--compression-level", "9", f"{name}:1")
    assert "zstd has no compression level 0" in pushing.fails(
        "push", "--compression", "zstd", "--compression-level", "0", f"{name}:1"
    )
    assert not [each for each in ours(registry) if "push/nothing" in each.path and each.method == "POST"]


def test_progress_as_json(pushing: Onggi, registry: Real, tmp_path: Path) -> None:
    name = f"{registry.host}/push/json:1"
    pushing.build(three(tmp_path / "context"), "-t", name)
    events = [json.loads(line) for line in pushing("push", "--progress", "json", name).splitlines()]
    assert [events[0]["event"], events[1]["event"], events[-1]["event"]] == ["began", "layers", "ended"]
    ends = [event for event in events if event.get("state") == "done"]
    assert sorted(event["total"] for event in ends) == sorted(layer["size"] for layer in raw(name)["layers"])
    assert events[-1]["digest"] == digest_of(name)


def test_pieces_where_the_settings_bound_them(pushing: Onggi, registry: Real, tmp_path: Path) -> None:
    settings = tmp_path / "registries.toml"
    settings.write_text(f'[[registry]]\nprefix = "{registry.host}"\nchunk = "1MiB"\n')
    pushing.env["ONGGI_REGISTRIES"] = str(settings)
    name = f"{registry.host}/push/pieces:1"
    pushing.build(three(tmp_path / "context"), "-t", name)
    pushing("push", "-q", name)
    assert len([each for each in ours(registry) if each.method == "PATCH" and "push/pieces" in each.path]) == 3
    assert (unpacked(name, tmp_path / "one") / "big").read_bytes() == (tmp_path / "context/big").read_bytes()


def test_tls_and_passwords(pushing: Onggi, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tls")
    with real.serve(tmp_path / "guarded", tls=authority.server(), users={"me": "secret"}) as guarded:
        name = f"{guarded.host}/team/app:1"
        pushing.env["SSL_CERT_FILE"] = str(authority.bundle)
        pushing.build(three(tmp_path / "context"), "-t", name)
        assert f"`onggi login {guarded.host}`" in pushing.fails("push", name)
        pushing("login", "-u", "me", "--password-stdin", guarded.host, stdin=b"secret")
        pushing("push", "-q", name)
        (certificates := tmp_path / "certificates").mkdir()
        (certificates / "ca.crt").write_bytes(authority.bundle.read_bytes())
        assert len(raw(name, "--cert-dir", str(certificates), "--creds", "me:secret")["layers"]) == 3


def test_one_token_is_enough(pushing: Onggi, tmp_path: Path) -> None:
    with (
        tokens.serve(tmp_path, users={"me": "secret"}) as granted,
        real.serve(tmp_path / "guarded", authority=granted) as guarded,
    ):
        name = f"{guarded.host}/team/app:1"
        pushing.build(three(tmp_path / "context"), "-t", name)
        pushing("login", "-u", "me", "--password-stdin", guarded.host, stdin=b"secret")
        granted.asked.clear()
        pushing("push", "-q", name)
        scopes = [asked.scopes for asked in granted.asked]
        assert scopes == [("repository:team/app:pull,push", "repository:team/app:pull")]


@pytest.mark.parametrize("is_guarded", [False, True])
def test_to_a_registry_of_our_own(pushing: Onggi, tmp_path: Path, is_guarded: bool) -> None:
    options = Options()
    if is_guarded:
        authority = Authority(tmp_path / "tls")
        pair = authority.server()
        passwords = Passwords({"me": bcrypt.hashpw(b"secret", bcrypt.gensalt(4))})
        options = Options(tls=(pair.certificate, pair.key), passwords=passwords)
        pushing.env["SSL_CERT_FILE"] = str(authority.bundle)
    with Server(tmp_path / "served", options) as server:
        name = f"{server.address}/team/app:1"
        image = pushing.build(three(tmp_path / "context"), "-t", name)
        if is_guarded:
            pushing("login", "-u", "me", "--password-stdin", server.address, stdin=b"secret")
        pushing("push", "-q", name)
        assert "Layer already exists" in pushing("push", name)
        pushing("tag", name, f"{server.address}/team/other:1")
        assert pushing("push", f"{server.address}/team/other:1").count("Mounted from another repository") == 3
        back = Onggi(tmp_path / "back", pushing.env)
        back("pull", "-q", f"{server.address}/team/other:1")
        assert back("images", "-q", "--no-trunc") == image
        back.tidy()


def test_a_push_that_is_killed_leaves_no_tag_and_the_next_one_goes_on(pushing: Onggi, tmp_path: Path) -> None:
    settings = tmp_path / "registries.toml"
    settings.write_text("")
    pushing.env["ONGGI_REGISTRIES"] = str(settings)
    with hostile.serve(PUSHES["silence behind the bytes once"]) as registry:
        name = f"{registry.host}/image:1"
        pushing("import", "-", name, stdin=wares.tar({"noise": NOISE * 3}))
        process = pushing.start("push", "-q", name)
        eventually(lambda: registry.count("PATCH", "/blobs/uploads/"))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert ("image", "1") not in registry.server.fake.manifests
        pushing("push", "-q", name)
        manifest = json.loads(registry.server.fake.manifests["image", "1"][1])
        for each in (manifest["config"], *manifest["layers"]):
            assert wares.digest(registry.server.fake.blobs["image", each["digest"]]) == each["digest"]


def test_an_interrupted_push_ends_at_once(pushing: Onggi, tmp_path: Path) -> None:
    with hostile.serve(PUSHES["silence behind the bytes"]) as registry:
        name = f"{registry.host}/image:1"
        pushing("import", "-", name, stdin=wares.tar({"noise": NOISE * 3}))
        process = pushing.start("push", "-q", name)
        eventually(lambda: registry.count("PATCH", "/blobs/uploads/"))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        assert process.returncode == 130, said
        assert b"Traceback" not in said


def test_memory_stays_small(pushing: Onggi, registry: Real, tmp_path: Path) -> None:
    """Of a layer that is larger than what the program may take up, and hardly smaller when it is squeezed."""
    name = f"{registry.host}/push/large:1"
    context = tmp_path / "context"
    context.mkdir()
    with (context / "noise").open("wb") as file:
        for _ in range(180):  # repeats from further away than gzip looks
            file.write(NOISE)
    (context / "Dockerfile").write_text("FROM scratch\nCOPY noise /noise\n")
    pushing.build(context, "-t", name)
    assert pushing.peak("push", "-q", name) < 150 * MIB
    assert raw(name)["layers"][0]["size"] > 170 * MIB


def test_build_pushes(pushing: Onggi, registry: Real, tmp_path: Path) -> None:
    name, told = f"{registry.host}/push/built", tmp_path / "metadata.json"
    context = three(tmp_path / "context")
    image = pushing.build(context, "--push", "-t", f"{name}:1", "-t", f"{name}:2", "--metadata-file", str(told))
    metadata = json.loads(told.read_text())
    assert metadata["containerimage.digest"] == digest_of(f"{name}:1") == digest_of(f"{name}:2")
    assert metadata["containerimage.config.digest"] == image == raw(f"{name}:1")["config"]["digest"]
    assert pushing("images", "-q", "--no-trunc") == image
    pushing("build", "-o", f"type=registry,name={name}:zstd,compression=zstd", context)
    assert {layer["mediaType"] for layer in raw(f"{name}:zstd")["layers"]} == {LAYER + "+zstd"}
    said = pushing.run("build", "--push", "-t", f"{name}:1", context).stderr.decode()
    assert f"Pushed {name}:1 (0 B)  {digest_of(f'{name}:1')}\n" in said


def test_build_knows_beforehand_that_there_is_nowhere_to_push_to(pushing: Onggi, tmp_path: Path) -> None:
    context = three(tmp_path / "context")
    assert "what is to be pushed has no name" in pushing.fails("build", "--push", context)
    output = "type=image,push=true,name=127.0.0.1:1/x,compression-level=99"
    assert "gzip has no compression level 99" in pushing.fails("build", "-o", output, context)
    assert pushing("images", "-q") == ""


def test_a_build_whose_push_fails_keeps_the_image(pushing: Onggi, tmp_path: Path) -> None:
    settings = tmp_path / "registries.toml"
    settings.write_text('[patience]\nattempts = 1\npause = "10ms"\n')
    pushing.env["ONGGI_REGISTRIES"] = str(settings)
    said = pushing.fails("build", "-q", "--push", "-t", "127.0.0.1:1/x", three(tmp_path / "context"))
    assert "127.0.0.1:1 does not take connections" in said
    assert pushing("images", "-q") != ""
