"""What every row is handed: the tools, a folder to work in, how many runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.peers import Onggi, Tool


@dataclass(frozen=True)
class Ring:
    onggi: Onggi
    peers: list[Tool]
    work: Path
    runs: int

    def context(self, name: str, files: Mapping[str, str]) -> Path:
        """A build context of small text files; made anew where it is there already."""
        folder = self.work / "contexts" / name
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            (folder / path).write_text(text)
        return folder

    @property
    def tools(self) -> list[Tool]:
        return [self.onggi, *self.peers]
