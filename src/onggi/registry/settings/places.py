"""Which places a reference is asked for at: the settings' entries made into hosts and repositories."""

from __future__ import annotations

from onggi.errors import Denied, Invalid
from onggi.fetch.host import is_loopback, without_port
from onggi.oci import reference as references
from onggi.oci.reference import Reference
from onggi.registry.place import Place, account_of, host_of
from onggi.registry.settings.part import Part
from onggi.registry.settings.table import Entry, Table


def places(reference: Reference, table: Table) -> tuple[Place, ...]:
    """All of them, in the order in which they are to be asked. Raises Denied where the reference is blocked, Invalid
    where it cannot be named elsewhere."""
    entry = _allowed(reference, table)
    mirrors = tuple(_place(_moved(reference, entry, mirror), table, is_mirror=True) for mirror in entry.mirrors)
    return mirrors if entry.has_only_mirrors else (*mirrors, home(reference, table))


def home(reference: Reference, table: Table) -> Place:
    """The one that an image is pushed to: the registry itself, or its location, never a mirror. Raises as `places`."""
    entry = _allowed(reference, table)
    return _place(_moved(reference, entry, entry.location) if entry.location else reference, table)


def registry(domain: str, table: Table) -> Place:
    """The registry itself and no repository: what one logs in to."""
    return _place(Reference(domain, ""), table)


def _allowed(reference: Reference, table: Table) -> Entry:
    entry = table.entry(reference)
    if entry.blocked is not None:
        raise Denied(
            f"{reference.name()} is blocked{entry.blocked and f': {entry.blocked}'}",
            hint=f"{entry.line} blocks all of {entry.prefix}",
        )
    return entry


def _moved(reference: Reference, entry: Entry, to: Part) -> Reference:
    """The reference with `to` in place of the entry's prefix."""
    rest = entry.prefix.rest(reference.domain, reference.path)
    path = "/".join(filter(None, (to.path, rest)))
    if not path:
        raise Invalid(
            f"{reference.name()} would have no name at {to}", hint=f"{entry.line}: {to}/NAME says what it is there"
        )
    try:
        there = references.parse(f"{to.host}/{path}")
    except Invalid as error:
        raise Invalid(f"{reference.name()} cannot be asked for at {to}: {error.message}", hint=entry.line) from error
    return Reference(there.domain, there.path, reference.tag, reference.digest)


def _place(reference: Reference, table: Table, *, is_mirror: bool = False) -> Place:
    host = host_of(reference.domain)
    said = table.host(host)
    return Place(
        host=host,
        repository=reference.path,
        account=account_of(reference.domain),
        may_be_plain=is_loopback(without_port(host)) if said.may_be_plain is None else said.may_be_plain,
        is_verified=said.is_verified,
        is_mirror=is_mirror,
        chunk=said.chunk,
    )
