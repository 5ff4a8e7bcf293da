from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from .fake import FakeEngine, call

TEXT = """\
[[registry]]
prefix = "docker.io"
mirrors = ["mirror.example:5000/hub"]

[[registry]]
prefix = "mirror.example:5000"
plain = true
verify = false
chunk = "5MB"

[[registry]]
prefix = "docker.io/evil"
blocked = "use ghcr.io/corp"

[[registry]]
prefix = "docker.io/team"
mirrors = ["localhost:5000"]
only-mirrors = true

[[registry]]
prefix = "localhost:5000"
plain = false
ca = "own.pem"
client-cert = "me.cert"
client-key = "me.key"

[[policy]]
prefix = "docker.io/library"
require = ["digest", "signature"]
key = "cosign.pub"
forbid = ["latest", "edge"]

[[policy]]
prefix = "*"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "registries.toml"
    file.write_text(TEXT)
    for named in ("own.pem", "me.cert", "me.key", "cosign.pub"):
        (tmp_path / named).touch()
    return file


def lines_of(file: Path, *words: str) -> list[list[str]]:
    """The table that is printed, cell by cell, without its heading."""
    shown = call(FakeEngine(), "registry", *words, environ={"ONGGI_REGISTRIES": str(file)})
    assert shown.code == 0, shown.err
    return [[cell.strip() for cell in line.split("   ") if cell.strip()] for line in shown.out.splitlines()[1:]]


def test_ls_says_all_that_is_said(file: Path) -> None:
    folder = file.parent
    assert lines_of(file, "ls") == [
        ["docker.io", "asked at mirror.example:5000/hub, then docker.io", f"{file}:1"],
        [
            "mirror.example:5000",
            "by HTTP where it has no TLS; certificate not checked; uploads by 5MB",
            f"{file}:5",
        ],
        ["docker.io/evil", "blocked: use ghcr.io/corp", f"{file}:11"],
        ["docker.io/team", "asked at localhost:5000", f"{file}:15"],
        ["localhost:5000", f"never by HTTP; trusts {folder}/own.pem; is shown {folder}/me.cert", f"{file}:20"],
        [
            "docker.io/library",
            f"requires a digest; requires a signature by {folder}/cosign.pub; forbids latest, edge",
            f"{file}:27",
        ],
        ["*", "requires nothing", f"{file}:33"],
    ]


def test_ls_says_that_there_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "lexists", lambda place: False)  # this machine may have one
    shown = call(FakeEngine(), "registry", "ls", environ={"XDG_CONFIG_HOME": str(tmp_path)})
    assert (shown.code, shown.out.split()) == (0, ["PREFIX", "MEANING", "BY"])
    assert shown.err.startswith("There is no registries.toml")


def test_show_says_where_an_image_is_asked_for(file: Path) -> None:
    assert lines_of(file, "show", "node") == [
        [
            *("mirror", "mirror.example:5000/hub/library/node", f"{file}:1"),
            *("TLS or HTTP, certificate not checked", f"{file}:5"),
        ],
        ["registry", "registry-1.docker.io/library/node", f"{file}:1", "TLS", f"{file}:1"],
        [],
        [f"{file}:27 requires a digest; requires a signature by {file.parent}/cosign.pub; forbids latest, edge"],
    ]


def test_show_says_what_only_a_push_asks(file: Path) -> None:
    folder = file.parent
    mirror, registry, *_ = lines_of(file, "show", "team/app")
    assert mirror[:2] == ["mirror", "localhost:5000/app"]
    assert mirror[3:] == [f"TLS, trusting {folder}/own.pem too, showing {folder}/me.cert", f"{file}:20"]
    assert registry[:2] == ["pushes only", "registry-1.docker.io/team/app"]


def test_show_in_other_forms(file: Path) -> None:
    environ = {"ONGGI_REGISTRIES": str(file)}
    shown = call(FakeEngine(), "registry", "show", "ghcr.io/a/b", "--format", "json", environ=environ)
    assert json.loads(shown.out) == {
        "Role": "registry",
        "Place": "ghcr.io/a/b",
        "Line": "",
        "Connection": "TLS",
        "ConnectionLine": "",
    }
    shown = call(FakeEngine(), "registry", "ls", "-q", environ=environ)
    assert shown.out.split()[:2] == ["docker.io", "mirror.example:5000"]


def test_what_is_blocked_is_not_shown(file: Path) -> None:
    shown = call(FakeEngine(), "registry", "show", "evil/x", environ={"ONGGI_REGISTRIES": str(file)})
    assert shown == (
        "",
        f"onggi: docker.io/evil/x is blocked: use ghcr.io/corp\nhint: {file}:11 blocks all of docker.io/evil\n",
        1,
    )


def test_certificates_of_a_person_are_found(tmp_path: Path) -> None:
    folder = tmp_path / ".config/containers/certs.d/registry.example"
    folder.mkdir(parents=True)
    (folder / "ca.crt").touch()
    shown = call(FakeEngine(), "registry", "show", "registry.example/x", environ={"HOME": str(tmp_path)})
    assert f"TLS, trusting {folder}/ca.crt too" in shown.out


def test_where_the_settings_are(tmp_path: Path, file: Path) -> None:
    own, named = tmp_path / "config/onggi/registries.toml", tmp_path / "named.toml"
    for place, host in ((own, "own.example"), (named, "named.example")):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"[[registry]]\nprefix = '{host}'\n")
    config = {"XDG_CONFIG_HOME": str(tmp_path / "config")}

    def prefixes(environ: dict[str, str]) -> str:
        return call(FakeEngine(), "registry", "ls", "-q", environ=environ).out

    assert prefixes(config) == "own.example\n"
    assert prefixes({**config, "ONGGI_REGISTRIES": str(named)}) == "named.example\n"
    (tmp_path / ".config").symlink_to("config")
    assert prefixes({"HOME": str(tmp_path)}) == "own.example\n"


def test_settings_that_are_named_are_there() -> None:
    shown = call(FakeEngine(), "registry", "ls", environ={"ONGGI_REGISTRIES": "/nowhere/registries.toml"})
    assert shown.err == (
        "onggi: there are no settings of registries at /nowhere/registries.toml\n"
        "hint: ONGGI_REGISTRIES says where they are\n"
    )
    assert shown.code == 1
    assert call(FakeEngine(), "ps", environ={"ONGGI_REGISTRIES": "/nowhere/registries.toml"}).code == 0
