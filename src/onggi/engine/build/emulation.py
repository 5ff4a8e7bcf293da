"""Steps of stages for other platforms."""

from __future__ import annotations

from pathlib import Path

from onggi.errors import Unsupported
from onggi.layer.union import Union
from onggi.linux import binfmt
from onggi.oci import platform
from onggi.oci.platform import Platform

_NATIVE = {("amd64", "386")}
"""(architecture of this machine, another whose programs it runs by itself)"""


def require_emulation(wanted: str, root: Union, own: Platform | None = None, folder: Path = binfmt.FOLDER) -> None:
    """Raises Unsupported if this machine (`own`) cannot run the programs in `root`, which are for the platform
    `wanted`."""
    architecture = platform.parse(wanted).architecture
    machine = (own or platform.of_host()).architecture
    if architecture == machine or (machine, architecture) in _NATIVE:
        return
    found = binfmt.interpreter(architecture, folder)
    if found is not None and (found.is_open or root.lookup(found.path) is not None):
        return
    raise Unsupported(
        f"a RUN step for {wanted} cannot run on this machine, which is {own or platform.of_host()}",
        hint="install emulation, which registers itself with the kernel: apt-get install qemu-user-static; "
        "or build for this machine with FROM --platform=$BUILDPLATFORM",
    )
