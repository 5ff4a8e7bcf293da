"""The registry that others' tests rest on, seen with skopeo."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from . import real, tokens
from .tls import Authority


def skopeo(*words: str | Path, fails: bool = False) -> str:
    done = subprocess.run(["skopeo", *map(str, words)], capture_output=True, text=True, timeout=60)
    assert (done.returncode != 0) is fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def layout(folder: Path) -> Path:
    """An image of nothing, made by umoci."""
    for words in (("init", "--layout", folder), ("new", "--image", f"{folder}:latest")):
        subprocess.run(["umoci", *map(str, words)], check=True, capture_output=True)
    return folder


def test_plain(tmp_path: Path) -> None:
    with real.serve(tmp_path / "registry") as registry:
        assert registry.url.startswith("http://127.0.0.1:")
        target = f"docker://{registry.host}/name/space:tag"
        skopeo("copy", "--dest-tls-verify=false", f"oci:{layout(tmp_path / 'layout')}:latest", target)
        assert json.loads(skopeo("inspect", "--tls-verify=false", target))["RepoTags"] == ["tag"]
        put = [request for request in registry.requests() if request.method == "PUT"]
        assert "/v2/name/space/manifests/tag" in [request.path for request in put]
        assert all(registry.blob(digest).is_file() for digest in registry.blobs())
        assert len(registry.blobs()) == 2  # manifest, config
    with real.serve(tmp_path / "registry") as again:
        skopeo("inspect", "--tls-verify=false", f"docker://{again.host}/name/space:tag")
        skopeo("delete", "--tls-verify=false", f"docker://{again.host}/name/space:tag")


def test_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tls")
    folder = layout(tmp_path / "layout")
    with real.serve(tmp_path / "registry", tls=authority.server()) as registry:
        target = f"docker://{registry.host}/a:1"
        assert "x509" in skopeo("copy", f"oci:{folder}:latest", target, fails=True)
        certificates = tmp_path / "certs"
        certificates.mkdir()
        (certificates / "ca.crt").write_bytes(authority.bundle.read_bytes())
        skopeo("copy", "--dest-cert-dir", certificates, f"oci:{folder}:latest", target)


def test_tls_of_clients(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tls")
    client, folder = authority.client(), layout(tmp_path / "layout")
    certificates = tmp_path / "certs"
    certificates.mkdir()
    (certificates / "ca.crt").write_bytes(authority.bundle.read_bytes())
    with real.serve(tmp_path / "registry", tls=authority.server(), clients=authority.bundle) as registry:
        target = f"docker://{registry.host}/a:1"
        assert "tls" in skopeo("copy", "--dest-cert-dir", certificates, f"oci:{folder}:latest", target, fails=True)
        (certificates / "client.cert").write_bytes(client.certificate.read_bytes())
        (certificates / "client.key").write_bytes(client.key.read_bytes())
        skopeo("copy", "--dest-cert-dir", certificates, f"oci:{folder}:latest", target)


def test_basic_auth(tmp_path: Path) -> None:
    folder = layout(tmp_path / "layout")
    with real.serve(tmp_path / "registry", users={"ann": "secret"}) as registry:
        copy = ("copy", "--dest-tls-verify=false", f"oci:{folder}:latest", f"docker://{registry.host}/a:1")
        assert "authentication required" in skopeo(*copy, fails=True)
        assert "unauthorized" in skopeo(*copy, "--dest-creds", "ann:wrong", fails=True)
        skopeo(*copy, "--dest-creds", "ann:secret")


def test_tokens(tmp_path: Path) -> None:
    folder = layout(tmp_path / "layout")
    with (
        tokens.serve(tmp_path, users={"ann": "secret"}) as authority,
        real.serve(tmp_path / "registry", authority=authority) as registry,
    ):
        copy = ("copy", "--dest-tls-verify=false", f"oci:{folder}:latest", f"docker://{registry.host}/a:1")
        skopeo(*copy, fails=True)
        assert "wrong password" in skopeo(*copy, "--dest-creds", "ann:wrong", fails=True)
        skopeo(*copy, "--dest-creds", "ann:secret")
        skopeo("inspect", "--tls-verify=false", f"docker://{registry.host}/a:1")  # anybody may pull
        assert {(asked.user, asked.service) for asked in authority.asked} == {
            ("", tokens.SERVICE),
            ("ann", tokens.SERVICE),
        }
        assert ("repository:a:pull,push",) in {asked.scopes for asked in authority.asked}


def test_a_mirror(tmp_path: Path) -> None:
    folder = layout(tmp_path / "layout")
    with (
        real.serve(tmp_path / "origin") as origin,
        real.serve(tmp_path / "mirror", mirror_of=origin.url) as mirror,
    ):
        skopeo("copy", "--dest-tls-verify=false", f"oci:{folder}:latest", f"docker://{origin.host}/a:1")
        skopeo("inspect", "--tls-verify=false", f"docker://{mirror.host}/a:1")
        assert any(request.path.startswith("/v2/a/manifests/") for request in origin.requests())
