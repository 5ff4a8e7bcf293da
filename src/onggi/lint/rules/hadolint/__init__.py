"""hadolint's rules under its codes, in their order (hadolint 2.15)."""

from __future__ import annotations

from onggi.lint.rule import Rule
from onggi.lint.rules.hadolint import (
    dl1000,
    dl3003,
    dl3007,
    dl3032,
    dl3033,
    dl3034,
    dl3035,
    dl3036,
    dl3037,
    dl3038,
    dl3040,
    dl3041,
    dl3042,
    dl3044,
    dl3045,
    dl3046,
    dl3047,
)

RULES: tuple[Rule, ...] = (
    dl1000.RULE,
    dl3003.RULE,
    dl3007.RULE,
    dl3032.RULE,
    dl3033.RULE,
    dl3034.RULE,
    dl3035.RULE,
    dl3036.RULE,
    dl3037.RULE,
    dl3038.RULE,
    dl3040.RULE,
    dl3041.RULE,
    dl3042.RULE,
    dl3044.RULE,
    dl3045.RULE,
    dl3046.RULE,
    dl3047.RULE,
)
