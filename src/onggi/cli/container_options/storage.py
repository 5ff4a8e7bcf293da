"""What is mounted in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
        metavar="[SOURCE:]PATH[:ro]",
        help="Mount a volume, or a file or folder of the host; SOURCE is a volume's name or a path on the host.",
    ),
    _option(
        "--mount",
        "mount_texts",
        multiple=True,
        metavar="type=volume|bind|tmpfs|image,…",
        help="As -v and --tmpfs, spelt out, or files of an image: source=…,target=…,readonly,…",
    ),
    _option("--tmpfs", multiple=True, metavar="FOLDER[:OPTIONS]", help="Mount a folder that is in memory."),
    _option(
        "--volumes-from",
        multiple=True,
        metavar="CONTAINER[:ro]",
        help="Mount all volumes and binds that another container has.",
    ),
    _option("--volume-driver", default="", metavar="NAME", help="The driver of the volumes of -v.  [default: local]"),
    _option("--read-only", is_flag=True, help="Mount its root file system read-only."),
)


def read(options: Mapping[str, Any], folder: str) -> tuple[Mount, ...]:
    """`folder` is where relative paths start."""
    if not (options["volumes"] or options["mount_texts"] or options["tmpfs"]):
        return ()
    from onggi.cli import mounts

    return mounts.parse_all(
        options["volumes"], options["mount_texts"], options["tmpfs"], folder, options["volume_driver"]
    )
