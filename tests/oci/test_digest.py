from __future__ import annotations

import io

import pytest

from onggi.errors import Invalid
from onggi.oci import digest

EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_digest_and_its_parts() -> None:
    assert digest.of(b"") == digest.parse(EMPTY) == EMPTY
    assert digest.hex_of(EMPTY) == EMPTY[7:]
    assert digest.short(EMPTY) == "e3b0c44298fc"


def test_a_stream_has_the_digest_of_its_bytes() -> None:
    data = bytes(range(256)) * 10_000
    assert digest.of_stream(io.BytesIO(data)) == digest.of(data)


@pytest.mark.parametrize(
    "text", ["", EMPTY[7:], EMPTY.upper(), EMPTY + "\n", EMPTY[:-1], "sha512:" + "0" * 128, "sha256:../x"]
)
def test_what_is_no_digest(text: str) -> None:
    assert not digest.is_digest(text)
    with pytest.raises(Invalid, match="not a sha256 digest"):
        digest.parse(text)
