"""The settings of registries in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from onggi.amounts import human_size

if TYPE_CHECKING:
    from onggi.fetch.tls import Tls
    from onggi.registry.settings.table import Demand, Entry


def of_entry(entry: Entry) -> str:
    """`asked at mirror.example:5000/hub, then docker.io`; `blocked: use ghcr.io/corp`."""
    return "; ".join(_of_entry(entry)) or "as any other"


def _of_entry(entry: Entry) -> Iterator[str]:
    if entry.blocked is not None:
        yield f"blocked: {entry.blocked}" if entry.blocked else "blocked"
    elif entry.mirrors or entry.location is not None:
        own = () if entry.has_only_mirrors else (entry.location or entry.prefix,)
        yield f"asked at {', then '.join(map(str, (*entry.mirrors, *own)))}"
    if entry.may_be_plain is not None:
        yield "by HTTP where it has no TLS" if entry.may_be_plain else "never by HTTP"
    if not entry.is_verified:
        yield "certificate not checked"
    if entry.authorities:
        yield f"trusts {', '.join(map(str, entry.authorities))}"
    if entry.client is not None:
        yield f"is shown {entry.client[0]}"
    if entry.chunk:
        yield f"uploads by {human_size(entry.chunk)}"


def of_demand(demand: Demand) -> str:
    """`requires a digest; forbids latest`."""
    return "; ".join(_of_demand(demand)) or "requires nothing"


def _of_demand(demand: Demand) -> Iterator[str]:
    if demand.requires_digest:
        yield "requires a digest"
    if demand.keys:
        yield f"requires a signature by {' or '.join(map(str, demand.keys))}"
    if demand.forbidden_tags:
        yield f"forbids {', '.join(demand.forbidden_tags)}"


def of_connection(tls: Tls, *, may_be_plain: bool) -> str:
    """`TLS or HTTP`; `TLS, trusting /etc/docker/certs.d/registry.example/ca.crt too`."""
    return ", ".join(_of_connection(tls, may_be_plain=may_be_plain))


def _of_connection(tls: Tls, *, may_be_plain: bool) -> Iterator[str]:
    yield "TLS or HTTP" if may_be_plain else "TLS"
    if not tls.is_verified:
        yield "certificate not checked"
    elif tls.extra:
        yield f"trusting {', '.join(map(str, tls.extra))} too"
    if tls.client is not None:
        yield f"showing {tls.client[0]}"
