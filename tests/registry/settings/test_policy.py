from __future__ import annotations

from pathlib import Path

import pytest

from onggi.errors import Denied
from onggi.oci.reference import parse
from onggi.registry.settings.file import table
from onggi.registry.settings.policy import check_name, demands
from onggi.registry.settings.table import Demand, Table

SETTINGS = table(
    """
[[policy]]
prefix = "*"
forbid = ["latest"]

[[policy]]
prefix = "ghcr.io/team"
require = ["digest", "signature"]
key = "team.pub"

[[policy]]
prefix = "localhost:5000"
""",
    Path("/etc/onggi/registries.toml"),
)
DIGEST = "@sha256:" + "0" * 64


@pytest.mark.parametrize(
    "reference",
    [
        *("node:18", f"node{DIGEST}", f"node:latest{DIGEST}", "ghcr.io/teams/app:1"),
        *(
            f"ghcr.io/team/app{DIGEST}",
            f"ghcr.io/team/app:1{DIGEST}",
            "localhost:5000/app",
            "localhost:5000/app:latest",
        ),
    ],
)
def test_what_may_be_used(reference: str) -> None:
    check_name(parse(reference), demands(parse(reference), SETTINGS))


@pytest.mark.parametrize(
    ("reference", "message", "hint"),
    [
        (
            "node",
            "node:latest is forbidden: /etc/onggi/registries.toml:2 forbids the tag latest in all of *",
            "name a v",
        ),
        (
            "ghcr.io/team/app:1",
            "ghcr.io/team/app:1 names no digest, and /etc/onggi/registries.toml:6 requires one of all of ghcr.io/team",
            "write ghcr.io/team/app:1@sha256:…",
        ),
    ],
)
def test_what_may_not(reference: str, message: str, hint: str) -> None:
    with pytest.raises(Denied) as caught:
        check_name(parse(reference), demands(parse(reference), SETTINGS))
    assert caught.value.message == message
    assert caught.value.hint.startswith(hint)


def test_whose_signature_it_takes() -> None:
    assert demands(parse("ghcr.io/team/app"), SETTINGS).keys == (Path("/etc/onggi/team.pub"),)
    assert demands(parse("ghcr.io/other"), SETTINGS).keys == ()
    assert demands(parse("ghcr.io/team/app"), Table()) == Demand()
