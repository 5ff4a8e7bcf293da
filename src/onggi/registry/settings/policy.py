"""What images must have, by name, before anything of them is asked for."""

from __future__ import annotations

from onggi.errors import Denied
from onggi.oci.reference import Reference
from onggi.registry.settings.part import longest
from onggi.registry.settings.table import Demand, Table

_NONE = Demand()


def demands(reference: Reference, table: Table) -> Demand:
    """What the policy with the longest prefix says; of a reference that none is for, nothing is demanded."""
    return longest(table.demands, reference.domain, reference.path) or _NONE


def check_name(reference: Reference, demand: Demand) -> None:
    """Whether the reference may be used. A tag beside a digest says nothing, and is let through. Raises Denied."""
    if reference.digest:
        return
    if demand.requires_digest:
        raise Denied(
            f"{reference.familiar()} names no digest, and {demand.line} requires one of all of {demand.prefix}",
            hint=f"write {reference.familiar()}@sha256:…",
        )
    if reference.tag in demand.forbidden_tags:
        raise Denied(
            f"{reference.familiar()} is forbidden: {demand.line} forbids the tag {reference.tag} in all of"
            f" {demand.prefix}",
            hint="name a version, or a digest",
        )
