from __future__ import annotations

import re

from onggi.lint.pattern import Pattern


def test_a_pattern_is_compiled_when_it_is_first_asked() -> None:
    pattern = Pattern("A+", re.IGNORECASE)
    asked = pattern.search
    assert "compiled" not in vars(pattern)
    assert asked("baa") is not None
    assert "compiled" in vars(pattern)


def test_it_answers_as_the_compiled_one() -> None:
    pattern = Pattern("a+")
    assert pattern.fullmatch("aa") and not pattern.fullmatch("aab")
    assert pattern.match("aab") and not pattern.match("baa")
    assert [found[0] for found in pattern.finditer("aaba")] == ["aa", "a"]
    assert pattern.sub("x", "aaba") == "xbx"
