"""`registries.toml` as a table; every mistake is told with its line and key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias, TypeVar

from onggi.configuration.document import Cell
from onggi.configuration.keys import Keys, fields, unknown_key
from onggi.configuration.values import flag, one_of
from onggi.errors import Denied, Invalid, NotFound
from onggi.fetch.network import Patience
from onggi.registry.settings import values
from onggi.registry.settings.part import Part, Prefixed
from onggi.registry.settings.table import Demand, Entry, Table

_Prefixed = TypeVar("_Prefixed", bound=Prefixed)


def read(path: Path | None) -> Table:
    """What the file says; an empty table for None. Raises NotFound and Denied for a file that cannot be read; with line
    and key NotFound for one that it names and that is not there, Invalid for what it may not say."""
    if path is None:
        return Table()
    try:
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFound(
            f"there are no settings of registries at {path}", hint="ONGGI_REGISTRIES says where they are"
        ) from error
    except OSError as error:
        raise Denied(f"the settings of registries at {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{path} is not UTF-8: {error.reason} at byte {error.start}") from error
    found = table(content, path)
    for line, key, named in _named(found):
        _check_file(named, f"{line}: {key}")
    return found


def _named(table: Table) -> Iterator[tuple[str, str, Path]]:
    """The files that it names: at which line, by which key."""
    for entry in table.entries:
        yield from ((entry.line, "ca", path) for path in entry.authorities)
        yield from ((entry.line, key, path) for key, path in zip(_CLIENT, entry.client or (), strict=False))
    for demand in table.demands:
        yield from ((demand.line, "key" if len(demand.keys) == 1 else "keys", path) for path in demand.keys)


def _check_file(path: Path, place: str) -> None:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"{place}: there is no file {path}", hint="paths begin at the folder of this file") from error
    except OSError:
        return  # it may be somebody else's, and for registries that are not asked now; who uses it says what is wrong


def table(content: str, path: Path) -> Table:
    """What a text says that stands in the file `path`: paths in it begin at its folder. Raises Invalid."""
    from onggi.configuration import toml  # late: most people have no such file

    return Table(**fields(toml.document(content, str(path)), _TABLES))


def _entries(cell: Cell) -> tuple[Entry, ...]:
    return _distinct(cell, _entry)


def _demands(cell: Cell) -> tuple[Demand, ...]:
    return _distinct(cell, _demand)


def _distinct(cell: Cell, read_one: Callable[[Cell], _Prefixed]) -> tuple[_Prefixed, ...]:
    if isinstance(cell.value, dict):
        raise cell.wrong("a list of tables", f"; each begins with [[{cell.key()}]]")
    lines: dict[Part, str] = {}
    found = []
    for each in cell.cells():
        one = read_one(each)
        if one.prefix in lines:
            raise each.fault(f"{one.prefix} has been said already", f"at {lines[one.prefix]}")
        lines[one.prefix] = each.place()
        found.append(one)
    return tuple(found)


def _entry(cell: Cell) -> Entry:
    said = _said(cell, _ENTRY, 'prefix = "docker.io" says which names an entry is for')
    found = fields(cell, _ENTRY)
    _check(said, _ENTRY_NEEDS, _ENTRY_EXCLUDES)
    _check_host(said, found["prefix"], found.get("location"))
    if "certificate" in found:
        found["client"] = (found.pop("certificate"), found.pop("key"))
    return Entry(**found, line=cell.place())


def _demand(cell: Cell) -> Demand:
    said = _said(cell, _DEMAND, 'prefix = "*" would be for all images')
    found = fields(cell, _DEMAND)
    required = found.pop("required", ())
    if _SIGNATURE in required and "keys" not in found:
        raise said["require"].fault("it takes a key to check a signature", 'key = "cosign.pub" names one')
    if _SIGNATURE not in required and "keys" in found:
        raise (said.get("key") or said["keys"]).fault("no signature is required", 'require = ["signature"] does')
    _check(said, (), _DEMAND_EXCLUDES)
    return Demand(**found, requires_digest=_DIGEST in required, line=cell.place())


def _said(cell: Cell, keys: Keys, hint: str) -> dict[str, Cell]:
    said = dict(cell.pairs())
    for key, each in said.items():
        if key in _ELSEWHERE:
            raise unknown_key(each, key, keys, f"; {_ELSEWHERE[key]}")
    if "prefix" not in said and said.keys() <= keys.keys():
        raise cell.fault("the key prefix is missing", hint)
    return said


_Needs: TypeAlias = Sequence[tuple[str, str]]
_Excludes: TypeAlias = Sequence[tuple[str, Sequence[str], str]]


def _check(said: Mapping[str, Cell], needs: _Needs, excludes: _Excludes) -> None:
    """Whether the keys fit together; one that is false is as if it were not there."""
    meant = {key: cell for key, cell in said.items() if cell.value is not False}
    for key, needed in needs:
        if key in meant and needed not in meant:
            raise meant[key].fault(f"it goes with {needed}, which is missing")
    for key, others, why in excludes:
        for other in others:
            if key in meant and other in meant:
                raise meant[other].fault(f"it does not go with {key}: {why}")


def _check_host(said: Mapping[str, Cell], prefix: Part, location: Part | None) -> None:
    for key in _OF_HOSTS:
        if key not in said:
            continue
        if prefix.path:
            raise said[key].fault(
                f"it is for a host, and {prefix} is a part of one", f'prefix = "{prefix.host}" is the host'
            )
        if location is not None:
            raise said[key].fault(
                f"{prefix} is not connected to, but its location",
                f'an entry with prefix = "{location.host}" says how',
            )


def _patience(cell: Cell) -> Patience:
    return Patience(**fields(cell, _PATIENCE))


def _required(cell: Cell) -> tuple[str, ...]:
    return tuple(one_of(each, {word: word for word in (_DIGEST, _SIGNATURE)}) for each in cell.cells())


_DIGEST = "digest"
_SIGNATURE = "signature"
_CLIENT = ("client-cert", "client-key")

_ENTRY: Keys = {
    "prefix": ("prefix", values.prefix),
    "mirrors": ("mirrors", values.parts),
    "only-mirrors": ("has_only_mirrors", flag),
    "location": ("location", values.part),
    "blocked": ("blocked", values.reason),
    "plain": ("may_be_plain", flag),
    "verify": ("is_verified", flag),
    "ca": ("authorities", values.files),
    "client-cert": ("certificate", values.file),
    "client-key": ("key", values.file),
    "chunk": ("chunk", values.size),
}
_OF_HOSTS = ("plain", "verify", "ca", "client-cert", "client-key", "chunk")
_ENTRY_NEEDS: _Needs = (("only-mirrors", "mirrors"), _CLIENT, _CLIENT[::-1])
_ENTRY_EXCLUDES: _Excludes = (("blocked", ("mirrors", "location"), "what is blocked is asked for nowhere"),)
_ELSEWHERE = {
    "insecure": "plain = true is for HTTP, verify = false for a certificate that nobody vouches for",
    "mirror": 'mirrors = ["mirror.example:5000/hub"] is a list of them, each of which may have an entry of its own',
}
"""Keys of registries.conf(5), and what they are here."""

_DEMAND: Keys = {
    "prefix": ("prefix", values.prefix),
    "require": ("required", _required),
    "forbid": ("forbidden_tags", values.tags),
    "key": ("keys", values.files),
    "keys": ("keys", values.files),
}
_DEMAND_EXCLUDES: _Excludes = (("key", ("keys",), "one of them has all"),)

_PATIENCE: Keys = {
    "connect": ("connect_seconds", values.seconds),
    "silence": ("silence_seconds", values.seconds),
    "attempts": ("attempts", values.attempts),
    "pause": ("pause_seconds", values.seconds),
}
_TABLES: Keys = {
    "registry": ("entries", _entries),
    "policy": ("demands", _demands),
    "patience": ("patience", _patience),
}
