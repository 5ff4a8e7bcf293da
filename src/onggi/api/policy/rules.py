"""`--allow build:name=ci/*,pull`: what was allowed, as it was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from onggi.errors import Invalid

Noun: TypeAlias = Literal["container", "network", "volume"]
"""What has labels, and is one socket's or another's."""

SETS: Mapping[str, str] = {
    "build": "building images",
    "commit": "making images of containers",
    "containers": "what is done with containers",
    "events": "telling what happens",
    "images": "looking at images, and saving them,",
    "load": "loading and importing images",
    "networks": "what is done with networks",
    "pull": "pulling images",
    "push": "pushing images",
    "remove": "removing and pruning images and the build cache",
    "system": "telling of the engine and of disk usage",
    "tag": "giving images further names",
    "volumes": "what is done with volumes",
}
"""What each is about, as a refusal says it."""
SET_OF: Mapping[Noun, str] = {"container": "containers", "network": "networks", "volume": "volumes"}
"""The sets that `label=` makes smaller."""
NAMED = ("build", "commit", "pull", "push", "tag")
"""The sets that `name=` makes smaller: to images of these names."""


class Rule(msgspec.Struct, frozen=True):
    """What is allowed of one set: of its images those whose names match one of `names`, of its containers (networks,
    volumes) those with one of `labels`, each `key` or `key=value`; all of them where there are none."""

    names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


Rules: TypeAlias = Mapping[str, Rule]
"""By the names of the sets that are allowed."""
EVERYTHING: Rules = MappingProxyType(dict.fromkeys(SETS, Rule()))


class Policy(msgspec.Struct, frozen=True):
    rules: Rules = EVERYTHING
    is_read_only: bool = False


def parse(allowed: Sequence[str], *, is_read_only: bool) -> Policy | None:
    """From `--allow build,pull --allow containers:label=ci`; None where nothing is made smaller. Raises Invalid."""
    if not allowed:
        return Policy(is_read_only=True) if is_read_only else None
    rules: dict[str, Rule] = {}
    for text in (part.strip() for each in allowed for part in each.split(",")):
        name, _, limit = text.partition(":")
        if name not in SETS:
            raise Invalid(f"--allow {text}: there is no set {name!r}", hint=f"sets: {', '.join(SETS)}")
        rules[name] = _with(rules.get(name, Rule()), name, limit) if limit else rules.get(name, Rule())
    return Policy(rules, is_read_only)


def _with(rule: Rule, name: str, limit: str) -> Rule:
    key, _, value = limit.partition("=")
    if key == "label" and name in SET_OF.values() and value:
        return replace(rule, labels=(*rule.labels, value))
    if key == "name" and name in NAMED and value:
        return replace(rule, names=(*rule.names, value))
    raise Invalid(
        f"--allow {name}:{limit} makes no sense",
        hint=f"{', '.join(SET_OF.values())} take label=KEY or label=KEY=VALUE, {', '.join(NAMED)} take name=PATTERN",
    )
