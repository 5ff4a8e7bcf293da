"""The settings of registries: from a prefix of names to what holds for it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from onggi.fetch.network import Patience
from onggi.oci.reference import Reference
from onggi.registry.settings.part import Part, domain_of, longest

EVERYTHING = Part("*")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for names that begin with `prefix`, and for the host if it is one; `line` is where that is said.

    mirrors: asked first, in this order; with `has_only_mirrors` the registry is not asked at all. location: asked in
    place of the registry. blocked: why nothing is asked, None where it is; "" is for no reason. may_be_plain: HTTP may
    be spoken where TLS is not; None: as for any host. is_verified, authorities, client: as in Tls. chunk: how many
    bytes one request of an upload has at most; 0 is no bound.
    """

    prefix: Part
    line: str = ""
    mirrors: tuple[Part, ...] = ()
    has_only_mirrors: bool = False
    location: Part | None = None
    blocked: str | None = None
    may_be_plain: bool | None = None
    is_verified: bool = True
    authorities: tuple[Path, ...] = ()
    client: tuple[Path, Path] | None = None
    chunk: int = 0


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """What images whose names begin with `prefix` must have; `line` is where that is said.

    keys: files of public keys, one of which must have signed it; none: it need not be signed. forbidden_tags: what it
    may not be named by.
    """

    prefix: Part = EVERYTHING
    line: str = ""
    requires_digest: bool = False
    keys: tuple[Path, ...] = ()
    forbidden_tags: tuple[str, ...] = ()


class Table(msgspec.Struct, frozen=True):
    entries: tuple[Entry, ...] = ()
    demands: tuple[Demand, ...] = ()
    patience: Patience = Patience()

    def entry(self, reference: Reference) -> Entry:
        """For names like that of the reference: the entry with the longest prefix, and nothing of the others."""
        return longest(self.entries, reference.domain, reference.path) or _NOTHING_SAID

    def host(self, host: str) -> Entry:
        """For connections to `host`, which may have a port."""
        return longest(self.entries, domain_of(host)) or _NOTHING_SAID


_NOTHING_SAID = Entry(prefix=EVERYTHING)
