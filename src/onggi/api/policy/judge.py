"""A request, held against what was allowed: decided purely, but for what has to be looked up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import chain
from typing import Any

import msgspec

from onggi.api.policy.calls import CALLS
from onggi.api.policy.refused import denied
from onggi.api.policy.rules import SETS, Policy
from onggi.api.policy.sight import Sight
from onggi.api.policy.table import TABLE, Names, Row, shown
from onggi.api.policy.verdict import Verdicts, judged, judged_parts
from onggi.engine.output import StoreOutput
from onggi.engine.types import BuildRequest
from onggi.oci import reference
from onggi.oci.reference import Reference

_SHORT_ID = re.compile(r"[0-9a-f]{12,64}")


class Asked(msgspec.Struct, frozen=True):
    """A request, as it may be handled."""

    path: Mapping[str, str]
    query: Any
    body: Any


def decide(policy: Policy, sight: Sight, route: str, asked: Asked) -> Asked:
    """`route` is method and path, with the names of its parts. What may be done, which may be less than was asked for.
    Raises Refusal: 403 with the reason, 404 for what this socket does not see."""
    row = _row(TABLE, route)
    if not row.sets:
        return asked
    sets = _admitted(policy, sight, route, row, asked.query)
    found = Asked(
        judged_parts(asked.path, row.path, sight),
        judged(asked.query, row.query, sight),
        row.body.judge(asked.body, sight),
    )
    if row.images is not None:
        _require_names(row.images(found.path, found.query), sets, sight)
    return found


def admit(policy: Policy, sight: Sight, call: str) -> None:
    """A call of BuildKit's protocol, by its path. Raises Refusal."""
    row = _row(CALLS, call)
    if row.sets:
        _admitted(policy, sight, call, row, None)


def judge_build(sight: Sight, asked: BuildRequest, verdicts: Verdicts) -> BuildRequest:
    """One that was not asked for by `POST /build`, as it may be made. Raises Refusal."""
    found: BuildRequest = judged(asked, verdicts, sight)
    outputs = (each.names for each in found.outputs if isinstance(each, StoreOutput))
    _require_names(Names((*found.references, *chain.from_iterable(outputs)), takes=True), ("build",), sight)
    return found


def _row(table: Mapping[str, Row], name: str) -> Row:
    row = table.get(name)
    if row is None:
        raise denied(f"{shown(name)} is not allowed (no set has it)")
    return row


def _admitted(policy: Policy, sight: Sight, name: str, row: Row, query: Any) -> tuple[str, ...]:
    """The sets by which it is allowed."""
    if policy.is_read_only and not row.looks:
        raise denied(f"{shown(name)} changes something, and this socket is read-only")
    sets = _require_set(row, sight, query)
    for noun, reason in row.hidden.items():
        if sight.labels(noun):
            raise denied(f"{shown(name)}: {reason}")
    return sets


def _require_set(row: Row, sight: Sight, query: Any) -> tuple[str, ...]:
    """The allowed ones of those that the request is in."""
    wanted = (row.which(query),) if row.which else row.sets
    found = tuple(name for name in wanted if name in sight.rules)
    if not found:
        what = " or ".join(SETS[name] for name in wanted)
        raise denied(f"{what} is not allowed (it would need --allow {' or '.join(wanted)})")
    return found


def _require_names(asked: Names, sets: Iterable[str], sight: Sight) -> None:
    patterns = tuple(pattern for name in sets for pattern in sight.rules[name].names)
    for name in filter(None, asked.names):
        parsed = reference.parse(name)
        if patterns and not _matches(_forms(name, has_all=asked.has_all), patterns):
            raise denied(f"the image name {parsed.familiar()} matches none of {', '.join(patterns)}")
        if asked.takes and not patterns and _is_taken(parsed, sight):
            raise denied(
                f"the image name {parsed.familiar()} is taken, and would be another image's"
                " (names that may be given anew need --allow SET:name=PATTERN)"
            )


def _is_taken(name: Reference, sight: Sight) -> bool:
    """Also as what people write of an image's ID: a name would come first."""
    familiar = name.familiar_name()
    return sight.facts.has_image(str(name)) or (
        _SHORT_ID.fullmatch(familiar) is not None and sight.facts.has_image(familiar)
    )


def _forms(name: str, *, has_all: bool) -> Sequence[str]:
    """In which a pattern may mean it. All images of a repository are meant by its name alone."""
    parsed = reference.parse(name)
    if has_all and not reference.has_tag(name):
        return (parsed.familiar_name(), parsed.name())
    return (parsed.familiar(), parsed.familiar_name(), str(parsed))


def _matches(forms: Iterable[str], patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(form, pattern) for pattern in patterns for form in forms)
