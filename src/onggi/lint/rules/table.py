"""All rules. Not imported by a build, which looks at BuildKit's alone."""

from __future__ import annotations

from collections.abc import Mapping

from onggi.lint.rule import Rule
from onggi.lint.rules import buildkit, hadolint, onggi

FAMILIES: Mapping[str, tuple[Rule, ...]] = {
    "hadolint": hadolint.RULES,
    "BuildKit": buildkit.RULES,
    "onggi": onggi.RULES,
}
"""By who thought of them."""

RULES: tuple[Rule, ...] = tuple(rule for family in FAMILIES.values() for rule in family)

BY_CODE: Mapping[str, Rule] = {rule.code: rule for rule in RULES}
