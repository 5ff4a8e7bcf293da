"""A tar squeezed while it is made: one thread makes it, those of a pool squeeze its pieces, the caller gets the result
in order. Only the few pieces that are under way are in memory."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import Executor, Future
from contextlib import closing

from onggi.layer.compress import Compressor, Write, form_of
from onggi.layer.produced import produced


def squeezed(
    copy: Callable[[Write], object], kind: str, level: int | None, pool: Executor, pieces: int
) -> Generator[bytes, None, None]:
    """The same bytes as `compress` makes of what `copy` writes, at most `pieces` pieces ahead. To be closed. Raises
    Invalid, and what `copy` raises."""
    form = form_of(kind, level)

    def run(give: Callable[[Future[bytes]], object]) -> None:
        compressor = Compressor(form, lambda work: give(pool.submit(work)))
        copy(compressor.write)
        compressor.close()

    with closing(produced(run, pieces, "pack")) as futures:
        for future in futures:
            if data := future.result():
                yield data
