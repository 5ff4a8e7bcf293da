"""The functions a template can call: Go's own (text/template/funcs.go) and Docker's (cli/templates)."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote_plus

import msgspec

from onggi.cli.quote import go_quote
from onggi.cli.template.errors import Misuse
from onggi.cli.template.values import NilList, NilMap, Tagged, kind, show


class Definition(NamedTuple):
    """`most` None: any number of arguments. What `is_lazy` is called with functions that give the arguments."""

    call: Callable[..., Any]
    least: int
    most: int | None
    is_lazy: bool = False


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise Misuse(f"a string is expected, not {kind(value)}")
    return value


def _integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Misuse(f"a whole number is expected, not {kind(value)}")
    return value


def _json(value: Any) -> str:
    if isinstance(value, Tagged):
        value = value.document
    elif isinstance(value, dict) and not isinstance(value, NilMap):
        value = {key: item for key, item in value.items() if not callable(item)}
    try:
        return msgspec.json.encode(_with_nulls(value)).decode()
    except TypeError as error:
        raise Misuse(f"{kind(value)} has no JSON") from error


def _with_nulls(value: Any) -> Any:
    if isinstance(value, (NilMap, NilList)):
        return None
    if isinstance(value, dict):
        return {key: _with_nulls(item) for key, item in value.items()}
    return [_with_nulls(item) for item in value] if isinstance(value, list) else value


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(value, dict):
            value = value.get(_string(key), "")
        elif isinstance(value, (list, tuple, str)):
            if not 0 <= _integer(key) < len(value):
                raise Misuse(f"{key} is out of range; there are {len(value)}")
            value = value[key] if not isinstance(value, str) else ord(value[key])
        else:
            raise Misuse(f"{kind(value)} has no items")
    return value


def _slice(value: Any, *bounds: Any) -> Any:
    if not isinstance(value, (list, tuple, str)):
        raise Misuse(f"a list or a string is expected, not {kind(value)}")
    start, end = (*map(_integer, bounds), *(0, len(value))[len(bounds) :])
    if not 0 <= start <= end <= len(value):
        raise Misuse(f"{start}:{end} is out of range; there are {len(value)}")
    return value[start:end]


def _len(value: Any) -> int:
    if not isinstance(value, (str, list, tuple, dict)):
        raise Misuse(f"{kind(value)} has no length")
    return len(value.encode(errors="surrogateescape")) if isinstance(value, str) else len(value)


def _join(value: Any, separator: Any) -> str:
    if not isinstance(value, (list, tuple)):
        raise Misuse(f"a list is expected, not {kind(value)}")
    return _string(separator).join(_string(item) for item in value)


def _split(value: Any, separator: Any) -> list[str]:
    text = _string(value)
    return text.split(separator) if _string(separator) else list(text)


def _pad(value: Any, before: Any, after: Any) -> str:
    text = _string(value)
    return " " * _integer(before) + text + " " * _integer(after) if text else ""


def _truncate(value: Any, most: Any) -> str:
    return _string(value)[: max(0, _integer(most))]


def _title(value: Any) -> str:
    return re.sub(r"(?<!\S)\S", lambda found: found.group().upper(), _string(value))


def _print(*values: Any) -> str:
    """Go's fmt.Sprint: a space between two operands if neither is a string."""
    text = ""
    for index, value in enumerate(values):
        if index and not isinstance(value, str) and not isinstance(values[index - 1], str):
            text += " "
        text += show(value)
    return text


def _println(*values: Any) -> str:
    return " ".join(show(value) for value in values) + "\n"


_VERB = re.compile(r"%(?P<flags>[-+# 0]*)(?P<width>\d+)?(?:\.(?P<precision>\d+))?(?P<verb>.|$)", re.DOTALL)
_WIDEST = 10_000


def _printf(form: Any, *values: Any) -> str:
    waiting = list(values)

    def fill(found: re.Match[str]) -> str:
        verb = found["verb"]
        if verb == "%":
            return "%"
        if verb not in _VERBS:
            raise Misuse(f"printf does not know %{verb}")
        if not waiting:
            raise Misuse(f"printf has no value for %{verb}")
        if int(found["width"] or 0) > _WIDEST or int(found["precision"] or 0) > _WIDEST:
            raise Misuse(f"printf makes nothing wider than {_WIDEST}")
        precision = f".{found['precision']}" if found["precision"] else ""
        value, code = _VERBS[verb](waiting.pop(0))
        flags = found["flags"] if code != "s" else found["flags"].replace("0", "").replace("+", "")
        filled: str = f"%{flags}{found['width'] or ''}{precision if code != 'd' else ''}{code}" % value
        return filled

    text = _VERB.sub(fill, _string(form))
    if waiting:
        raise Misuse(f"printf was given {len(waiting)} values too many")
    return text


