"""--device and --device-cgroup-rule, and what Docker's API says in their place (docker/cli,
cli/command/container/opts.go)."""

from __future__ import annotations

import posixpath
import re

from onggi.container.spec import Device
from onggi.errors import Invalid, Unsupported

_PERMISSIONS = re.compile(r"(?!.*(.).*\1)[rwm]{1,3}")  # each at most once
_RULE = re.compile(r"[acb] ([0-9]{1,9}|\*):([0-9]{1,9}|\*) [rwm]{1,3}", re.ASCII)
_CDI = re.compile(r"[A-Za-z][\w.-]*/[\w.-]+=[\w.:-]+", re.ASCII)  # vendor.com/class=name
_HINT = "write /dev/host[:/dev/container][:rwm], letters for read, write and mknod"


def parse(text: str) -> Device:
    """`SOURCE[:TARGET][:PERMISSIONS]`. Raises Invalid; Unsupported for the name of a CDI device."""
    if _CDI.fullmatch(text):
        raise Unsupported(
            f"--device {text}: onggi reads no CDI specifications", hint="name the device's node: --device /dev/…"
        )
    source, *rest = text.split(":")
    if not source or len(rest) > 2:
        raise Invalid(f"bad format for path: {text}", hint=_HINT)
    permissions = "rwm"
    if rest and (len(rest) == 2 or _PERMISSIONS.fullmatch(rest[-1])):
        permissions = rest.pop()
    return device(source, rest[0] if rest else source, permissions)


def device(source: str, target: str, permissions: str) -> Device:
    """Of paths as a person writes them. Raises Invalid."""
    if not _PERMISSIONS.fullmatch(permissions):
        raise Invalid(f"bad mode specified: {permissions}", hint=_HINT)
    for path in (source, target):
        if not path.startswith("/"):
            raise Invalid(f"{path or repr(path)} is not an absolute path", hint=_HINT)
    return Device(posixpath.normpath(source), posixpath.normpath(target), permissions)


def parse_rule(text: str) -> str:
    """`TYPE MAJOR:MINOR PERMISSIONS` as in the devices cgroup: `c 42:* rmw`. Raises Invalid."""
    if not _RULE.fullmatch(text):
        raise Invalid(
            f"invalid device cgroup format {text!r}",
            hint="write 'c 42:* rwm': c, b or a for all; major and minor number or *; read, write, mknod",
        )
    return text
