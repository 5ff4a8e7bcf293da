"""The text of a Dockerfile or an ignore file from its bytes."""

from __future__ import annotations

from onggi.characters import is_utf16
from onggi.errors import Invalid


def decode(data: bytes, name: str) -> str:
    """`name` is what the person calls the file. Raises Invalid for what is not UTF-8."""
    if is_utf16(data):
        raise Invalid(
            f"{name} is UTF-16 text, and has to be UTF-8",
            hint="save it as UTF-8 in the editor, or convert it: iconv -f UTF-16 -t UTF-8 OLD > NEW",
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(f"{name} is not UTF-8 text (byte {error.start})") from error
