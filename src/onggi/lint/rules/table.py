"""All rules. Not imported by a build, which looks at BuildKit's alone."""

from __future__ import annotations

from collections.abc import Mapping

from onggi.lint.rule import Rule
from onggi.lint.rules import buildkit, hadolint, onggi

RULES: tuple[Rule, ...] = (*hadolint.RULES, *buildkit.RULES, *onggi.RULES)

BY_CODE: Mapping[str, Rule] = {rule.code: rule for rule in RULES}
