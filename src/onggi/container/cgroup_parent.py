"""Where among the host's control groups a container's own is made, when somebody says so."""

from __future__ import annotations

import posixpath

from onggi.errors import Invalid


def folder(parent: str) -> str:
    """From the top of each hierarchy: `ci` and `/ci` are the same, and `ci.slice` is a name like others, as with
    Docker's driver cgroupfs. "" where nobody says any. Raises Invalid for a path that leads up."""
    if ".." in parent.split("/") or not parent.isprintable():
        raise Invalid(f"invalid cgroup-parent: {parent!r}", hint="a path from the top of the control groups: /ci/jobs")
    return posixpath.normpath(f"/{parent.lstrip('/')}") if parent else ""
