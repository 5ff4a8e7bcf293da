"""What a command has around it: the environment, the settings made from it, and an engine opened when first needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onggi.cli.failure import warn
from onggi.errors import Invalid

if TYPE_CHECKING:
    from onggi.engine.engine import Engine
    from onggi.settings import LoginPlaces, Settings

# Where distributions keep the bundle of CA certificates (the list that Go's crypto/x509 looks through).
_CA_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_BUSYBOXES = ("/bin/busybox", "/usr/bin/busybox", "/bin/busybox.static", "/usr/local/bin/busybox")
_CERTIFICATES = ("/etc/onggi/certs.d", "/etc/containers/certs.d", "/etc/docker/certs.d")
SERVER_VARIABLES = ("ONGGI_CACHE_BYTES", "ONGGI_PUBLISH_DEFAULT_IP", "ONGGI_REGISTRIES")
"""What an environment says of a server beside the store's place; the rest is of one who builds or pulls."""
_PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy")


@contextmanager
def open_engine(settings: Settings) -> Iterator[Engine]:
    """The real engine, for as long as the process lives."""
    from onggi.engine.engine import Engine

    engine = Engine(settings)
    try:
        yield engine
    finally:
        engine.close(ends_process=True)


class Session:
    """One run of the program. `root` is what --root said, "" if it was not given."""

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        opener: Callable[[Settings], AbstractContextManager[Engine]] = open_engine,
    ) -> None:
        self.environ: Mapping[str, str] = os.environ if environ is None else environ
        self.root = ""
        self.debug = False
        self._opener = opener
        self._open = ExitStack()

    @cached_property
    def settings(self) -> Settings:
        from onggi.settings import Settings, default_root

        environ = {**self.environ, "ONGGI_ROOT": os.path.abspath(self.root)} if self.root else self.environ
        named = environ.get("ONGGI_ROOT", "")
        if named and not os.path.isabs(named):  # it would be another store in each folder
            raise Invalid(
                f"ONGGI_ROOT is {named!r}", hint="it is an absolute path, so that it means one place everywhere"
            )
        return Settings(
            root=default_root(environ, os.getuid()),
            cache_bytes=_cache_bytes(self.environ),
            jobs=len(os.sched_getaffinity(0)),
            host_ca=_host_ca(self.environ),
            busybox=next((Path(place) for place in _BUSYBOXES if os.path.isfile(place)), None),
            proxies=_proxies(self.environ),
            ssh_agent=self.environ.get("SSH_AUTH_SOCK", ""),
            registries=_registries(self.environ),
            publish_default_ip=_publish_default_ip(self.environ),
            certificates=_certificates(self.environ),
            logins=_logins(self.environ),
            note=warn,
        )

    @cached_property
    def engine(self) -> Engine:
        """Opened at the first use, closed when the program ends."""
        return self._open.enter_context(self._opener(self.settings))

    def open(self, settings: Settings) -> AbstractContextManager[Engine]:
        """Another one, with settings of its own."""
        return self._opener(settings)

    def close(self) -> None:
        self._open.close()


pass_session = click.make_pass_decorator(Session)


def _cache_bytes(environ: Mapping[str, str]) -> int | None:
    text = environ.get("ONGGI_CACHE_BYTES", "")
    if not text:
        from onggi.settings import CACHE_BYTES

        return CACHE_BYTES
    if text == "none":
        return None
    from onggi.amounts import bytes_of

    try:
        return bytes_of(text, kilo=1000)  # as `system df` writes what is on disk
    except Invalid as error:
        raise Invalid(
            f"ONGGI_CACHE_BYTES is {text!r}", hint="it is a size such as 10GB, or none for a build cache without a cap"
        ) from error


def _host_ca(environ: Mapping[str, str]) -> Path | None:
    named = environ.get("SSL_CERT_FILE")
    return next((Path(place) for place in ((named,) if named else _CA_BUNDLES) if os.path.isfile(place)), None)


def _proxies(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.lower() in _PROXIES and value}


def _registries(environ: Mapping[str, str]) -> Path | None:
    """The file that is named, there or not; else the person's own, else the host's."""
    if named := environ.get("ONGGI_REGISTRIES"):
        return Path(os.path.abspath(named))
    home = environ.get("HOME")
    folder = environ.get("XDG_CONFIG_HOME") or (os.path.join(home, ".config") if home else "")
    places = [os.path.join(folder, "onggi/registries.toml")] if folder else []
    return next((Path(place) for place in (*places, "/etc/onggi/registries.toml") if os.path.lexists(place)), None)


def _publish_default_ip(environ: Mapping[str, str]) -> str:
    named = environ.get("ONGGI_PUBLISH_DEFAULT_IP", "")
    if not named:
        return ""
    from onggi.container.network.network import parse_address

    try:
        return parse_address(named, "address")
    except Invalid as error:
        raise Invalid(
            f"ONGGI_PUBLISH_DEFAULT_IP is {named!r}, which is no IP address",
            hint="127.0.0.1 lets only this host reach ports that are published without an address",
        ) from error


def _certificates(environ: Mapping[str, str]) -> tuple[Path, ...]:
    home = environ.get("HOME")
    own = (Path(home, ".config/containers/certs.d"),) if home else ()
    return (*own, *map(Path, _CERTIFICATES))


def _logins(environ: Mapping[str, str]) -> LoginPlaces:
    """Where Docker keeps logins, then where podman does (containers-auth.json(5))."""
    from onggi.settings import LoginPlaces

    home = environ.get("HOME")
    folder = environ.get("DOCKER_CONFIG") or (os.path.join(home, ".docker") if home else "")
    running = environ.get("XDG_RUNTIME_DIR") or f"/run/containers/{os.getuid()}"
    configured = environ.get("XDG_CONFIG_HOME") or (os.path.join(home, ".config") if home else "")
    usual = [os.path.join(place, "containers/auth.json") for place in (running, configured) if place]
    named = environ.get("REGISTRY_AUTH_FILE")
    return LoginPlaces(
        given=environ.get("DOCKER_AUTH_CONFIG", ""),
        folder=Path(os.path.abspath(folder)) if folder else None,
        others=tuple(Path(os.path.abspath(place)) for place in ([named] if named else usual)),
    )
