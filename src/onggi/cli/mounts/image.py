"""--mount type=image."""

from __future__ import annotations

from onggi.container.spec import ImageMount
from onggi.container.volume_text import subpath_in, target_in
from onggi.errors import Invalid
from onggi.fields import Fields

KEYS = frozenset(("source", "image-subpath"))


def make(said: Fields, folder: str) -> ImageMount:
    """Raises Invalid."""
    if not said.get("source"):
        raise Invalid(f"{said.whole}: source is missing", hint="write type=image,source=IMAGE,target=/path/here")
    return ImageMount(
        said.get("source"), target_in(said.get("target"), said.whole), subpath_in(said.get("image-subpath"), said.whole)
    )
