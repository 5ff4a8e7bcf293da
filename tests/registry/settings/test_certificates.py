from __future__ import annotations

from pathlib import Path

import pytest

from onggi.errors import Denied, NotFound, Unsupported
from onggi.fetch.tls import Tls
from onggi.registry.settings.certificates import tls_of
from onggi.registry.settings.file import table
from onggi.registry.settings.table import Table

BUNDLE = Path("/etc/ssl/bundle.pem")


def put(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


def test_a_host_of_which_nothing_is_kept(tmp_path: Path) -> None:
    tls = tls_of(Table(), (tmp_path, tmp_path / "missing"), BUNDLE)
    assert tls("registry.example") == Tls(bundle=BUNDLE)


def test_what_folders_hold_of_a_host(tmp_path: Path) -> None:
    own, docker = tmp_path / "own", tmp_path / "docker"
    put(own / "registry.example:5000", "b.crt", "a.crt", "me.cert", "me.key", "README")
    put(docker / "registry.example:5000", "c.crt", "other.cert", "other.key")
    put(docker / "registry.example", "d.crt")
    tls = tls_of(Table(), (own, docker), None)("registry.example:5000")
    here, there = own / "registry.example:5000", docker / "registry.example:5000"
    assert tls.extra == (here / "a.crt", here / "b.crt", there / "c.crt")
    assert tls.client == (here / "me.cert", here / "me.key")
    assert tls.is_verified


@pytest.mark.parametrize(
    ("folder", "host"),
    [
        ("registry.example", "registry.example:443"),
        ("registry.example:443", "registry.example"),
        ("registry.example", "Registry.Example"),
        ("docker.io", "registry-1.docker.io"),
        ("[::1]:5000", "[::1]:5000"),
        ("[::1]", "[::1]:443"),
    ],
)
def test_names_of_one_host(tmp_path: Path, folder: str, host: str) -> None:
    put(tmp_path / folder, "ca.crt")
    assert tls_of(Table(), (tmp_path,), None)(host).extra == (tmp_path / folder / "ca.crt",)


@pytest.mark.parametrize("host", ["registry.example:5000", "a.registry.example", ".", "..", "", "../certs.d/x", "x/.."])
def test_names_of_others(tmp_path: Path, host: str) -> None:
    put(tmp_path / "certs.d/registry.example", "ca.crt")
    for folder in ("certs.d/x", "certs.d", ""):
        put(tmp_path / folder, "stray.crt")
    assert tls_of(Table(), (tmp_path / "certs.d",), None)(host).extra == ()


def test_an_entry_and_folders_together(tmp_path: Path) -> None:
    text = """
[[registry]]
prefix = "*.corp.example"
verify = false
ca = "corp.pem"
client-cert = "me.pem"
client-key = "me.key"

[[registry]]
prefix = "docker.io"
ca = "hub.pem"

[[registry]]
prefix = "docker.io/library"
mirrors = ["m.example"]
"""
    put(tmp_path / "a.corp.example", "ca.crt", "one.cert", "one.key", "two.cert", "two.key")
    tls = tls_of(table(text, Path("/etc/onggi/registries.toml")), (tmp_path,), BUNDLE)
    assert tls("a.corp.example") == Tls(
        bundle=BUNDLE,
        extra=(Path("/etc/onggi/corp.pem"), tmp_path / "a.corp.example/ca.crt"),
        client=(Path("/etc/onggi/me.pem"), Path("/etc/onggi/me.key")),
        is_verified=False,
    )
    assert tls("registry-1.docker.io").extra == (Path("/etc/onggi/hub.pem"),)
    assert tls("corp.example") == Tls(bundle=BUNDLE)


@pytest.mark.parametrize(("there", "missing"), [("me.cert", "me.key"), ("me.key", "me.cert")])
def test_half_of_a_client_certificate(tmp_path: Path, there: str, missing: str) -> None:
    folder = tmp_path / "registry.example"
    put(folder, there, "other.cert", "other.key")
    with pytest.raises(NotFound) as caught:
        tls_of(Table(), (tmp_path,), None)("registry.example")
    assert caught.value.message == f"{folder / there} is half of a client certificate"
    assert caught.value.hint == f"the other half would be {folder / missing}"


def test_several_client_certificates_leave_a_choice(tmp_path: Path) -> None:
    folder = tmp_path / "registry.example"
    put(folder, "a.cert", "a.key", "b.cert", "b.key")
    with pytest.raises(Unsupported) as caught:
        tls_of(Table(), (tmp_path,), None)("registry.example")
    assert caught.value.message == f"{folder} has several client certificates: a.cert, b.cert"


def test_a_folder_is_looked_at_once(tmp_path: Path) -> None:
    tls = tls_of(Table(), (tmp_path,), None)
    assert tls("registry.example").extra == ()
    put(tmp_path / "registry.example", "ca.crt")
    assert tls("registry.example").extra == ()


def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "loop.example").symlink_to("loop.example")
    with pytest.raises(Denied, match=f"^{tmp_path}/loop.example cannot be read: Too many levels of symbolic links$"):
        tls_of(Table(), (tmp_path,), None)("loop.example")
    (tmp_path / "file.example").touch()
    assert tls_of(Table(), (tmp_path,), None)("file.example") == Tls()
