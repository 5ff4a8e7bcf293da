from __future__ import annotations

import re

from onggi.store import names


def test_names_have_two_words_and_later_a_number() -> None:
    assert all(re.fullmatch(r"[a-z]+_[a-z]+", names.pick()) for _ in range(100))
    assert re.fullmatch(r"[a-z]+_[a-z]+\d+", names.pick(9))
