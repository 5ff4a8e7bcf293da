from __future__ import annotations

import subprocess
import sys

import pytest

from onggi.errors import Invalid
from onggi.patterns import found, require_valid


@pytest.mark.parametrize(
    ("pattern", "text", "is_there"),
    [
        ("", "web", True),
        ("^w", "web", True),
        ("^/web$", "/web", True),
        ("(?i)WEB", "my-web-1", True),
        ("b+$", "web-1", False),
        (r"^\w+\.$", "né", False),
        ("é", "né", True),
    ],
)
def test_a_pattern_is_looked_for_anywhere(pattern: str, text: str, is_there: bool) -> None:
    assert found(pattern, text) is is_there


@pytest.mark.parametrize("pattern", ["^/?(a+)+$", "(x+x+)+y", "((a*)*)*b", "(a|a)*b", "a{1000}b"])
def test_no_pattern_takes_long(pattern: str) -> None:
    """With Python's own `re`, or one like it, this does not end."""
    assert not found(pattern, ("a" * 5000 + "x" * 5000) + "-")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("[", "missing ]: ["),
        ("(?=a)", "invalid perl operator: (?="),
        (r"(a)\1", r"invalid escape sequence: \1"),
        ("a{1001}", "invalid repetition size: {1001}"),
        ("a\udcff", "invalid UTF-8"),
        (r"\pL{1000}", "pattern too large - compile failed"),
    ],
)
def test_what_is_none_in_go_is_none_here(pattern: str, reason: str) -> None:
    with pytest.raises(Invalid) as raised:
        require_valid(pattern)
    assert raised.value.message == f"error parsing regexp: {reason}"
    with pytest.raises(Invalid):
        found(pattern, "a")


def test_who_has_no_pattern_does_not_pay_for_it() -> None:
    program = "import sys, onggi.engine.containers, onggi.engine.container.filter; sys.exit('re2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
