"""What becomes of a container that runs when its networks change: two NetPlans → a Change.

Links and routes of the container's own, those that its programs have made, are in neither plan and stay as they are.
"""

from __future__ import annotations

import msgspec

from onggi.container.network.plan import Macvlan, NetPlan, Route, Step, Veth


class Change(msgspec.Struct, frozen=True):
    """`joined`: steps to its new links. routes: default routes that are new, or lead elsewhere. left: links that go,
    and with them whatever leads there."""

    joined: tuple[Step, ...]
    routes: tuple[Route, ...]
    left: tuple[Veth | Macvlan, ...]


def change(before: NetPlan, after: NetPlan) -> Change:
    old, new = _links(before), _links(after)
    joined = {name for name, link in new.items() if old.get(name) != link}
    return Change(
        joined=tuple(step for step in after.inside if not isinstance(step, Route) and step.link in joined),
        routes=tuple(step for step in after.inside if isinstance(step, Route) and step not in before.inside),
        left=tuple(link for name, link in old.items() if new.get(name) != link),
    )


def edited_hosts(text: str, before: NetPlan, after: NetPlan) -> str:
    """The container's /etc/hosts, in which its programs may have written too, with the lines that name itself."""
    gone = set(before.hosts.splitlines()) - set(after.hosts.splitlines())
    lines = [line for line in text.splitlines() if line not in gone]
    lines += [line for line in after.hosts.splitlines() if line not in lines]
    return "".join(f"{line}\n" for line in lines)


def _links(plan: NetPlan) -> dict[str, Veth | Macvlan]:
    return {step.link: step for step in plan.inside if isinstance(step, (Veth, Macvlan))}
