"""The options of a tmpfs, as mount(8) and tmpfs(5) have them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from onggi.container import mount_options
from onggi.errors import Invalid

_QUIET = ("nosuid", "nodev", "noexec")
_NUMBER = r"(0[xX][0-9a-fA-F]+|[0-9]+)"
_AMOUNT = rf"{_NUMBER}[kKmMgGtTpPeE]?"
_VALUES = {
    "size": (rf"{_AMOUNT}%?", "bytes as in 64m, or a part of memory as in 10%"),
    "mode": (r"[0-7]+", "octal digits as in 1777"),
    "uid": (_NUMBER, "the number of a user"),
    "gid": (_NUMBER, "the number of a group"),
    "nr_inodes": (_AMOUNT, "a number as in 10k"),
    "nr_blocks": (_AMOUNT, "a number as in 10k"),
    "mpol": (r".+", "a policy of memory as in local"),
}
"""Key → the form of its values, and that in words."""


def read(path: str, options: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The flags of the mount at `path`, and what the file system itself is told. Raises Invalid."""
    flags, rest = mount_options.split(options, _QUIET)
    data: dict[str, str] = {}
    for option in rest:
        key, equals, value = option.partition("=")
        if not equals or key not in _VALUES:
            known = (*mount_options.FLAGS, *mount_options.OPPOSITES, *(f"{name}=" for name in _VALUES))
            raise Invalid(f"invalid tmpfs option {option!r} for {path}", hint=f"options: {', '.join(known)}")
        form, words = _VALUES[key]
        if not re.fullmatch(form, value):
            raise Invalid(f"invalid tmpfs option {option!r} for {path}", hint=f"{key} is {words}")
        data[key] = value
    return flags, ",".join(f"{key}={value}" for key, value in data.items())
