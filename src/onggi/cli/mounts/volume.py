"""--mount type=volume."""

from __future__ import annotations

from onggi.cli import keyvalues
from onggi.container.spec import Volume
from onggi.container.volume import require_driver
from onggi.container.volume_text import subpath_in, target_in
from onggi.errors import Invalid
from onggi.fields import Fields

KEYS = frozenset(("source", "volume-nocopy", "volume-subpath", "volume-label", "volume-driver", "volume-opt"))


def make(said: Fields, folder: str) -> Volume:
    """Raises Invalid, NotFound for a driver."""
    require_driver(said.get("volume-driver"))
    name, read_only, subpath = said.get("source"), said.flag("readonly"), said.get("volume-subpath")
    if not name and (read_only or subpath):
        what = "ReadOnly mode" if read_only else "Subpath"
        raise Invalid(f"{said.whole}: must not set {what} when using anonymous volumes", hint="give it a source")
    return Volume(
        name,
        target_in(said.get("target"), said.whole),
        read_only,
        copies=not said.flag("volume-nocopy"),
        subpath=subpath_in(subpath, said.whole),
        labels=keyvalues.labels(said.all("volume-label")),
        options=keyvalues.labels(said.all("volume-opt")),
    )
