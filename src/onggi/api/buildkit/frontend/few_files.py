"""A few files of a client's folder, which are not followed out of it."""

from __future__ import annotations

from pathlib import Path

from onggi.dockerfile import ignore
from onggi.engine.build.text import decode
from onggi.layer.context import Context


class FewFiles:
    """Those in a folder that they have come to."""

    def __init__(self, folder: Path) -> None:
        self._context = Context(str(folder), shown="")

    def is_folder(self, name: str) -> bool:
        node = self._context.lookup(f"/{name}")
        return node is not None and node.is_folder

    def text(self, name: str) -> str | None:
        """None if there is no such file. Raises Invalid for what is not text."""
        node = self._context.lookup(f"/{name}")
        return decode(Path(node.real).read_bytes(), name) if node is not None and node.is_file else None

    def patterns(self, name: str) -> tuple[str, ...] | None:
        """Of a .dockerignore; None if it is not there. Raises as `text`, and DockerfileError."""
        text = self.text(name)
        return None if text is None else ignore.parse(text, name)
