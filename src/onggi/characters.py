"""Characters that look like others, or like none: what they are called, what was meant, how wide they are. Quotes."""

from __future__ import annotations

_INVISIBLE = frozenset({"Cf", "Zl", "Zp"})
_QUOTES = str.maketrans(dict.fromkeys("‘’‚‛‹›", "'") | dict.fromkeys("“”„‟«»", '"'))
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_NEAR = 40  # letters before an odd character that may be the word before it


def visible(text: str) -> str:
    """The text with a replacement character for each that would not be seen."""
    return "".join(mark if mark.isprintable() or mark == "\t" else "\ufffd" for mark in text)


def oddity(text: str) -> str:
    """Which character in the text looks like something else, where, and what to do: the eye that wrote it will not find
    it. Nothing if there is none."""
    at = find_blank(text)
    if at < 0:
        at = find_typographic(text)
    if at < 0:
        return ""
    before = visible(text[max(0, at - _NEAR) : at]).split()[-1:]
    place = f" after {before[0]}" if before else ""
    meant = plain(text[at])
    remedy = {"": "delete it", " ": "write an ordinary space"}.get(meant, f"write {meant}")
    return f"there is {called(text[at])}{place}: {remedy}"


def is_utf16(data: bytes) -> bool:
    """By its byte order mark, or by the NULs that stand beside the first Latin letters."""
    nuls = tuple(at for at, byte in enumerate(data[:4]) if byte == 0)
    return data.startswith(_UTF16_MARKS) or nuls in ((0, 2), (1, 3))


def width(text: str) -> int:
    """How many columns of a terminal the text takes: East Asian wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width  # late, as in all of these: most texts are plain

    return sum(
        0 if category(mark) in ("Mn", "Me", "Cf") else 2 if east_asian_width(mark) in "WF" else 1 for mark in text
    )


def plain(text: str) -> str:
    """The text as a keyboard has it: full-width letters, typographic dashes and quotes and odd spaces become the
    ordinary ones, invisible characters vanish."""
    if text.isascii():
        return text
    from unicodedata import category, normalize

    ordinary = normalize("NFKC", text.translate(_QUOTES))
    kinds = ((mark, category(mark)) for mark in ordinary)
    return "".join("-" if kind == "Pd" else mark for mark, kind in kinds if kind not in _INVISIBLE)


def called(mark: str) -> str:
    """`a no-break space (U+00A0)`."""
    from unicodedata import name

    words = name(mark, "character").lower()
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words} (U+{ord(mark):04X})"


def find_blank(text: str) -> int:
    """Where the first space that is no ordinary one, or the first invisible character, stands; -1 if none does."""
    if text.isascii():
        return -1
    from unicodedata import category

    kinds = _INVISIBLE | {"Zs"}
    return next((at for at, mark in enumerate(text) if not mark.isascii() and category(mark) in kinds), -1)


def find_typographic(text: str) -> int:
    """Where the first dash or quote of a typesetter stands that begins a word; -1 if none does."""
    if text.isascii():
        return -1
    from unicodedata import category

    for at, mark in enumerate(text):
        if mark.isascii() or (at and text[at - 1] not in " \t[,="):
            continue
        if category(mark) == "Pd" or ord(mark) in _QUOTES:
            return at
    return -1


def quoted(text: str) -> str:
    """In double quotes, as Go's %q shows it."""
    import json

    return json.dumps(text, ensure_ascii=False)
