"""What `build --check` finds, and when it is bad: all rules, as the project has them count."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from onggi.dockerfile.parse import parse
from onggi.engine.build.survey import Checked, Demands, survey
from onggi.lint.policy import Policy
from onggi.lint.rules.table import RULES
from onggi.lint.severity import Severity
from onggi.lint.view.context import MemoryContext
from onggi.lower.request import LowerRequest
from onggi.oci.platform import Platform

TEXT = "FROM debian:latest\nUSER 1000\nCMD run me\n"


def checked(text: str, policy: Policy = Policy(), target: str = "") -> Checked:  # noqa: B008 — it is frozen
    demands = Demands(RULES, policy, MemoryContext({}), 1_800_000_000.0)
    return survey(parse(text), LowerRequest(platform=Platform("amd64"), target=target), {}, demands)


def codes(found: Checked) -> set[str]:
    return {finding.rule.code for finding in found.findings}


def test_all_rules_take_part_and_buildkits_keep_their_names() -> None:
    found = checked(TEXT)
    assert {"DL3007", "JSONArgsRecommended"} <= codes(found)
    assert "DL3025" not in codes(found)
    assert found.is_bad


@pytest.mark.parametrize(
    ("policy", "is_bad"),
    [
        ({"ignored": frozenset(rule.code for rule in RULES)}, False),
        ({"threshold": Severity.ERROR}, False),
        ({"threshold": None}, False),
        ({"threshold": Severity.ERROR, "severities": {"DL3007": Severity.ERROR}}, True),
    ],
)
def test_the_project_says_what_counts(policy: Mapping[str, object], is_bad: bool) -> None:
    assert checked(TEXT, Policy(**policy)).is_bad == is_bad  # type: ignore[arg-type]


def test_a_target_is_checked_with_the_stages_it_needs() -> None:
    text = "FROM debian:latest AS one\nUSER 1000\nFROM debian:12 AS two\nUSER 1000\n"
    assert "DL3007" in codes(checked(text, target="one"))
    assert "DL3007" not in codes(checked(text, target="two"))


def test_what_cannot_be_built_is_bad_whatever_counts() -> None:
    found = checked("FROM debian:12\nCOPY --from=nobody:x$ /a /b\n", Policy(threshold=None))
    assert found.error is not None
    assert found.is_bad
