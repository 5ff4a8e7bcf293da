"""The text of a Dockerfile or an ignore file from its bytes."""

from __future__ import annotations

from onggi.errors import Invalid

_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SEEN = 4  # bytes that tell


def decode(data: bytes, name: str) -> str:
    """`name` is what the person calls the file. Raises Invalid for what is not UTF-8."""
    if _is_utf16(data):
        raise Invalid(
            f"{name} is UTF-16 text, and has to be UTF-8",
            hint="save it as UTF-8 in the editor, or convert it: iconv -f UTF-16 -t UTF-8 OLD > NEW",
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(f"{name} is not UTF-8 text (byte {error.start})") from error


def _is_utf16(data: bytes) -> bool:
    """By its byte order mark, or by the NULs that stand beside the first Latin letters."""
    head = data[:_SEEN]
    nuls = tuple(at for at, byte in enumerate(head) if byte == 0)
    return data.startswith(_MARKS) or nuls in ((0, 2), (1, 3))
