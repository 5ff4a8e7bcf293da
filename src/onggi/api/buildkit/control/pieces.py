"""Pieces of the build cache, as BuildKit's clients ask for them and see them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

from msgspec.structs import replace

from onggi.api.buildkit.moment import moment
from onggi.api.buildkit.wire.control_pb2 import UsageRecord
from onggi.engine import pruning
from onggi.engine.pruning import CacheFilter
from onggi.errors import Invalid, Unsupported
from onggi.store.cache_use import CacheUse

_TERM = re.compile(r"(?P<key>[a-z.]+)(?:(?P<how>==|~=|!=)(?P<value>.*))?")
_MATCHED = "id"
"""Its values are patterns, those of others are not."""
_NANOSECOND = 1e-9


def cache_filter(filters: Iterable[str], unused_for: int, now: float) -> CacheFilter:
    """`shared,type==regular,id~=ab`, and for how many nanoseconds they were not used (moby/buildkit, cache/manager.go;
    containerd, pkg/filters). Raises Invalid, and Unsupported for alternatives and for what is not to be so."""
    texts = [each for each in filters if each]
    if len(texts) > 1:
        raise Unsupported("several filters, any of which may match, are not supported", hint="ask once for each")
    found: dict[str, tuple[str, ...]] = {}
    for key, values in map(_term, texts[0].split(",") if texts else ()):
        found[key] = (*found.get(key, ()), *values)
    read = pruning.cache_filter(found, now)
    return replace(read, only=replace(read.only, until=now - unused_for * _NANOSECOND)) if unused_for else read


def _term(text: str) -> tuple[str, tuple[str, ...]]:
    found = _TERM.fullmatch(text.strip())
    if found is None:
        raise Invalid(f"{text!r} is no filter", hint="KEY, KEY==VALUE or id~=PATTERN")
    key, how, value = found.group("key", "how", "value")
    if how == "!=" or (how == "~=") != (key == _MATCHED and how is not None):
        raise Unsupported(f"the filter {text} is not supported", hint="KEY, KEY==VALUE or id~=PATTERN")
    return key, () if value is None else (value,)


def record(piece: CacheUse) -> UsageRecord:
    """Of what images or containers have too the size is theirs."""
    return UsageRecord(
        id=piece.id,
        size=piece.size,
        created_at=moment(piece.created),
        last_used_at=moment(piece.used),
        description=piece.description,
        record_type=piece.kind,
        shared=piece.is_shared,
    )


def of_records(size: int) -> UsageRecord:
    """What goes with the pieces that are pruned: what builds did, and said."""
    now = moment(time.time())
    return UsageRecord(
        id="build-records", size=size, created_at=now, description="build records", record_type="internal"
    )
