"""A life that both engines tell of by events."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.api.client import Client
from tests.waiting import eventually

from .scene import BUSYBOX

MAY_DIFFER: Mapping[str, str] = {
    "*: *time*": "a moment",
    "container: *.Attributes.execDuration": "seconds, that may begin or not",
    "volume: *.Attributes.destination": "ours says it also of a volume that is no longer mounted",
    "volume: *.Attributes.propagation": "the same",
    "volume: *.Attributes.read/write": "the same",
    "image: *.Attributes.name": "of an image that is untagged, its ID with the store that Docker has here",
}


def live(client: Client) -> None:
    """A container, from when it is made until it is removed, with a network, a volume and a further process."""
    client.post("/volumes/create", {"Name": "told"})
    client.post("/networks/create", {"Name": "told", "CheckDuplicate": True})
    host = {"NetworkMode": "told", "Binds": ["told:/told"]}
    client.create(BUSYBOX, "sleep", "1000", name="life", Labels={"of": "tests"}, HostConfig=host)
    client.post("/containers/life/start")
    _run(client, "sh", "-c", "exit 3")
    client.post("/containers/life/pause")
    client.post("/containers/life/unpause")
    client.post("/containers/life/rename", name="other")
    client.post("/containers/other/update", {"Memory": 64 << 20, "MemorySwap": 64 << 20})
    client.post("/containers/other/restart", t=0)
    client.post("/containers/other/kill", signal="USR1")
    client.post("/networks/told/disconnect", {"Container": "other", "Force": True})
    client.post("/containers/other/kill")
    client.post("/containers/other/wait")
    client.request("POST", f"/images/{BUSYBOX}/tag", repo="told", tag="1")
    client.delete("/images/told:1")
    client.delete("/containers/other")
    client.delete("/networks/told")
    client.delete("/volumes/told")


def _run(client: Client, *command: str) -> None:
    made = client.post("/containers/life/exec", {"Cmd": list(command)})["Id"]
    assert client.request("POST", f"/exec/{made}/start", {"Detach": True}).status == 200
    eventually(lambda: client.get(f"/exec/{made}/json")["ExitCode"] is not None)


def told(client: Client, since: float, until: float) -> dict[str, list[Any]]:
    """The events between two moments, of each type in their order: what is told of two things at once comes in any.
    So does that a container has been stopped, which is told by who stops it, and that it has ended."""
    found: dict[str, list[Any]] = {"container": [], "image": [], "network": [], "volume": [], "stop": []}
    for line in client.request("GET", "/events", since=f"{since:.9f}", until=f"{until:.9f}").body.splitlines():
        event = json.loads(line)
        found["stop" if event["Action"] == "stop" else event["Type"]].append(event)
    return found


def once(events: Sequence[Any]) -> list[Any]:
    """Without what is told a second time at once, as engines before 28 do."""
    return [
        event
        for before, event in zip((None, *events), events, strict=False)
        if before is None or (before["Action"], before["Actor"]) != (event["Action"], event["Actor"])
    ]
