"""A policy as text, for who wants to see what a socket will do."""

from __future__ import annotations

from collections.abc import Iterator

from onggi.api.policy.calls import CALLS
from onggi.api.policy.reach import FIELDS
from onggi.api.policy.rules import SETS, Policy, Rule
from onggi.api.policy.table import TABLE, Row, shown
from onggi.api.policy.verdict import reasons


def show(policy: Policy | None) -> str:
    if policy is None:
        return "All requests are served: whoever may connect is root on this host.\n"
    lines = ["Only what looks and changes nothing is served."] if policy.is_read_only else []
    lines += ["These requests are served, and no others:", *_requests("", policy)]
    for name in SETS:
        requests = [*_requests(name, policy)]
        if name in policy.rules and requests:
            lines += [f"{name}{_limits(policy.rules[name])}", *requests]
    lines += ["Refused in any case:", *(f"  {each}" for each in _refused())]
    return "\n".join(lines) + "\n"


def _requests(name: str, policy: Policy) -> Iterator[str]:
    """Of a set, or those that are in none; and what is called by BuildKit's protocol."""
    yield from (f"  {shown(route)}" for route, row in TABLE.items() if _is_in(name, row, policy))
    calls = [call.rpartition("/")[2] for call, row in CALLS.items() if _is_in(name, row, policy)]
    if calls:
        yield f"  POST /grpc: {', '.join(dict.fromkeys(calls))}"


def _is_in(name: str, row: Row, policy: Policy) -> bool:
    return name in (row.sets or ("",)) and (row.looks or not policy.is_read_only)


def _limits(rule: Rule) -> str:
    limits = [f"name {each}" for each in rule.names] + [f"label {each}" for each in rule.labels]
    return f": only {' or '.join(limits)}" if limits else ""


def _refused() -> list[str]:
    tables = [*FIELDS.values(), *(row.query for row in TABLE.values())]
    return list(dict.fromkeys(reason for table in tables for reason in reasons(table.values())))
