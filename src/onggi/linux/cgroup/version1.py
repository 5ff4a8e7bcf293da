"""Version 1's control groups: a hierarchy for each controller, and so a folder in each
(Documentation/admin-guide/cgroup-v1)."""

from __future__ import annotations

import os
import select

from onggi.errors import Conflict
from onggi.linux.cgroup.files import Alarm, Setting, eventually, keyed, processes, read, with_descendants, write
from onggi.linux.signals import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# What a limit is called in a plan → its controller and its file.
FILES = {
    "memory": ("memory", "memory.limit_in_bytes"),
    "memory_swap": ("memory", "memory.memsw.limit_in_bytes"),
    "memory_reservation": ("memory", "memory.soft_limit_in_bytes"),
    "memory_swappiness": ("memory", "memory.swappiness"),
    "oom_kill_disable": ("memory", "memory.oom_control"),
    "cpu_shares": ("cpu", "cpu.shares"),
    "cpu_period": ("cpu", "cpu.cfs_period_us"),
    "cpu_quota": ("cpu", "cpu.cfs_quota_us"),
    "cpuset_cpus": ("cpuset", "cpuset.cpus"),
    "cpuset_mems": ("cpuset", "cpuset.mems"),
    "pids": ("pids", "pids.max"),
    "blkio_weight": ("blkio", "blkio.weight"),
    "blkio_weight_device": ("blkio", "blkio.weight_device"),
    "device_read_bps": ("blkio", "blkio.throttle.read_bps_device"),
    "device_write_bps": ("blkio", "blkio.throttle.write_bps_device"),
    "device_read_iops": ("blkio", "blkio.throttle.read_iops_device"),
    "device_write_iops": ("blkio", "blkio.throttle.write_iops_device"),
}
_OF_BFQ = {"blkio.weight": "blkio.bfq.weight", "blkio.weight_device": "blkio.bfq.weight_device"}
"""Weights where the kernel has no CFQ scheduler any more, which is since Linux 5.0."""
_BLOCK_FILES = ("blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_service_bytes")


class Version1:
    """The answers of version 1 (see version.py). `folders`: controller → folder."""

    def __init__(self, folders: dict[str, str]) -> None:
        self.folders = folders

    def has(self, controller: str) -> bool:
        return controller in self.folders

    # Limits.

    def settings(self, limits: dict[str, Any]) -> list[Setting]:
        names = [name for name in FILES if name in limits]
        if "memory_swap" in names and self._swap_comes_first(limits):
            names.remove("memory_swap")
            names.insert(0, "memory_swap")
        if limits.get("memory_swap") == -1 and not os.path.exists(self._file("memory_swap")):
            names.remove("memory_swap")  # not counted, it is not limited either
        return [setting for name in names for setting in self._setting(name, limits[name])]

    def _setting(self, name: str, value: Any) -> list[Setting]:
        path = self._file(name)
        if isinstance(value, (list, tuple)):
            return [Setting(path, f"{device} {number}", f"{device} 0") for device, number in value]
        return [Setting(path, "max" if name == "pids" and value < 0 else str(value))]

    def _file(self, name: str) -> str:
        controller, file = FILES[name]
        path = f"{self.folders[controller]}/{file}"
        return path if file not in _OF_BFQ or os.path.exists(path) else f"{self.folders[controller]}/{_OF_BFQ[file]}"

    def _swap_comes_first(self, limits: dict[str, Any]) -> bool:
        """The limit of memory must never be above that of memory with swap, not even between two writes."""
        path = self._file("memory_swap")
        return "memory" in limits and os.path.exists(path) and limits["memory"] > int(read(path))

    # Measures.

    def cpu_seconds(self) -> float:
        return int(read(f"{self.folders['cpuacct']}/cpuacct.usage")) / 1e9

    def memory(self) -> tuple[int, int, int]:
        folder = self.folders["memory"]
        used, limit = (int(read(f"{folder}/memory.{name}_in_bytes")) for name in ("usage", "limit"))
        return used, limit, keyed(f"{folder}/memory.stat").get("total_inactive_file", 0)

    def pids(self) -> int:
        return int(read(f"{self.folders['pids']}/pids.current"))

    def block_bytes(self) -> tuple[int, int]:
        amounts = {"Read": 0, "Write": 0}
        folder = self.folders["blkio"]
        file = next(filter(os.path.exists, (f"{folder}/{name}" for name in _BLOCK_FILES)), os.devnull)
        for words in map(str.split, read(file).splitlines()):
            if len(words) == 3 and words[1] in amounts:
                amounts[words[1]] += int(words[2])
        return amounts["Read"], amounts["Write"]

    def oom_kills(self) -> int:
        return keyed(f"{self.folders['memory']}/memory.oom_control").get("oom_kill", 0)

    def alarm(self) -> Alarm | None:
        control = f"{self.folders['memory']}/cgroup.event_control"
        if not os.path.exists(control):
            return None
        bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        with open(f"{self.folders['memory']}/memory.oom_control") as file:
            write(control, f"{bell} {file.fileno()}")
        return Alarm(bell, select.POLLIN, os.eventfd_read)

    # All processes at once.

    def freeze(self, seconds: float) -> None:
        state = f"{self.folders['freezer']}/freezer.state"
        write(state, "FROZEN")
        if not eventually(lambda: read(state) == "FROZEN\n", seconds):
            self.thaw()
            raise Conflict("the container's processes do not freeze: one may be waiting for a disk")

    def thaw(self) -> None:
        write(f"{self.folders['freezer']}/freezer.state", "THAWED")

    def kill(self) -> None:
        """End every process. While they are being frozen none can have another one."""
        if "freezer" in self.folders:
            write(f"{self.folders['freezer']}/freezer.state", "FROZEN")
        for folder in with_descendants(next(iter(self.folders.values()))):
            for pid in processes(folder):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        if "freezer" in self.folders:
            self.thaw()


def inherit_cpuset(folder: str) -> None:
    """A new cpuset has neither processors nor memory nodes, and takes no process until it has: give it its parent's."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        if not read(f"{folder}/{name}").strip():
            parent = os.path.dirname(folder)
            if not read(f"{parent}/{name}").strip():
                inherit_cpuset(parent)
            write(f"{folder}/{name}", read(f"{parent}/{name}").strip())
