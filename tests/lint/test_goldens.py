from __future__ import annotations

from tests.lint.goldens import files, superfluous


def test_files_that_are_made_are_up_to_date() -> None:
    stale = [str(file) for file, text in files() if not file.is_file() or file.read_text() != text]
    assert stale == [], "scripts/goldens --update renews them"


def test_no_page_is_of_a_rule_that_is_no_more() -> None:
    assert superfluous() == []
