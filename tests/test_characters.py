from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi import characters


@pytest.mark.parametrize(
    ("text", "columns"), [("RUN", 3), ("ＲＵＮ", 6), ("漢字 x", 6), ("e\u0301", 1), ("a\u200bb", 2), ("ﬀ", 1), ("", 0)]
)
def test_width(text: str, columns: int) -> None:
    assert characters.width(text) == columns


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ＦＲＯＭ", "FROM"),
        ("––from", "--from"),
        ("“a” ‘b’", "\"a\" 'b'"),
        ("a\u00a0b\u3000c", "a b c"),
        ("R\u200bUN\ufeff", "RUN"),
        ("grün", "grün"),
    ],
)
def test_plain(text: str, meant: str) -> None:
    assert characters.plain(text) == meant


def test_called() -> None:
    assert characters.called("\u00a0") == "a no-break space (U+00A0)"
    assert characters.called("\u3000") == "an ideographic space (U+3000)"
    assert characters.called("\u200b") == "a zero width space (U+200B)"


def test_a_dash_within_a_sentence_is_nobodys_mistake() -> None:
    assert characters.find_typographic("a–b“c”") == -1
    assert characters.find_typographic("x –b") == 2


@given(st.text())
def test_plain_text_has_nothing_odd(text: str) -> None:
    assert characters.width(text) <= 2 * len(text)
    if text.isascii():
        assert characters.plain(text) == text
        assert characters.find_blank(text) == characters.find_typographic(text) == -1


def test_tables_are_loaded_only_for_what_needs_them() -> None:
    uses = "from onggi.dockerfile.parse import parse; parse('FROM a\\nRUN x')"
    code = f"import sys; {uses}; assert 'unicodedata' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
