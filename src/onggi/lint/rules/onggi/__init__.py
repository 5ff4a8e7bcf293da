"""onggi's own rules. The first digit of a code says what it is about: 1 the cache, 2 size, 3 secrets and users, 4 how
it runs, 5 versions, 6 the build context, 9 the lint itself."""

from __future__ import annotations

from onggi.lint.rule import Rule
from onggi.lint.rules.onggi import (
    og1001,
    og1003,
    og1004,
    og2003,
    og2004,
    og2005,
    og2006,
    og3001,
    og4001,
    og4002,
    og4003,
    og4007,
    og5001,
    og5002,
    og5003,
    og5004,
    og6001,
    og6002,
    og6003,
    og6004,
    og6005,
    og6006,
    og6007,
    og9001,
)

RULES: tuple[Rule, ...] = (
    og1001.RULE,
    og1003.RULE,
    og1004.RULE,
    og2003.RULE,
    og2004.RULE,
    og2005.RULE,
    og2006.RULE,
    og3001.RULE,
    og4001.RULE,
    og4002.RULE,
    og4003.RULE,
    og4007.RULE,
    og5001.RULE,
    og5002.RULE,
    og5003.RULE,
    og5004.RULE,
    og6001.RULE,
    og6002.RULE,
    og6003.RULE,
    og6004.RULE,
    og6005.RULE,
    og6006.RULE,
    og6007.RULE,
    og9001.RULE,
)
