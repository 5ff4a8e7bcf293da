"""Names that are given to images."""

from __future__ import annotations

import pytest

from onggi.engine.naming import new_name
from onggi.errors import Invalid


def test_a_name_gets_its_defaults() -> None:
    assert new_name("shop/api").familiar() == "shop/api:latest"


@pytest.mark.parametrize("text", ["api@sha256:" + "a" * 64, "api:1@sha256:" + "a" * 64, "API", ""])
def test_what_is_no_name_to_give(text: str) -> None:
    with pytest.raises(Invalid):
        new_name(text)
