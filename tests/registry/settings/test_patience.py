from __future__ import annotations

from pathlib import Path

import pytest

from onggi.errors import Invalid
from onggi.fetch.network import Patience
from onggi.registry.settings.file import table

FILE = Path("/etc/onggi/registries.toml")


def test_nothing_said() -> None:
    assert table("", FILE).patience == Patience()


def test_all_said() -> None:
    said = '[patience]\nconnect = "2s"\nsilence = "1m30s"\nattempts = 7\npause = "100ms"\n'
    wanted = Patience(connect_seconds=2, silence_seconds=90, attempts=7, pause_seconds=0.1)
    assert table(said, FILE).patience == wanted


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("silence = 30", 'patience.silence: expected a length of time such as "30s", not a number'),
        ('silence = "30"', """patience.silence: expected a length of time such as "30s", not '30'"""),
        ('connect = "0s"', "patience.connect: expected more than no time, not '0s'"),
        ("attempts = 0", "patience.attempts: there is one at least"),
        ("attempts = true", "patience.attempts: expected a number, not a boolean"),
        ("timeout = 1", "patience.timeout: there is no such key"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_line(line: str, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        table(f"[patience]\n{line}\n", FILE)
    assert caught.value.message == f"{FILE}:2: {message}"
