"""What bytes that should have been a tar look like, for a person who gave us the wrong ones."""

from __future__ import annotations

import codecs

from onggi.errors import Corrupt

_QUOTED = 40  # characters of a text in a message
_MAGIC = (
    (b"PK\x03\x04", "a zip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"hsqs", "a squashfs image"),
    (b"\x7fELF", "a program"),
    (b"%PDF-", "a PDF document"),
    (b"!<arch>\n", "a Debian package or another ar archive"),
)
_PAGES = ("<!doctype html", "<html")


def not_a_tar(head: bytes, wanted: str = "a tar") -> Corrupt:
    """The error for an input that begins with `head`; one that is shorter than a block is all of it."""
    likeness, hint = _likeness(head)
    return Corrupt(f"expected {wanted}, but the input is {likeness}", hint=hint)


def _likeness(head: bytes) -> tuple[str, str]:
    if not head:
        return "empty", "what should have written it may have failed"
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind, "unpack it, and pack with tar what is in it"
    text = _text(head)
    if text.lower().startswith(_PAGES):
        return "a web page", "the address that it came from is not, or not without a login, that of the file"
    if text:
        return f"text that begins with {text[:_QUOTED]!r}", "name the tar itself; it may be compressed"
    return (
        "neither a tar nor compressed as we know it",
        "gzip, zstd, bzip2 and xz are known; if it was a tar, it is damaged",
    )


def _text(head: bytes) -> str:
    """The first line, or "" where it is no text."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)  # the last character may be cut
    except UnicodeDecodeError:
        return ""
    is_text = all(mark.isprintable() or mark.isspace() for mark in text)
    return text.strip().partition("\n")[0].rstrip() if is_text else ""
