"""The images that others' tests rest on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import real
from .images import LAYERS, OTHER, Shelf
from .real import Real
from .test_real import skopeo


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("shelf"))


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    with real.serve(tmp_path_factory.mktemp("registry")) as served:
        yield served


def manifest(target: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{target}"))
    return found


@pytest.mark.parametrize(
    ("form", "compression", "wanted"),
    [
        (None, None, "application/vnd.oci.image.layer.v1.tar+gzip"),
        ("oci", "zstd", "application/vnd.oci.image.layer.v1.tar+zstd"),
        ("v2s2", None, "application/vnd.docker.image.rootfs.diff.tar.gzip"),
    ],
)
def test_layers(shelf: Shelf, registry: Real, form: str, compression: str, wanted: str) -> None:
    target = f"{registry.host}/layers/{wanted.rpartition('.')[2].replace('+', '-')}{form}".lower() + ":1"
    digest = shelf.put("layers", target, form=form, compression=compression)
    layers = manifest(target)["layers"]
    assert isinstance(layers, list)
    assert [layer["mediaType"] for layer in layers] == [wanted] * (LAYERS + 1)
    assert digest in registry.blobs()


def test_an_index(shelf: Shelf, registry: Real) -> None:
    shelf.put("both", f"{registry.host}/both:1")
    manifests = manifest(f"{registry.host}/both:1")["manifests"]
    assert isinstance(manifests, list)
    assert OTHER in [entry["platform"]["architecture"] for entry in manifests]
    assert len(manifests) == 2


def test_configuration(shelf: Shelf, tmp_path: Path) -> None:
    config = shelf.config("small")["config"]
    assert isinstance(config, dict)
    assert (config["Cmd"], config["WorkingDir"]) == (["cat", "/said"], "/tmp")
    assert config["Labels"] == {"org.example.kind": "small"}
