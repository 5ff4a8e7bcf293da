"""What the store knows of a network outside its database: a folder for each that has been used, written before its
bridge is made and removed when that is gone. So what is ours can be told from what is another store's, whatever happens
to rows.

    networks/ID/bridge      the name of the link
    networks/ID/names.json  see names.py
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from onggi.container.network.network import BRIDGE_NAME, Network
from onggi.layer import removal

_BRIDGE = "bridge"


def record(folder: Path, bridge: str) -> None:
    """The network with this folder is about to have the bridge."""
    path = folder / _BRIDGE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(bridge)


def has(folder: Path) -> bool:
    """Whether there may be a bridge."""
    return (folder / _BRIDGE).exists()


def remove(folder: Path) -> None:
    removal.remove(str(folder))


def orphans(folder: Path, known: Iterable[str]) -> Iterator[Network]:
    """Networks that have a folder in `folder` and are not known: their IDs and their bridges."""
    ids = {path.name for path in folder.iterdir() if path.is_dir()} if folder.exists() else set()
    for orphan in sorted(ids - set(known)):
        path = folder / orphan / _BRIDGE
        options = {BRIDGE_NAME: path.read_text()} if path.exists() else {}
        yield Network(id=orphan, name=orphan[:12], created=0, options=options)
