"""Where a container's control group is made."""

from __future__ import annotations

import pytest

from onggi.container.cgroup_parent import folder
from onggi.errors import Invalid


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("", ""),
        ("ci", "/ci"),
        ("/ci/jobs/", "/ci/jobs"),
        ("//ci//./jobs", "/ci/jobs"),
        ("ci.slice", "/ci.slice"),
        ("a..b", "/a..b"),
        ("/", "/"),
    ],
)
def test_from_the_top(said: str, path: str) -> None:
    assert folder(said) == path


@pytest.mark.parametrize("said", ["..", "/ci/../../etc", "ci/..", "ci\0", "ci\njobs"])
def test_nothing_leads_up(said: str) -> None:
    with pytest.raises(Invalid, match="invalid cgroup-parent"):
        folder(said)
