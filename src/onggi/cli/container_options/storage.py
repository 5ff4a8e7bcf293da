"""What is mounted in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onggi.cli import mounts
from onggi.cli.command import in_section
from onggi.cli.options import several
from onggi.container.spec import Mount

_option = in_section("Storage")

options = several(
    _option(
        "-v",
        "--volume",
        "volumes",
        multiple=True,
        metavar="HOST:CONTAINER[:ro]",
        help="Mount a file or folder of the host.",
    ),
    _option("--mount", "mount_texts", multiple=True, metavar="type=bind|tmpfs,…", help="As -v and --tmpfs, spelt out."),
    _option("--tmpfs", multiple=True, metavar="FOLDER[:OPTIONS]", help="Mount a folder that is in memory."),
    _option("--read-only", is_flag=True, help="Mount its root file system read-only."),
)


def read(options: Mapping[str, Any], folder: str) -> tuple[Mount, ...]:
    """`folder` is where relative paths start."""
    return mounts.parse_all(options["volumes"], options["mount_texts"], options["tmpfs"], folder)
