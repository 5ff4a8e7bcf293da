"""What differs between two definitions of the same instruction, part by part, with both values."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from onggi.dockerfile.secrecy import is_secret_name, redact
from onggi.solve.inventory import compare, count
from onggi.solve.ports import Inventories
from onggi.solve.record import Change, Definition

_WORDS = {"argv": "command"}
_HASH_LENGTH = 12


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What stands around both definitions: the other vertices of their builds, by index; the names that ARG declares;
    and what was taken from their inputs."""

    olds: Mapping[int, Definition]
    news: Sequence[Definition]
    arguments: Collection[str] = ()
    inventories: Inventories | None = None


def differences(old: Definition, new: Definition, frame: Frame) -> tuple[Change, ...]:
    """None where all that changed is what the inputs are."""
    return (
        *_op_changes(old, new, frame),
        *_remote_changes(old, new),
        *_file_changes(old, new, frame),
        *_base_changes(old, new, frame),
    )


def files_changed(old: str, new: str, inventories: Inventories | None) -> Change:
    """Of two selections that are known by their digests."""
    before = inventories.before(old) if inventories else None
    after = inventories.now(new) if inventories else None
    if before is None or after is None:
        return Change("files", old=old, new=new)
    files = compare(before, after)
    removed = sum("removed" in each.differences for each in files)
    return Change("files", old=old, new=new, files=files, total=count(after) + removed)


def _op_changes(old: Definition, new: Definition, frame: Frame) -> Iterator[Change]:
    before, after = msgspec.json.decode(old.op), msgspec.json.decode(new.op)
    for field in sorted(before.keys() | after.keys()):
        if before.get(field) == after.get(field):
            continue
        if field == "env":
            yield from _environment_changes(before.get(field, ()), after.get(field, ()), frame.arguments)
        elif before["op"] == after["op"] == "inline":
            yield from _heredoc_changes(before["files"], after["files"])
        else:
            text = _TEXTS.get(field, _text)
            was, now = (redact(text(op[field])) if field in op else "" for op in (before, after))
            yield Change(_WORDS.get(field, field.replace("_", " ")), old=was, new=now)


def _environment_changes(old: Sequence[str], new: Sequence[str], arguments: Collection[str]) -> Iterator[Change]:
    before, after = (dict(entry.partition("=")[::2] for entry in entries) for entries in (old, new))
    changes = [
        _variable(name, before.get(name, ""), after.get(name, ""), name in arguments)
        for name in (before | after)
        if before.get(name) != after.get(name)
    ]
    yield from changes or [Change("environment")]  # the same variables in another order


def _variable(name: str, old: str, new: str, is_argument: bool) -> Change:
    what = "build argument" if is_argument else "environment"
    if is_secret_name(name) or redact(old) != old or redact(new) != new:
        return Change(what, name, _hash(old), _hash(new), is_hidden=True)
    return Change(what, name, old, new)


def _hash(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]}" if text else ""


def _heredoc_changes(old: Sequence[Sequence[Any]], new: Sequence[Sequence[Any]]) -> Iterator[Change]:
    before, after = ({name: (text, *rest) for name, text, *rest in files} for files in (old, new))
    for name in before | after:
        if before.get(name) != after.get(name):
            was, now = before.get(name, ("",))[0], after.get(name, ("",))[0]
            yield Change("heredoc", name, redact(was), redact(now))


def _remote_changes(old: Definition, new: Definition) -> Iterator[Change]:
    """What is fetched has no inputs: its part says what the other side has."""
    if not new.inputs and old.parts != new.parts and old.parts and new.parts:
        op = msgspec.json.decode(new.op)
        yield Change("remote", redact(op.get("url") or op.get("address", "")), old.parts[0], new.parts[0])


def _file_changes(old: Definition, new: Definition, frame: Frame) -> Iterator[Change]:
    for position in sorted(old.selections.keys() & new.selections.keys()):
        before, after = old.selections[position], new.selections[position]
        if before != after:
            yield files_changed(before, after, frame.inventories)


def _base_changes(old: Definition, new: Definition, frame: Frame) -> Iterator[Change]:
    """Images that stand at the same place among the inputs and are not the same any more. `olds` are by vertex: the
    build context has no record, so the place of a record is not the number of its vertex."""
    for was, now in zip(old.inputs, new.inputs, strict=False):
        if was not in frame.olds:
            continue
        before, after = msgspec.json.decode(frame.olds[was].op), msgspec.json.decode(frame.news[now].op)
        if before != after and before["op"] == after["op"] == "image":
            names = _reference(frame.olds[was].text), _reference(frame.news[now].text)
            if names[0] != names[1]:
                yield Change("reference", old=names[0], new=names[1])
            yield Change("base", names[1], before["image_id"], after["image_id"])


def _reference(text: str) -> str:
    """The image of a FROM, as it is written: without what stands before and behind it."""
    words = [word for word in text.split()[1:] if not word.startswith("--")]
    return words[0] if words else ""


def _text(value: Any) -> str:
    """A field of an op as people read it: a shell's script without the shell, lists with spaces."""
    match value:
        case list():
            shell = value[1:2] == ["-c"] and len(value) == 3
            return " ".join(map(_text, value[2:] if shell else value))
        case dict():
            return ",".join(f"{name}={_text(each)}" for name, each in value.items())
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)


def _sources(picks: Sequence[Sequence[Any]]) -> str:
    """Without the numbers of the inputs."""
    return " ".join(pick[1] for pick in picks)


def _mounts(mounts: Sequence[Mapping[str, Any]]) -> str:
    return " ".join(
        _text({"type": mount["op"], **{key: mount[key] for key in mount if key != "op"}}) for mount in mounts
    )


_TEXTS: Mapping[str, Callable[[Any], str]] = {"sources": _sources, "mounts": _mounts}
