"""Whatever a text is, it is a document whose values know their places, or it is refused."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.configuration import toml, yaml
from onggi.configuration.document import Cell
from onggi.errors import Invalid


@pytest.mark.parametrize("read", [toml.document, yaml.document])
@given(text=st.text(st.sampled_from(" \n\t[]{}=:'\"#-.,&*!|>ab1é\x00\ufeff")))
def test_any_text_is_taken_or_refused(read: Callable[[str, str], Cell], text: str) -> None:
    with suppress(Invalid):
        cell = read(text, "a.file")
        for key, each in list(cell.pairs()):
            assert each.place().startswith("a.file:") and (key in each.key() or repr(key) in each.key())
