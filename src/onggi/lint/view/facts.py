"""What rules are told besides the Dockerfile."""

from __future__ import annotations

from collections.abc import Container, Mapping

import msgspec

from onggi.lint.policy import Policy
from onggi.lint.view.context import Context
from onggi.oci.config import ImageConfig
from onggi.oci.platform import Platform


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """What the image says that a stage begins on. `shell` is its SHELL, () for Docker's own; `triggers` are the
    instructions of its ONBUILD; `programs` has the names of what is found by its PATH, None if nobody has looked."""

    environment: Mapping[str, str] = {}
    shell: tuple[str, ...] = ()
    user: str = ""
    created: str = ""
    triggers: tuple[str, ...] = ()
    platform: Platform | None = None
    programs: Container[str] | None = None

    @classmethod
    def of(cls, image: ImageConfig) -> Base:
        return cls(
            environment=dict(entry.partition("=")[::2] for entry in image.config.env),
            shell=image.config.shell,
            user=image.config.user,
            created=image.created,
            triggers=image.config.on_build,
            platform=Platform(image.architecture, image.os, image.variant),
        )


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """`automatic` are the arguments that are set without an ARG (TARGETPLATFORM and its like), `ignore` the patterns
    for the build context. `bases` tells, by a stage's index, what its image says; where that is not known, rules that
    would have to guess keep silent. `stages` are the indexes of the stages that a build needs, None for all. `context`
    is what would be sent, None if nobody knows. `policy` is what the project demands. `now` is the time, in seconds
    since the epoch, None if no rule is to look at dates. named: what stands for a further build context, in lower
    case."""

    automatic: Mapping[str, str]
    build_args: Mapping[str, str] = {}
    ignore: tuple[str, ...] = ()
    bases: Mapping[int, Base] = {}
    stages: frozenset[int] | None = None
    context: Context | None = None
    named: frozenset[str] = frozenset()
    policy: Policy = Policy()
    now: float | None = None
