"""Where the API is served, and who could reach it there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

import msgspec

from onggi.errors import Denied, Invalid
from onggi.fetch.host import is_loopback

_TCP = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.%]+)\]|(?P<host>[^\s:\[\]/]*)):(?P<port>[0-9]{1,5})")
_HIGHEST = 65535
_LONGEST = 107
"""Bytes of a socket's path (unix(7), sun_path)."""
_FORMS = "write unix:///run/onggi.sock, tcp://127.0.0.1:2376 or fd://"


class Unix(msgspec.Struct, frozen=True):
    """A socket in the file system."""

    path: Path

    def __str__(self) -> str:
        return f"unix://{self.path}"


class Tcp(msgspec.Struct, frozen=True):
    """A port; 0 is any that is free. `host` "" is all of this machine's addresses."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"tcp://[{self.host}]:{self.port}" if ":" in self.host else f"tcp://{self.host}:{self.port}"


class Inherited(msgspec.Struct, frozen=True):
    """The sockets that the service manager listens on for us."""

    def __str__(self) -> str:
        return "fd://"


Address: TypeAlias = Unix | Tcp | Inherited


def parse(text: str) -> Address:
    """As docker's -H has it; a path alone is a socket's. Raises Invalid."""
    if text == "fd://":
        return Inherited()
    if text.startswith("tcp://"):
        return _tcp(text)
    path = Path(text.removeprefix("unix://"))
    if not path.is_absolute() or "\0" in text:
        raise Invalid(f"not an address to listen on: {text!r}", hint=_FORMS)
    if len(bytes(path)) > _LONGEST:
        raise Invalid(f"the path of a socket has at most {_LONGEST} bytes: {path}", hint="choose a shorter one with -H")
    return Unix(path)


def _tcp(text: str) -> Tcp:
    found = _TCP.fullmatch(text.removeprefix("tcp://").rstrip("/"))
    if found is None or int(found["port"]) > _HIGHEST:
        raise Invalid(f"not an address to listen on: {text!r}", hint=_FORMS)
    return Tcp(found["v6"] or found["host"], int(found["port"]))


def require_doors(addresses: Iterable[Tcp], *, has_tls: bool, is_insecure: bool) -> None:
    """Raises Denied where somebody could come in without a certificate: whoever reaches the API is root here."""
    if has_tls:
        return
    for address in addresses:
        if not is_insecure:
            raise Denied(
                f"{address} lets in whoever reaches it, and there is no TLS",
                hint="give it --tlscacert, --tlscert and --tlskey; at a loopback address --insecure does without",
            )
        if not is_loopback(address.host):
            raise Denied(
                f"{address} can be reached from other machines, where --insecure is not enough",
                hint="give it --tlscacert, --tlscert and --tlskey, or listen on 127.0.0.1",
            )
