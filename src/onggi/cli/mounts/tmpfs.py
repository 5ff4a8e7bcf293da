"""--tmpfs, and --mount type=tmpfs."""

from __future__ import annotations

from onggi.amounts import bytes_of
from onggi.container.spec import Tmpfs
from onggi.container.volume_text import target_in
from onggi.errors import Invalid
from onggi.fields import Fields

KEYS = frozenset(("tmpfs-size", "tmpfs-mode"))


def parse(text: str) -> Tmpfs:
    """`TARGET[:OPTIONS]`. Raises Invalid."""
    from onggi.container import tmpfs

    path, _, words = text.partition(":")
    target, options = target_in(path, f"--tmpfs {text}"), tuple(filter(None, words.split(",")))
    tmpfs.read(target, options)  # refused here and now, rather than when it starts
    return Tmpfs(target, options)


def make(said: Fields, folder: str) -> Tmpfs:
    """Raises Invalid."""
    options = ["ro"] if said.flag("readonly") else []
    if size := said.get("tmpfs-size"):
        options.append(f"size={bytes_of(size)}")
    if mode := said.get("tmpfs-mode"):
        if not mode.isascii() or set(mode) - set("01234567"):
            raise Invalid(f"{said.whole}: mode {mode!r} is not octal", hint="write tmpfs-mode=1777")
        options.append(f"mode={mode}")
    return Tmpfs(target_in(said.get("target"), said.whole), tuple(options))
