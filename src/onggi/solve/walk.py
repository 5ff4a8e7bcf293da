"""Visit the nodes of a graph in threads: each one after those it needs, otherwise all at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from onggi.solve.ports import Abandoned, Cancel


def walk(
    needs: Mapping[int, Collection[int]],
    visit: Callable[[int], None],
    cancel: Cancel,
    failed: Callable[[int, BaseException], None],
) -> None:
    """Call `visit` once for each key of `needs`.

    The first visit that raises ends the walk: `failed` is told, `cancel` is set, and the error is raised when all
    threads are joined. An exception in the calling thread (ctrl-C) ends it in the same way, without `failed`; and so
    does a `cancel` that somebody else has set, with Abandoned, whatever visits have raised by then.
    """
    waiting = {node: {need for need in required if need in needs} for node, required in needs.items()}
    running: dict[Future[None], int] = {}
    pool = ThreadPoolExecutor(max_workers=max(len(waiting), 1), thread_name_prefix="vertex")
    try:
        while waiting or running:
            for node in [node for node, required in waiting.items() if not required]:
                del waiting[node]
                running[pool.submit(visit, node)] = node
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in sorted(ended, key=running.__getitem__):
                node = running.pop(future)
                error = future.exception()
                if cancel.is_set:
                    raise Abandoned from error
                if error is not None:
                    failed(node, error)
                    raise error
                for required in waiting.values():
                    required.discard(node)
    except BaseException:
        cancel.set()
        raise
    finally:
        pool.shutdown(wait=True)
