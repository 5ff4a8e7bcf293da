"""A container's document as clients get it: Docker's fields alone, and those left out that Docker leaves out."""

from __future__ import annotations

from typing import Any

import pytest

from onggi.api import answers
from onggi.api.versions import NEWEST, OLDEST, Version
from onggi.api.wire.container import of_inspected

DOCUMENT: dict[str, Any] = {
    "Id": "4fa6e0f0c678" + 52 * "0",
    "State": {"Status": "running", "Running": True, "Note": "is well", "Health": None},
    "Config": {"Hostname": "web", "StopTimeout": None, "Healthcheck": None, "Cmd": None, "Shell": None},
    "HostConfig": {"Annotations": None, "Binds": None, "Tmpfs": {"/t": ""}},
    "NetworkSettings": {"Ports": {}, "Networks": {"bridge": {"Aliases": None}, "shop": {"Aliases": ["db", "web"]}}},
}


def answered(version: Version) -> dict[str, Any]:
    found: dict[str, Any] = answers.fit(of_inspected(DOCUMENT, version), version, "GET /containers/{name}/json")
    return found


@pytest.mark.parametrize("version", [OLDEST, (1, 44), NEWEST])
def test_what_is_ours_or_was_not_said_is_left_out(version: Version) -> None:
    found = answered(version)
    assert found["State"] == {"Status": "running", "Running": True}
    assert found["Config"] == {"Hostname": "web", "Cmd": None}
    assert found["HostConfig"] == {"Binds": None, "Tmpfs": {"/t": ""}}
    assert DOCUMENT["State"]["Note"] == "is well"  # the engine's document stays as it is


def test_zero_seconds_are_said() -> None:
    config = {**DOCUMENT["Config"], "StopTimeout": 0}
    assert of_inspected({**DOCUMENT, "Config": config}, NEWEST)["Config"]["StopTimeout"] == 0


@pytest.mark.parametrize(("runs", "status"), [(True, "healthy"), (False, "unhealthy")])
def test_who_does_not_run_is_not_healthy(runs: bool, status: str) -> None:
    health = {"Status": "healthy", "FailingStreak": 0, "Log": []}
    state = {**DOCUMENT["State"], "Running": runs, "Health": health}
    assert of_inspected({**DOCUMENT, "State": state}, NEWEST)["State"]["Health"] == {**health, "Status": status}


def test_aliases_of_old_have_all_names() -> None:
    def aliases(version: tuple[int, int]) -> list[Any]:
        return [each["Aliases"] for each in of_inspected(DOCUMENT, version)["NetworkSettings"]["Networks"].values()]

    assert aliases((1, 45)) == [None, ["db", "web"]]
    assert aliases((1, 44)) == [None, ["db", "web", "4fa6e0f0c678"]]
