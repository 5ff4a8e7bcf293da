"""The names of a network and what they stand for; names are as DNS compares them, without regard to case."""

from __future__ import annotations

import json
import os
import sys

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.reversename
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rrset import RRset

from onggi.linux.resolver.upstream import Upstream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterator, Mapping, Sequence
    from typing import Any

TTL = 5
"""Seconds that an answer may be kept: a container that starts again may have another address."""


class Zone:
    """`document` is that of document.py; of its entries the zone has those of the `present` containers."""

    def __init__(self, document: Mapping[str, Any], present: Container[str] = ()) -> None:
        self.upstream = Upstream(document["upstream"])
        self._records: dict[Name, dict[RdataType, RRset]] = {}
        for entry in document["entries"]:
            if entry["container"] in present:
                self._add(entry["names"], entry["addresses"], document["domain"])

    def __contains__(self, name: Name) -> bool:
        return name in self._records

    def find(self, name: Name, kind: RdataType) -> list[RRset]:
        """What `name` stands for. Which of several addresses comes first is chance: dnspython shuffles them."""
        kinds = self._records[name]
        if kind == dns.rdatatype.ANY:
            return list(kinds.values())
        return [kinds[kind]] if kind in kinds else []

    def _add(self, names: list[str], addresses: list[str], domain: str) -> None:
        known = list(_names(names, domain))
        for address in addresses:
            kind = dns.rdatatype.AAAA if ":" in address else dns.rdatatype.A
            for name in known:
                self._note(name, kind, address)
            if known:
                self._note(dns.reversename.from_address(address), dns.rdatatype.PTR, known[-1].to_text())

    def _note(self, name: Name, kind: RdataType, text: str) -> None:
        kinds = self._records.setdefault(name, {})
        if kind not in kinds:
            kinds[kind] = RRset(name, dns.rdataclass.IN, kind)
        kinds[kind].add(dns.rdata.from_text(dns.rdataclass.IN, kind, text), TTL)


_NOBODY = Upstream(())


def _names(names: list[str], domain: str) -> Iterator[Name]:
    """Each with and without the domain; the first with its domain comes last. One that is too long for a question
    nobody can ask for."""
    for name in reversed(names):
        for text in (name, f"{name}.{domain}"):
            try:
                yield dns.name.from_text(text)
            except dns.exception.DNSException:
                continue


class Zones:
    """Several as one, those of a container's networks in their order: the first that has a name tells it."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = zones

    def __contains__(self, name: Name) -> bool:
        return any(name in zone for zone in self._zones)

    def find(self, name: Name, kind: RdataType) -> list[RRset]:
        return next(zone for zone in self._zones if name in zone).find(name, kind)

    @property
    def upstream(self) -> Upstream:
        """Nobody, where all of them are internal."""
        return next((zone.upstream for zone in self._zones if zone.upstream.servers), _NOBODY)


class ZoneFile:
    """The zone that a file describes, as it is now, of the containers in `present`."""

    def __init__(self, path: str) -> None:
        self.present: Collection[str] = frozenset()
        self._path = path
        self._seen: tuple[object, ...] = ()
        self._zone = Zone({"domain": "", "entries": (), "upstream": ()})

    def read(self) -> Zone:
        """A network that is being removed has no file any more: what was known stays. So it does where what is in
        the file makes no sense, which is complained of."""
        try:
            status = os.stat(self._path)
        except FileNotFoundError:
            return self._zone
        seen = (status.st_ino, status.st_mtime_ns, status.st_size, self.present)
        if seen != self._seen:
            try:
                with open(self._path, "rb") as file:
                    text = file.read()
            except OSError:  # it has just gone, or no descriptor is left: it is tried again
                return self._zone
            self._seen = seen
            try:
                self._zone = Zone(json.loads(text), self.present)
            except (ValueError, KeyError, dns.exception.DNSException) as error:
                sys.stderr.write(f"{self._path}: {error!r}\n")
                sys.stderr.flush()
        return self._zone
