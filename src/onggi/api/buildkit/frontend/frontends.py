"""Which frontends are served: the one for Dockerfiles, by whatever name a client asks for it."""

from __future__ import annotations

from collections.abc import Mapping

from onggi.engine.build.frontends import is_own
from onggi.errors import Unsupported

_OF_DOCKERFILES = "dockerfile.v0"
_OF_IMAGE = "gateway.v0"
"""The one that is in an image, which the option `source` names."""


def check(name: str, options: Mapping[str, str]) -> None:
    """Raises Unsupported for another one."""
    image = options.get("source", "")
    if name != _OF_DOCKERFILES and not (name == _OF_IMAGE and is_own(image)):
        raise Unsupported(
            f"there is no frontend {image or repr(name)} here", hint=f"{_OF_DOCKERFILES} is, for Dockerfiles"
        )
