"""What can be said of one part of a request: it is harmless, it names something, it is a way to the host."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from onggi.api.policy.refused import denied
from onggi.api.policy.rules import SET_OF, Noun
from onggi.api.policy.sight import Sight


class Verdict(Protocol):
    def judge(self, value: Any, sight: Sight) -> Any:
        """The value as it may be handled. Raises Refusal."""


Verdicts = Mapping[str, Verdict]
"""By the names of parts: a path's, or the fields of a struct."""


class Plain(msgspec.Struct, frozen=True):
    """It reaches nothing but what the request is about."""

    def judge(self, value: Any, sight: Sight) -> Any:
        return value


class Reach(msgspec.Struct, frozen=True):
    """It is a way out of containers, where `is_asked` says so of its value."""

    reason: str
    is_asked: Callable[[Any], object] = bool

    def judge(self, value: Any, sight: Sight) -> Any:
        if self.is_asked(value):
            raise denied(self.reason)
        return value


class Named(msgspec.Struct, frozen=True):
    """It names one such thing, or several; "" names none."""

    noun: Noun

    def judge(self, value: Any, sight: Sight) -> Any:
        if isinstance(value, tuple):
            return tuple(sight.own(self.noun, each) for each in value)
        return sight.own(self.noun, value) if value else value


class Entered(msgspec.Struct, frozen=True):
    """It names one such thing that is to go into something of another set, or out of it: one that this socket may do
    something with, not any that there is."""

    noun: Noun

    def judge(self, value: str, sight: Sight) -> str:
        if SET_OF[self.noun] not in sight.rules:
            raise denied(f"the {self.noun} {value} is not of this socket (it would need --allow {SET_OF[self.noun]})")
        return sight.own(self.noun, value)


class By(msgspec.Struct, frozen=True):
    """What a function of its own makes of it. `reach`: what that refuses as a way to the host."""

    judge: Callable[[Any, Sight], Any]
    reach: Reach | None = None


PLAIN = Plain()


def plain(names: str) -> dict[str, Verdict]:
    """Several that are."""
    return dict.fromkeys(names.split(), PLAIN)


def judged(value: msgspec.Struct, verdicts: Verdicts, sight: Sight) -> Any:
    """With each field as it may be handled. Raises Refusal."""
    return _changed(
        value,
        {name: _verdict(verdicts, name).judge(getattr(value, name), sight) for name in value.__struct_fields__},
    )


def judged_parts(parts: Mapping[str, str], verdicts: Verdicts, sight: Sight) -> Mapping[str, str]:
    """The same of the parts of a path."""
    return {name: _verdict(verdicts, name).judge(value, sight) for name, value in parts.items()}


def _verdict(verdicts: Verdicts, name: str) -> Verdict:
    found = verdicts.get(name)
    if found is None:
        raise denied(f"it asks for something that this policy does not know ({name})")
    return found


def _changed(value: msgspec.Struct, fields: Mapping[str, Any]) -> Any:
    changes = {name: found for name, found in fields.items() if found is not getattr(value, name)}
    return replace(value, **changes) if changes else value


def reasons(verdicts: Iterable[Verdict]) -> list[str]:
    """Of those that are ways to the host."""
    reaches = (each.reach if isinstance(each, By) else each for each in verdicts)
    return [each.reason for each in reaches if isinstance(each, Reach)]
