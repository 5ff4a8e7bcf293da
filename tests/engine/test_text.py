from __future__ import annotations

import pytest

from onggi.engine.build.text import decode
from onggi.errors import Invalid


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_told(encoding: str) -> None:
    with pytest.raises(Invalid, match="Dockerfile is UTF-16 text") as caught:
        decode("FROM scratch\n".encode(encoding), "Dockerfile")
    assert "iconv -f UTF-16 -t UTF-8" in caught.value.hint


def test_another_encoding_is_shown_by_its_first_byte() -> None:
    with pytest.raises(Invalid, match=r"f is not UTF-8 text \(byte 6\)"):
        decode(b"FROM a\xff", "f")


@pytest.mark.parametrize("text", ["", "#", "FROM a\r\n", "\ufeffFROM ü"])
def test_utf_8_is_read(text: str) -> None:
    assert decode(text.encode(), "Dockerfile") == text
