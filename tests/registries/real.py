"""Debian's docker-registry on a free port of 127.0.0.1, for as long as a test needs it.

    with real.serve(tmp_path) as registry:
        skopeo("copy", "oci:layout", f"docker://{registry.host}/name:tag")

What was asked of it is known (`requests`): a test can say how many bytes of layers went over the wire.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bcrypt
from tests.waiting import eventually

from . import tokens
from .tls import Pair


@dataclass(frozen=True)
class Request:
    """A line of the access log; `size` is that of the answer's body."""

    method: str
    path: str
    status: int
    size: int
    agent: str


@dataclass(frozen=True)
class Real:
    """`host` is 127.0.0.1 with its port; `storage` holds blobs and tags as docker-registry keeps them."""

    port: int
    is_tls: bool
    storage: Path
    _log: Path

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http{'s' if self.is_tls else ''}://{self.host}"

    def requests(self) -> list[Request]:
        """What was asked so far, in the order in which it was answered."""
        return [_request(found) for found in _ACCESS.finditer(self._log.read_text())]

    def blob(self, digest: str) -> Path:
        """Where the bytes of a blob are: a test may change or remove them."""
        return _blobs(self.storage) / digest[len("sha256:") :][:2] / digest[len("sha256:") :] / "data"

    def blobs(self) -> set[str]:
        """The digests of all that it holds."""
        return {f"sha256:{path.parent.name}" for path in _blobs(self.storage).glob("*/*/data")}


@contextmanager
def serve(
    folder: Path,
    *,
    tls: Pair | None = None,
    clients: Path | None = None,
    users: Mapping[str, str] | None = None,
    authority: tokens.Tokens | None = None,
    mirror_of: str | None = None,
) -> Iterator[Real]:
    """An empty registry, or the one that was in `folder` before.

    `tls`: its certificate; `clients`: only those whose certificate is signed by this bundle's authority. `users`: basic
    auth, name → password. `authority`: tokens of this server. `mirror_of`: URL of a registry that it fetches from.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config, log, noise = folder / "config.yml", folder / "access.log", folder / "registry.log"
    auth = _basic(folder, users) if users else _bearer(authority) if authority else {}
    http: dict[str, object] = {"addr": "127.0.0.1:0", "secret": "of the tests"}
    if tls is not None:
        http["tls"] = {"certificate": str(tls.certificate), "key": str(tls.key)}
        if clients is not None:
            http["tls"] = {**http["tls"], "clientcas": [str(clients)]}  # type: ignore[dict-item]
    storage: dict[str, object] = {
        "filesystem": {"rootdirectory": str(folder / "storage")},
        "delete": {"enabled": True},
        "maintenance": {"uploadpurging": {"enabled": False}},
    }
    document: dict[str, object] = {"version": "0.1", "storage": storage, "http": http}
    if auth:
        document["auth"] = auth
    if mirror_of is not None:
        document["proxy"] = {"remoteurl": mirror_of}
    config.write_text(json.dumps(document))  # JSON is YAML
    # It dies with us, also when we are killed.
    argv = ["setpriv", "--pdeathsig", "KILL", "docker-registry", "serve", str(config)]
    with log.open("wb") as out, noise.open("wb") as err:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    try:
        yield Real(_port(process, noise), tls is not None, folder / "storage", log)
    finally:
        process.send_signal(signal.SIGKILL)  # it keeps nothing in memory, and its own end waits for connections
        process.wait()


def _basic(folder: Path, users: Mapping[str, str]) -> dict[str, object]:
    path = folder / "htpasswd"
    lines = [f"{name}:{bcrypt.hashpw(word.encode(), bcrypt.gensalt(4)).decode()}\n" for name, word in users.items()]
    path.write_text("".join(lines))
    return {"htpasswd": {"realm": "onggi's tests", "path": str(path)}}


def _bearer(authority: tokens.Tokens) -> dict[str, object]:
    settings = {"realm": authority.url, "service": tokens.SERVICE, "issuer": tokens.ISSUER}
    return {"token": {**settings, "rootcertbundle": str(authority.signer.certificate)}}


_LISTENING = re.compile(r'msg="listening on 127\.0\.0\.1:(\d+)')


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    """The port that the kernel chose: from here on connections are accepted."""

    def is_told() -> bool:
        assert process.poll() is None, log.read_text()
        return _LISTENING.search(log.read_text()) is not None

    eventually(is_told)
    found = _LISTENING.search(log.read_text())
    assert found is not None
    return int(found[1])


_ACCESS = re.compile(
    r'^\S+ \S+ \S+ \[[^\]]*\] "(?P<method>\S+) (?P<path>\S+) [^"]*" (?P<status>\d+) (?P<size>\d+) "[^"]*" '
    r'"(?P<agent>[^"]*)"',
    re.MULTILINE,
)


def _request(found: re.Match[str]) -> Request:
    return Request(found["method"], found["path"], int(found["status"]), int(found["size"]), found["agent"])


def _blobs(storage: Path) -> Path:
    return storage / "docker/registry/v2/blobs/sha256"
