"""How each host is spoken to over TLS: what its entry says, and what Docker and its like keep in `certs.d`.

    certs.d/registry.example:5000/ca.crt          any *.crt: certificates to trust besides those of this host
                                  client.cert     shown to the registry
                                  client.key      and its key

(docs.docker.com, "Verify repository client with certificates"; containers-certs.d(5)).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from onggi.errors import Denied, NotFound, Unsupported
from onggi.fetch.tls import Tls
from onggi.registry.settings.part import TLS_PORT, domain_of
from onggi.registry.settings.table import Table

_OTHER_HALVES = {".cert": ".key", ".key": ".cert"}


def tls_of(table: Table, folders: Sequence[Path], bundle: Path | None) -> Callable[[str], Tls]:
    """A function from a host, with its port if that is not 443, to how it is spoken to. `folders` are those that are
    called `certs.d`, the weightiest first: all that they hold is trusted, but one client certificate is shown. `bundle`
    is as in Tls. The function raises NotFound, Denied and Invalid, which name the file; it asks the disk once per host.
    """

    @functools.cache
    def tls(host: str) -> Tls:
        said = table.host(host)
        files = [file for folder in folders for name in _names(host) for file in _listing(folder / name)]
        return Tls(
            bundle=bundle,
            extra=(*said.authorities, *(file for file in files if file.suffix == ".crt")),
            client=said.client or _client(files),
            is_verified=said.is_verified,
        )

    return tls


def _names(host: str) -> Iterator[str]:
    """What its folder may be called: as people call the host, the usual port said or not."""
    if "/" in host or host in ("", ".", ".."):  # a redirect may lead to anything
        return
    name = domain_of(host)
    yield name
    if not name.rpartition(":")[2].isdecimal():
        yield name + TLS_PORT


def _listing(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except PermissionError:
        return []  # root's, for root's own Docker: containers/image passes over it as well
    except OSError as error:
        raise Denied(f"{folder} cannot be read: {error.strerror}") from error


def _client(files: Sequence[Path]) -> tuple[Path, Path] | None:
    """The certificate to show and its key, of the first folder that has one."""
    for file in files:
        half = _OTHER_HALVES.get(file.suffix)
        if half and file.with_suffix(half) not in files:
            raise NotFound(
                f"{file} is half of a client certificate", hint=f"the other half would be {file.with_suffix(half)}"
            )
    certificates = [file for file in files if file.suffix == ".cert"]
    if not certificates:
        return None
    first = certificates[0]
    rivals = [file.name for file in certificates if file.parent == first.parent]
    if len(rivals) > 1:
        raise Unsupported(
            f"{first.parent} has several client certificates: {', '.join(rivals)}",
            hint="client-cert and client-key of registries.toml choose one",
        )
    return first, first.with_suffix(".key")
