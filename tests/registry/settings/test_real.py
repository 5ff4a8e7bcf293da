"""A folder of `certs.d` as a real registry and another client of it understand it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.registries import real
from tests.registries.tls import Authority

from onggi.errors import Unauthorized, Unavailable
from onggi.fetch.network import Network
from onggi.fetch.transport import Transport
from onggi.fetch.url import split
from onggi.registry.settings.certificates import tls_of
from onggi.registry.settings.file import table
from onggi.registry.settings.table import Table
from onggi.solve.ports import Cancel


def status(registry: real.Real, settings: Table, *folders: Path) -> int:
    with Transport(Network(), Cancel(), tls_of(settings, folders, None)) as transport:
        response = transport.get(split(f"{registry.url}/v2/"), {})
        response.close()
        return response.status


def skopeo(registry: real.Real, folder: Path) -> bool:
    """Whether it comes as far as to be told that there is no such image."""
    words = ["skopeo", "inspect", "--cert-dir", str(folder), f"docker://{registry.host}/missing"]
    ran = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert ran.returncode != 0
    return "manifest unknown" in ran.stderr


def test_a_registry_that_wants_to_see_a_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    client = authority.client()
    with real.serve(tmp_path / "registry", tls=authority.server(), clients=authority.bundle) as registry:
        folder = tmp_path / "certs.d" / registry.host
        folder.mkdir(parents=True)
        with pytest.raises(Unavailable, match="has a certificate that this host does not trust"):
            status(registry, Table(), tmp_path / "certs.d")
        shutil.copy(authority.bundle, folder / "ca.crt")
        assert not skopeo(registry, folder)
        with pytest.raises(Unauthorized, match=r"^127\.0\.0\.1:\d+ wants to be shown a certificate"):
            status(registry, Table(), tmp_path / "certs.d")
        shutil.copy(client.certificate, folder / "client.cert")
        shutil.copy(client.key, folder / "client.key")
        assert skopeo(registry, folder)
        assert status(registry, Table(), tmp_path / "certs.d") == 200


def test_what_an_entry_says_of_certificates(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    with real.serve(tmp_path / "registry", tls=authority.server()) as registry:
        for words in (f"ca = '{authority.bundle}'", "verify = false"):
            settings = table(f"[[registry]]\nprefix = '127.0.0.1:{registry.port}'\n{words}\n", tmp_path / "x.toml")
            assert status(registry, settings) == 200
