"""--cidfile: a file that holds a container's ID."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from onggi.errors import Conflict, Invalid


@contextmanager
def cidfile(path: str) -> Iterator[Callable[[str], object]]:
    """Takes the file's name before there is a container, and gives what writes the ID into it. Without an ID there is
    no file."""
    if not path:
        yield lambda identifier: None
        return
    try:
        file = open(path, "x")  # noqa: SIM115 — closed below, and deleted if there is no ID to put in
    except FileExistsError as error:
        raise Conflict(
            f"container ID file found: {path}", hint=f"if its container is not needed any more, delete {path}"
        ) from error
    except OSError as error:
        raise Invalid(f"cannot write the container ID to {path}: {error.strerror}") from error
    try:
        with file:
            yield file.write
    except BaseException:
        os.unlink(path)
        raise
