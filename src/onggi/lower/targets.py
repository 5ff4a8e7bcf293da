"""The stages that a build can be asked for: what `--call targets` lists."""

from __future__ import annotations

import msgspec

from onggi.dockerfile.comments import description
from onggi.dockerfile.syntax import Dockerfile


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One stage. `name` is "" if it has none, `base` and `platform` are as written; `description` is what the comment
    right above tells after the name. `lines` are the first and the last of its FROM."""

    name: str
    description: str
    base: str
    platform: str
    is_default: bool
    lines: tuple[int, int]


def targets(dockerfile: Dockerfile) -> tuple[Target, ...]:
    """All stages in the file's order."""
    found: list[Target] = []
    for stage in dockerfile.stages:
        base = stage.base
        name = "" if base.name is None else base.name.text
        found.append(
            Target(
                name=name,
                description=description(dockerfile, base, name) if name else "",
                base=base.image.text,
                platform="" if base.platform is None else base.platform.text,
                is_default=stage is dockerfile.stages[-1],
                lines=(base.origin.span.line, base.origin.span.end_line),
            )
        )
    return tuple(found)
