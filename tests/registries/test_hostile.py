"""The misbehaving registry behaves but for what its table says, as skopeo sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from . import hostile, wares
from .misbehaviours import PULLS, PUSHES
from .test_real import skopeo

GOOD_PULLS = (
    "nothing wrong",
    "index",
    "redirect to another host",
    "redirect of who has a token to another host",
    "tokens",
    "tokens of another host",
)
BAD_PULLS = ("layer of other bytes", "manifest of HTML", "layer empty", "redirect in a circle", "no HTTP")


@pytest.mark.parametrize("name", GOOD_PULLS)
def test_what_is_right_is_pulled(name: str, tmp_path: Path) -> None:
    with hostile.serve(PULLS[name]) as registry:
        skopeo("copy", "--src-tls-verify=false", f"docker://{registry.name}", f"oci:{tmp_path / 'layout'}:1")
        for layer in registry.wares.layers:
            assert (tmp_path / "layout/blobs" / wares.digest(layer).replace(":", "/")).read_bytes() == layer


@pytest.mark.parametrize("name", BAD_PULLS)
def test_what_is_wrong_is_not(name: str, tmp_path: Path) -> None:
    with hostile.serve(PULLS[name]) as registry:
        target = f"oci:{tmp_path / 'layout'}:1"
        skopeo("copy", "--src-tls-verify=false", f"docker://{registry.name}", target, fails=True)


def test_the_other_host_tells_what_it_was_shown(tmp_path: Path) -> None:
    with hostile.serve(PULLS["redirect of who has a token to another host"]) as registry:
        skopeo("copy", "--src-tls-verify=false", f"docker://{registry.name}", f"oci:{tmp_path / 'layout'}:1")
        assert ["authorization" in asked.headers for asked in registry.other.asked] == [False]
        assert any("authorization" in asked.headers for asked in registry.server.asked)


@pytest.mark.parametrize("name", ["nothing wrong", "tokens", "upload at another host"])
def test_push(name: str, tmp_path: Path) -> None:
    with hostile.serve(PULLS["nothing wrong"]) as source:
        skopeo("copy", "--src-tls-verify=false", f"docker://{source.name}", f"oci:{tmp_path / 'layout'}:1")
    with hostile.serve(PUSHES[name]) as registry:
        target = f"docker://{registry.host}/pushed/here:1"
        skopeo("copy", "--dest-tls-verify=false", f"oci:{tmp_path / 'layout'}:1", target)
        _, raw = registry.server.fake.manifests["pushed/here", "1"]
        for layer in json.loads(raw)["layers"]:
            assert ("pushed/here", layer["digest"]) in registry.server.fake.blobs


def test_pages() -> None:
    with hostile.serve(PULLS["pages"]) as registry:
        listed = json.loads(skopeo("list-tags", "--tls-verify=false", f"docker://{registry.host}/name"))
        assert listed["Tags"] == ["1", "2", "3"]
