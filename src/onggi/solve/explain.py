"""Why steps ran: this build's definitions held against the records of the build before. Pure, and all values."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

import msgspec

from onggi.solve.record import Cause, Change, Definition, VertexRecord

_WORDS = {"argv": "command"}


def causes(
    previous: Sequence[VertexRecord],
    definitions: Sequence[Definition],
    missed: Collection[int],
    *,
    no_cache: bool = False,
) -> dict[int, Cause]:
    """The cause for each of `missed`. Without a build before there is nothing to hold against: no causes at all."""
    if no_cache:
        return {index: Cause("no-cache") for index in missed}
    if not previous:
        return {}
    partners = match([record.definition for record in previous], definitions)
    return {index: _cause(index, partners, previous, definitions) for index in missed}


def match(old: Sequence[Definition], new: Sequence[Definition]) -> dict[int, int]:
    """Which vertex of the build before corresponds to each of this one: equal text in equal order; between those, the
    same instruction of the same stage (`RUN npm ci` became `RUN npm install`). Keys are indexes of `new`."""
    pairs: dict[int, int] = {}
    matcher = SequenceMatcher(None, [each.text for each in old], [each.text for each in new], autojunk=False)
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            pairs.update(zip(range(new_start, new_end), range(old_start, old_end), strict=True))
        elif tag == "replace":
            left = list(range(old_start, old_end))
            for index in range(new_start, new_end):
                partner = next((each for each in left if _kind(old[each]) == _kind(new[index])), None)
                if partner is not None:
                    left.remove(partner)
                    pairs[index] = partner
    return pairs


def _kind(definition: Definition) -> tuple[str, str]:
    return definition.stage, definition.text.partition(" ")[0].upper()


def _cause(
    index: int, partners: Mapping[int, int], previous: Sequence[VertexRecord], definitions: Sequence[Definition]
) -> Cause:
    if index not in partners:
        return Cause("new")
    record, new = previous[partners[index]], definitions[index]
    old = record.definition
    if old.key == new.key:
        return Cause("unfinished" if record.outcome in ("failed", "cancelled") else "forgotten")
    olds = {each.vertex: each.definition for each in previous}
    if changes := (*_op_changes(old, new), *_file_changes(old, new), *_base_changes(old, new, olds, definitions)):
        return Cause("changed", changes)
    above = next(
        (source for source, was, now in zip(new.inputs, old.parts, new.parts, strict=False) if was != now), None
    )
    return Cause("above", above=above)


def _op_changes(old: Definition, new: Definition) -> Iterator[Change]:
    before, after = msgspec.json.decode(old.op), msgspec.json.decode(new.op)
    for field in sorted(before.keys() | after.keys()):
        if before.get(field) == after.get(field):
            continue
        if field == "env":
            yield from _environment_changes(before.get(field, ()), after.get(field, ()))
        else:
            word = _WORDS.get(field, field.replace("_", " "))
            yield Change(word, old=_text(before.get(field)), new=_text(after.get(field)))


def _environment_changes(old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    before, after = (dict(_split(each) for each in entries) for entries in (old, new))
    changes = [
        Change("environment", name, before.get(name, ""), after.get(name, ""))
        for name in (before | after)
        if before.get(name) != after.get(name)
    ]
    yield from changes or [Change("environment")]  # the same variables in another order


def _split(entry: str) -> tuple[str, str]:
    name, _, value = entry.partition("=")
    return name, value


def _file_changes(old: Definition, new: Definition) -> Iterator[Change]:
    for position in old.selections.keys() & new.selections.keys():
        before, after = old.selections[position], new.selections[position]
        if before != after:
            yield Change("files", old=before, new=after)


def _base_changes(
    old: Definition, new: Definition, olds: Mapping[int, Definition], news: Sequence[Definition]
) -> Iterator[Change]:
    """Images that stand at the same place among the inputs and are not the same any more. `olds` are by vertex: the
    build context has no record, so the place of a record is not the number of its vertex."""
    for was, now in zip(old.inputs, new.inputs, strict=False):
        if was not in olds:
            continue
        before, after = msgspec.json.decode(olds[was].op), msgspec.json.decode(news[now].op)
        if before != after and before["op"] == after["op"] == "image":
            yield Change("base", news[now].text.removeprefix("FROM "), before["image_id"], after["image_id"])


def _text(value: Any) -> str:
    """A field of an op as people read it: a shell's script without the shell, lists with spaces."""
    if isinstance(value, list):
        words = value[2:] if value[1:2] == ["-c"] and len(value) == 3 else value
        return " ".join(word if isinstance(word, str) else _part(word) for word in words)
    return "" if value is None else str(value)


def _part(value: Any) -> str:
    """A Pick by its pattern, a mount by its fields."""
    if isinstance(value, list):
        return str(value[1])
    return ",".join(f"{name}={text}" for name, text in value.items())
