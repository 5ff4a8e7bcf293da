from __future__ import annotations

import re

from onggi.lint.pattern import Pattern


def test_a_pattern_is_compiled_when_it_is_first_asked() -> None:
    pattern = Pattern(r"a(b+)", re.IGNORECASE)
    assert "compiled" not in vars(pattern)
    assert pattern.fullmatch("ABB") is not None
    assert "compiled" in vars(pattern)


def test_it_answers_as_the_expression_does() -> None:
    pattern = Pattern(r"a(b+)")
    text = "xab abb"
    assert pattern.match(text) is None and pattern.fullmatch(text) is None
    found = pattern.search(text)
    assert found is not None and found[1] == "b"
    assert [match[1] for match in pattern.finditer(text)] == ["b", "bb"]
