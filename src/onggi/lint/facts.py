"""What rules are told besides the Dockerfile."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from onggi.oci.config import ImageConfig
from onggi.oci.platform import Platform


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """What the image says that a stage begins on. `triggers` are the instructions of its ONBUILD."""

    environment: Mapping[str, str] = {}
    has_shell: bool = False
    triggers: tuple[str, ...] = ()
    platform: Platform | None = None

    @classmethod
    def of(cls, image: ImageConfig) -> Base:
        return cls(
            environment=dict(entry.partition("=")[::2] for entry in image.config.env),
            has_shell=bool(image.config.shell),
            triggers=image.config.on_build,
            platform=Platform(image.architecture, image.os, image.variant),
        )


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """`automatic` are the arguments that are set without an ARG (TARGETPLATFORM and its like), `ignore` the patterns
    for the build context. `bases` tells, by a stage's index, what its image says; where that is not known, rules that
    would have to guess keep silent. `stages` are the indexes of the stages that a build needs, None for all."""

    automatic: Mapping[str, str]
    build_args: Mapping[str, str] = {}
    ignore: tuple[str, ...] = ()
    bases: Mapping[int, Base] = {}
    stages: frozenset[int] | None = None
