"""Small trees for tests: made from a mapping, looked at as one."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

Tree: TypeAlias = Mapping[str, "str | bytes | Link | None"]


class Link(str):
    """A symbolic link's text."""


def make(root: Path, tree: Tree) -> Path:
    """Path → text of a file, None for a folder, or Link. Folders on the way are made."""
    root.mkdir(parents=True, exist_ok=True)
    for path, content in tree.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            target.mkdir(exist_ok=True)
        elif isinstance(content, Link):
            target.symlink_to(content)
        else:
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def look(root: Path) -> dict[str, str]:
    """Path → content: text of a file, "→ text" of a link, "/" of a folder, the type of anything else."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            real = Path(folder, name)
            mode = real.lstat().st_mode
            if stat.S_ISLNK(mode):
                content = f"→ {os.readlink(real)}"
            elif stat.S_ISDIR(mode):
                content = "/"
            elif stat.S_ISREG(mode):
                content = real.read_text()
            else:
                content = oct(stat.S_IFMT(mode))
            found[str(real.relative_to(root))] = content
    return dict(sorted(found.items()))
