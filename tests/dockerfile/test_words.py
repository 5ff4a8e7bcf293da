from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onggi.dockerfile.words import ExpansionError, expand, split

VARIABLES = {"a": "one", "b": "two words", "empty": "", "path": "/usr/local/bin:/bin", "x1": "tar.gz.gz"}


@pytest.mark.parametrize(
    ("word", "expanded"),
    [
        ("plain text", "plain text"),
        ("$a-${a}", "one-one"),
        ("$abc", ""),
        ("${a}bc", "onebc"),
        ("$", "$"),
        ("a$", "a$"),
        ("$/x", "$/x"),
        ("$1x", "x"),
        ("$?$$$-", ""),
        ("'$a'", "$a"),
        ('"$a b"', "one b"),
        ("\\$a", "$a"),
        ("\\\\$a", "\\one"),
        ('"\\$a \\" \\n"', '$a " \\n'),
        ("a\\", "a"),
        ("${none-w}|${none:-w}|${empty-w}|${empty:-w}|${a:-w}", "w|w||w|one"),
        ("${none+w}|${none:+w}|${empty+w}|${empty:+w}|${a:+w}", "||w||w"),
        ("${a?no}|${empty?no}|${a:?no}", "one||one"),
        ("${none:-${a:-x}}", "one"),
        ("${none:-$b and 'c}'}", "two words and c}"),
        ("${path#*/}|${path##*/}", "usr/local/bin:/bin|bin"),
        ("${path%/*}|${path%%/*}", "/usr/local/bin:|"),
        ("${x1%.gz}|${x1%.*}|${x1%%.*}|${x1#???.}", "tar.gz|tar.gz|tar|gz.gz"),
        ("${x1%\\*}|${none#x}", "tar.gz.gz|"),
        ("${x1/.gz/}|${x1//.gz/}|${x1//[/}", "tar.gz|tar|tar.gz.gz"),
        ("${path//\\//-}", "-usr-local-bin:-bin"),
        ("${path//\\//\\/}", "\\/usr\\/local\\/bin:\\/bin"),
        ("${path/b?n/X}|${path/x/y}|${x1//g*./-}", "/usr/local/X:/bin|/usr/local/bin:/bin|tar.-gz"),
        ("ünï${a}", "ünïone"),
    ],
)
def test_expand(word: str, expanded: str) -> None:
    assert expand(word, VARIABLES) == expanded


def test_the_escape_character_can_be_a_backtick() -> None:
    assert expand("C:\\dir`$a$a", VARIABLES, "`") == "C:\\dir$aone"


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("80 443", ["80", "443"]),
        ("$b", ["two", "words"]),
        ('"$b" x', ["two words", "x"]),
        ("a\\ b  c", ["a b", "c"]),
        ("$none ''", []),
        ("x$b$a", ["xtwo", "wordsone"]),
    ],
)
def test_split(word: str, words: list[str]) -> None:
    assert split(word, VARIABLES) == words


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("'a", "a single quote has no partner"),
        ('"a', "a double quote has no partner"),
        ("${", "needs a name"),
        ("${}", "needs a name"),
        ("${:a}", "needs a name"),
        ("${{a}}", "needs a name"),
        ("${a", "missing '}' after ${a"),
        ("${a:-b", "missing '}'"),
        ("${a/b}", "missing '/'"),
        ("${a/b/c", "missing '}'"),
        ("${a!b}", "no operator !"),
        ("${a:#b}", "no operator :#"),
        ("${none?}", "none: must not be unset"),
        ("${empty:?}", "empty: must not be empty"),
        ("${none:?give $a}", "none: give one"),
        ("${a:-" * 1000, "nested"),
    ],
)
def test_what_cannot_be_expanded(word: str, message: str) -> None:
    with pytest.raises(ExpansionError) as caught:
        expand(word, VARIABLES)
    assert message in str(caught.value)


# Where sh(1) and Dockerfiles agree: words without command substitution, globs, or quotes that sh itself would nest.
_TEXT = st.text(alphabet="ab-./_,", min_size=0, max_size=4)
_VARIABLE = st.sampled_from([*sorted(VARIABLES), "none"])


def _operated(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    choice = st.builds("${{{}{}{}}}".format, _VARIABLE, st.sampled_from(["-", ":-", "+", ":+"]), inner)
    pattern = st.text(alphabet="abtgz.*?/", min_size=1, max_size=4)
    cut = st.builds("${{{}{}{}}}".format, _VARIABLE, st.sampled_from(["#", "##", "%", "%%"]), pattern)
    return st.one_of(choice, cut)


_PLAIN = st.one_of(
    _TEXT,
    st.builds("${}".format, _VARIABLE).map(lambda text: text + "."),
    st.builds("${{{}}}".format, _VARIABLE),
    st.sampled_from(["\\$", "\\\\", '\\"']),
)
_PIECE = st.recursive(_PLAIN, _operated, max_leaves=4)
_WORD = st.lists(
    st.one_of(
        _PIECE,
        _PIECE.map('"{}"'.format),
        _TEXT.map("'{}$'".format),
        st.just("\\a"),  # within quotes in a ${…} sh keeps this backslash and BuildKit does not
    ),
    max_size=5,
).map("".join)


def _sh(words: list[str], variables: Mapping[str, str]) -> list[str]:
    """What a real shell makes of these words, without splitting them. `set -f`: no globs."""
    script = "set -f; IFS=\n" + "".join(f"printf '%s\\0' {word or chr(39) * 2}\n" for word in words)
    output = subprocess.run(["/bin/sh", "-c", script], env=variables, capture_output=True, check=True).stdout
    return output.decode().split("\0")[:-1]


@settings(max_examples=40, deadline=None)
@given(st.lists(_WORD, min_size=1, max_size=40))
def test_a_real_shell_agrees(words: list[str]) -> None:
    assert [expand(word, VARIABLES) for word in words] == _sh(words, VARIABLES)


@given(st.text(alphabet="ab${}:-+?#%/*'\"\\ ", max_size=40))
def test_any_word_is_expanded_or_refused(word: str) -> None:
    try:
        expand(word, VARIABLES)
        split(word, VARIABLES)
    except ExpansionError as error:
        assert str(error)


@pytest.mark.parametrize("text", ["${v#%s}", "${v##%s}", "${v%%%s}", "${v%%%%%s}", "${v/%s/x}", "${v//%s/x}"])
def test_no_pattern_takes_long(text: str) -> None:
    value = "a" * 2000
    assert expand(text % ("*a" * 30 + "b*"), {"v": value}) == value


@given(st.text("ab*?", min_size=1, max_size=6), st.text("ab", max_size=8), st.booleans())
def test_a_pattern_cuts_what_a_plain_one_would(pattern: str, value: str, is_greedy: bool) -> None:
    """Of all beginnings that it matches whole, the longest or the shortest."""
    plain = re.compile(pattern.replace("*", ".*").replace("?", "."))
    matched = [end for end in range(len(value) + 1) if plain.fullmatch(value[:end])]
    end = (max if is_greedy else min)(matched, default=0)
    assert expand(f"${{v#{'#' * is_greedy}{pattern}}}", {"v": value}) == value[end:]


@given(st.text("ab*?", min_size=1, max_size=6), st.text("ab", max_size=8))
def test_a_pattern_replaces_what_a_plain_one_would(pattern: str, value: str) -> None:
    plain = re.compile(pattern.replace("*", ".*").replace("?", "."))
    assert expand(f"${{v/{pattern}/-}}", {"v": value}) == plain.sub("-", value, count=1)
