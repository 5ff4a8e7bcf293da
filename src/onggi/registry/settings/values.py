"""Values of `registries.toml` as the table has them. Each raises Invalid, with place and key, for another one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from onggi.amounts import bytes_of
from onggi.configuration.document import Cell
from onggi.configuration.values import text
from onggi.dockerfile import duration
from onggi.errors import Invalid
from onggi.oci import reference
from onggi.registry.settings import part as names
from onggi.registry.settings.part import Part


def part(cell: Cell) -> Part:
    return _part_by(cell, names.part, "a registry, or a part of one such as mirror.example:5000/hub")


def prefix(cell: Cell) -> Part:
    return _part_by(cell, names.prefix, "a registry, or a part of one such as docker.io/library, or *.corp.example")


def _part_by(cell: Cell, parse: Callable[[str], Part], expected: str) -> Part:
    try:
        return parse(text(cell))
    except Invalid as error:
        meant = "; it is written without https://" if "://" in text(cell) else ""
        raise cell.wrong(expected, meant) from error


def parts(cell: Cell) -> tuple[Part, ...]:
    return tuple(map(part, cell.cells()))


def reason(cell: Cell) -> str | None:
    """Why it is blocked: true is for no reason."""
    if isinstance(cell.value, bool):
        return "" if cell.value else None
    if isinstance(cell.value, str):
        return text(cell)
    raise cell.wrong("true, or the reason")


def file(cell: Cell) -> Path:
    return Path(cell.name).parent / text(cell)


def files(cell: Cell) -> tuple[Path, ...]:
    return tuple(map(file, cell.cells() if isinstance(cell.value, list) else (cell,)))


def size(cell: Cell) -> int:
    try:
        count = bytes_of(text(cell), kilo=1000)
    except Invalid as error:
        raise cell.wrong('a size such as "5MB"') from error
    if count < 1:
        raise cell.wrong("at least a byte")
    return count


def seconds(cell: Cell) -> float:
    try:
        nanoseconds = duration.parse(text(cell))
    except Invalid as error:
        raise cell.wrong('a length of time such as "30s"') from error
    if nanoseconds <= 0:
        raise cell.wrong("more than no time")
    return nanoseconds / 1e9


def attempts(cell: Cell) -> int:
    if not isinstance(cell.value, int) or isinstance(cell.value, bool):
        raise cell.wrong("a number")
    if cell.value < 1:
        raise cell.fault("there is one at least")
    return cell.value


def tag(cell: Cell) -> str:
    tag = text(cell)
    try:
        is_tag = reference.parse(f"any:{tag}").tag == tag
    except Invalid:
        is_tag = False
    if not is_tag:
        raise cell.wrong("a tag")
    return tag


def tags(cell: Cell) -> tuple[str, ...]:
    return tuple(map(tag, cell.cells()))
