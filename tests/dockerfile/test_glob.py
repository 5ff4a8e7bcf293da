"""Patterns as Go's path/filepath.Match reads them. The table is that of Go's own documentation and tests, in our
words."""

from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.dockerfile import glob
from onggi.errors import Invalid

MATCHES = [
    ("abc", "abc", True),
    ("*", "abc", True),
    ("*c", "abc", True),
    ("a*", "a", True),
    ("a*", "ab/c", False),
    ("a*/b", "abc/b", True),
    ("a*/b", "a/c/b", False),
    ("a*b*c*d*e*/f", "axbxcxdxexxx/f", True),
    ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", False),
    ("a*b?c*x", "abxbbxdbxebxczzx", True),
    ("a*b?c*x", "abxbbxdbxebxczzy", False),
    ("ab[c]", "abc", True),
    ("ab[b-d]", "abc", True),
    ("ab[e-g]", "abc", False),
    ("ab[^b-d]", "abc", False),
    ("ab[^e-g]", "abc", True),
    ("a\\*b", "a*b", True),
    ("a\\*b", "ab", False),
    ("a?b", "a☺b", True),
    ("a[^a]b", "a☺b", True),
    ("a???b", "a☺b", False),
    ("[a-ζ]*", "α", True),
    ("*[a-ζ]", "A", False),
    ("a?b", "a/b", False),
    ("a*b", "a/b", False),
    ("[\\]a]", "]", True),
    ("[\\-]", "-", True),
    ("[x\\-]", "x", True),
    ("[x\\-]", "z", False),
    ("[\\-x]", "a", False),
    ("*x", "xxx", True),
    ("[!a]", "!", True),  # ! is no negation here
    ("[!a]", "b", False),
    ("a.b", "axb", False),
    ("[z-a]", "m", False),  # an empty range
    ("[^z-a]", "m", True),
    ("a[^b]c", "a/c", False),  # unlike Go: see the module
    ("a**c", "abbc", True),
    ("{a,b}", "a", False),
    ("[[]x", "[x", True),
    ("[a&&b]", "&", True),
    ("a\nb", "a\nb", True),
]

MALFORMED = ["[]a]", "[-]", "[x-]", "[-x]", "\\", "[a-b-c]", "[", "[^", "[^bc", "a[", "[a-", "[\\"]


@pytest.mark.parametrize(("pattern", "text", "expected"), MATCHES)
def test_matches(pattern: str, text: str, expected: bool) -> None:
    assert (glob.compile_part(pattern).fullmatch(text) is not None) is expected


@pytest.mark.parametrize("pattern", MALFORMED)
def test_malformed(pattern: str) -> None:
    with pytest.raises(Invalid, match="malformed pattern"):
        glob.compile_part(pattern)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a/b", False), ("a*", True), ("a?", True), ("a[b", True), ("a\\*b", False), ("\\\\*", True), ("a]", False)],
)
def test_has_wildcard(text: str, expected: bool) -> None:
    assert glob.has_wildcard(text) is expected


@given(st.text("ab.*?", max_size=8), st.text("ab.", max_size=8))
def test_agrees_with_fnmatch_where_there_are_no_slashes(pattern: str, name: str) -> None:
    expected = re.fullmatch(fnmatch.translate(pattern), name) is not None
    assert (glob.compile_part(pattern).fullmatch(name) is not None) is expected
