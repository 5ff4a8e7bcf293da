"""A container's limits, on this host."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable

from onggi.container.limits import check
from onggi.container.resources import devices
from onggi.container.spec import Resources
from onggi.errors import Invalid, NotFound
from onggi.linux.capacity import capacity


def given(asked: Resources, warn: Callable[[str], object]) -> Resources:
    """What of it this host gives; `warn` is told of what it does not. Raises Invalid, NotFound, Unsupported."""
    resources, warnings = check(asked, capacity())
    numbers(resources)
    for warning in warnings:
        warn(warning)
    return resources


def numbers(resources: Resources) -> dict[str, str]:
    """The path of each device that has a limit → its `major:minor`. Raises NotFound, Invalid for what is none."""
    return {path: _number(path) for path in devices(resources)}


def _number(path: str) -> str:
    try:
        found = os.stat(path)
    except OSError as error:
        raise NotFound(f"there is no device {path} to limit: {error.strerror}") from error
    if not stat.S_ISBLK(found.st_mode):
        raise Invalid(f"{path} is not a block device, so its input and output cannot be limited")
    return f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}"
