"""Why steps ran: this build's definitions held against the records of the build before. Pure, and all values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import SequenceMatcher

from onggi.solve.before import Before
from onggi.solve.differences import Frame, differences
from onggi.solve.record import Cause, Definition, VertexRecord


def causes(
    before: Before,
    definitions: Sequence[Definition],
    missed: Collection[int],
    *,
    fresh: Collection[int] = (),
) -> dict[int, Cause]:
    """The cause for each of `missed`. Without a build before there is nothing to hold against: no causes at all."""
    again = {index: Cause("no-cache") for index in missed if index in fresh}
    if not before.records or len(again) == len(missed):
        return again
    partners = match([record.definition for record in before.records], definitions)
    frame = Frame(
        olds={each.vertex: each.definition for each in before.records},
        news=definitions,
        arguments=before.arguments,
        inventories=before.inventories,
    )
    found = dict(again)
    for index in sorted(set(missed) - again.keys()):
        old = before.records[partners[index]] if index in partners else None
        found[index] = _cause(old, definitions[index], frame, found)
    return found


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


def _cause(record: VertexRecord | None, new: Definition, frame: Frame, known: Mapping[int, Cause]) -> Cause:
    """known: of what comes before."""
    if record is None:
        return Cause("new")
    old = record.definition
    if old.key == new.key:
        above = next((each for each in new.inputs if each in known and known[each].kind in ("no-cache", "above")), None)
        if above is not None:
            return Cause("above", above=above)
        return Cause("unfinished" if record.outcome in ("failed", "cancelled") else "forgotten")
    if changes := differences(old, new, frame):
        return Cause("changed", changes)
    return Cause("above", above=_changed_input(old, new))


def _changed_input(old: Definition, new: Definition) -> int | None:
    inputs = zip(new.inputs, old.parts, new.parts, strict=False)
    return next((source for source, was, now in inputs if was != now), None)
