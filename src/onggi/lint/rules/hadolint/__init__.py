"""hadolint's rules under its codes, in their order (hadolint 2.15)."""

from __future__ import annotations

from onggi.lint.rule import Rule
from onggi.lint.rules.hadolint import dl1000, dl3003, dl3007

RULES: tuple[Rule, ...] = (
    dl1000.RULE,
    dl3003.RULE,
    dl3007.RULE,
)
