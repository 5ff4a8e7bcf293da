"""Characters that look like others, or like none: what they are called, what was meant, and how wide they are."""

from __future__ import annotations

_INVISIBLE = frozenset({"Cf", "Zl", "Zp"})
_QUOTES = str.maketrans(dict.fromkeys("‘’‚‛‹›", "'") | dict.fromkeys("“”„‟«»", '"'))


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
