from __future__ import annotations

from pathlib import Path

import pytest

from .goldens import cases, render


@pytest.mark.parametrize("case", cases(), ids=lambda case: str(case.name))
def test_a_dockerfile_lowers_to_its_graph(case: Path) -> None:
    assert render(case) == (case / "graph").read_text()
