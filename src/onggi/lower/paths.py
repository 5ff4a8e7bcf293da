"""Paths of COPY, ADD and WORKDIR, by their text alone."""

from __future__ import annotations

from collections.abc import Iterable


def resolve(folder: str, path: str) -> str:
    """The absolute path that `path` means in `folder`, without `.`, `..` and doubled slashes; `/..` is `/`."""
    whole = path if path.startswith("/") else f"{folder}/{path}"
    return "/" + "/".join(_parts(whole.split("/")))


def destination(folder: str, path: str) -> str:
    """As `resolve`; ends with a slash if the path says that it means a folder (`dir/`, `.`, `..`)."""
    resolved = resolve(folder, path)
    is_folder = path.rsplit("/", 1)[-1] in ("", ".", "..")
    return resolved + "/" if is_folder and resolved != "/" else resolved


def source(path: str, *, pivot: bool = False) -> str:
    """A pattern relative to the root of what is copied from; `.` is the root itself. `pivot`: the first /./ stays,
    since --parents keeps the folders behind it only."""
    before, found, after = path.partition("/./")
    if not pivot or not found:
        return resolve("", path)[1:] or "."
    return f"{source(before)}/./{source(after)}"


def climbs_out(path: str) -> bool:
    """Whether the path's `..` lead above where it begins."""
    depth = 0
    for part in path.split("/"):
        depth += {"": 0, ".": 0, "..": -1}.get(part, 1)
        if depth < 0:
            return True
    return False


def _parts(parts: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for part in parts:
        if part == "..":
            del kept[-1:]
        elif part not in ("", "."):
            kept.append(part)
    return kept