def _number(value: Any) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise Misuse(f"a number is expected, not {kind(value)}")
    return value


def _boolean(value: Any) -> str:
    if not isinstance(value, bool):
        raise Misuse(f"a boolean is expected, not {kind(value)}")
    return show(value)


def _hexadecimal(value: Any) -> tuple[Any, str]:
    return (value.encode().hex(), "s") if isinstance(value, str) else (_integer(value), "x")


def _letter(code: int) -> str:
    return chr(code) if 0 <= code < 0xD800 or 0xE000 <= code < 0x110000 else "\ufffd"


# verb → the value and the letter of Python's % for it
_VERBS: dict[str, Callable[[Any], tuple[Any, str]]] = {
    "v": lambda value: (show(value), "s"),
    "s": lambda value: (show(value), "s"),
    "q": lambda value: (go_quote(show(value)), "s"),
    "d": lambda value: (_integer(value), "d"),
    "x": _hexadecimal,
    "X": lambda value: (_integer(value), "X"),
    "o": lambda value: (_integer(value), "o"),
    "f": lambda value: (_number(value), "f"),
    "e": lambda value: (_number(value), "e"),
    "g": lambda value: (_number(value), "g"),
    "c": lambda value: (_letter(_integer(value)), "s"),
    "t": lambda value: (_boolean(value), "s"),
}


def _kind_to_compare(value: Any) -> str:
    if not isinstance(value, (bool, str, int, float)) and value is not None:
        raise Misuse(f"{kind(value)} cannot be compared")
    return kind(value)


def _equal(first: Any, *others: Any) -> bool:
    kinds = {_kind_to_compare(value) for value in (first, *others) if value is not None}
    if len(kinds) > 1:
        raise Misuse(f"cannot compare {' with '.join(sorted(kinds))}")
    return any(first == other for other in others)


def _ordering(compare: Callable[[Any, Any], bool]) -> Definition:
    def call(one: Any, other: Any) -> bool:
        kinds = {_kind_to_compare(one), _kind_to_compare(other)}
        if len(kinds) > 1 or not kinds <= {"a string", "a number"}:
            raise Misuse(f"cannot order {' and '.join(sorted(kinds))}")
        return compare(one, other)

    return Definition(call, 2, 2)


def _first(truth: bool) -> Definition:
    """The first argument of this truth, else the last; what comes after it is not looked at."""

    def call(*arguments: Callable[[], Any]) -> Any:
        value = None
        for argument in arguments:
            value = argument()
            if bool(value) is truth:
                break
        return value

    return Definition(call, 1, None, is_lazy=True)


def _html(*values: Any) -> str:
    import html

    return html.escape(_print(*values))


FUNCTIONS: dict[str, Definition] = {
    "and": _first(False),
    "or": _first(True),
    "not": Definition(operator.not_, 1, 1),
    "eq": Definition(_equal, 2, None),
    "ne": Definition(lambda one, other: not _equal(one, other), 2, 2),
    "lt": _ordering(operator.lt),
    "le": _ordering(operator.le),
    "gt": _ordering(operator.gt),
    "ge": _ordering(operator.ge),
    "index": Definition(_index, 1, None),
    "slice": Definition(_slice, 1, 3),
    "len": Definition(_len, 1, 1),
    "print": Definition(_print, 0, None),
    "println": Definition(_println, 0, None),
    "printf": Definition(_printf, 1, None),
    "html": Definition(_html, 1, None),
    "urlquery": Definition(lambda *values: quote_plus(_print(*values)), 1, None),
    "json": Definition(_json, 1, 1),
    "join": Definition(_join, 2, 2),
    "split": Definition(_split, 2, 2),
    "title": Definition(_title, 1, 1),
    "lower": Definition(lambda value: _string(value).lower(), 1, 1),
    "upper": Definition(lambda value: _string(value).upper(), 1, 1),
    "pad": Definition(_pad, 3, 3),
    "truncate": Definition(_truncate, 2, 2),
}

# In the header of a table these say what a column is called, whatever is done to its values (Docker's HeaderFunctions).
HEADER_FUNCTIONS: dict[str, Definition] = FUNCTIONS | {
    "json": Definition(lambda value: value, 1, 1),
    "join": Definition(lambda value, separator: value, 2, 2),
    "split": Definition(lambda value, separator: value, 2, 2),
    "title": Definition(lambda value: value, 1, 1),
    "lower": Definition(lambda value: value, 1, 1),
    "upper": Definition(lambda value: value, 1, 1),
    "truncate": Definition(lambda value, most: value, 2, 2),
}
