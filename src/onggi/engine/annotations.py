"""--annotation, and the annotation keys of --output (docker/buildx, util/buildflags; BuildKit, docs/annotations.md)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import cast, get_args

from onggi.engine.output import Annotation, Level
from onggi.errors import Invalid
from onggi.oci import platform as platforms
from onggi.oci.platform import Platform
from onggi.suggest import did_you_mean

_LEVELS: tuple[str, ...] = get_args(Level)
_PREFIX = re.compile(r"(?P<level>[a-z-]+)(?:\[(?P<platform>[^]]*)\])?")
_KEY = re.compile(r"annotation(?:-(?P<level>[a-z-]+))?(?:\[(?P<platform>[^]]*)\])?\.(?P<key>.+)")
_HINT = "write KEY=VALUE, index:KEY=VALUE or manifest[linux/arm64]:KEY=VALUE"


def parse(texts: Iterable[str]) -> tuple[Annotation, ...]:
    """`[LEVEL[[PLATFORM]][,…]:]KEY=VALUE`. Raises Invalid."""
    return tuple(each for text in texts for each in _annotations(text))


def _annotations(text: str) -> Iterator[Annotation]:
    whole = f"--annotation {text}"
    name, equals, value = text.partition("=")
    prefixes, colon, key = name.rpartition(":")
    if not equals or not key.strip():
        raise Invalid(f"{whole} is not KEY=VALUE", hint=_HINT)
    for prefix in prefixes.split(",") if colon else ("manifest",):
        match = _PREFIX.fullmatch(prefix)
        if match is None:
            raise Invalid(f"{whole}: {prefix!r} is no level of an image{did_you_mean(prefix, _LEVELS)}", hint=_HINT)
        yield _annotation(whole, match["level"], match["platform"], key, value)


def of_output(whole: str, fields: Mapping[str, str]) -> tuple[Annotation, ...]:
    """Those among the keys of --output: `annotation[-LEVEL][[PLATFORM]].KEY`. Raises Invalid."""
    found = []
    for field, value in fields.items():
        if field.startswith("annotation"):
            match = _KEY.fullmatch(field)
            if match is None:
                raise Invalid(f"{whole}: {field!r} does not say which annotation", hint="write annotation.KEY=VALUE")
            found.append(_annotation(whole, match["level"] or "manifest", match["platform"], match["key"], value))
    return tuple(found)


def _annotation(whole: str, level: str, platform: str | None, key: str, value: str) -> Annotation:
    if level not in _LEVELS:
        raise Invalid(f"{whole}: {level!r} is no level of an image{did_you_mean(level, _LEVELS)}", hint=_HINT)
    on = _platform(whole, platform) if platform else None
    if on is not None and level.startswith("index"):
        raise Invalid(f"{whole}: an index is for all platforms, not for {on}")
    return Annotation(key=key, value=value, level=cast(Level, level), platform=on)


def _platform(whole: str, text: str) -> Platform:
    try:
        return platforms.parse(text)
    except Invalid as error:
        raise Invalid(f"{whole}: {error}", hint=error.hint) from error
