"""What the store's tests share: layers made of a few files, and processes that die."""

from __future__ import annotations

import contextlib
import os
import signal
import traceback
from collections.abc import Callable

from onggi.layer.pack import pack
from onggi.oci import reference as references
from onggi.oci.reference import Reference
from onggi.solve.result import LayerRef
from onggi.store.disk import Lease
from onggi.store.store import Store


def name(text: str) -> Reference:
    return references.parse(text)


def add_layer(store: Store, files: dict[str, bytes], lease: Lease) -> LayerRef:
    """A snapshot with these files, as a build step makes it."""
    with store.temporary() as folder:
        root = folder / "root"
        root.mkdir()
        root.chmod(0o755)
        for path, data in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        for each in (*root.rglob("*"), root):
            os.utime(each, (1, 1))  # the same files are the same layer, whatever the second
        packed = pack(str(root))
        return store.snapshots.add(root, LayerRef(packed.diff_id, packed.tree_digest, packed.size), lease)


def in_child(work: Callable[[], object]) -> int:
    """The pid of a process that does `work` and exits with 0 if it succeeded. It must open a Store of its own."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:  # noqa: BLE001 - the process ends here
            traceback.print_exc()
        finally:
            os._exit(code)
    return pid


def exit_code(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
