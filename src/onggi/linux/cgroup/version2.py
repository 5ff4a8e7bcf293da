"""Version 2's control groups: one tree, whose groups have the controllers that their parents share
(Documentation/admin-guide/cgroup-v2.rst)."""

from __future__ import annotations

import os
import select

from onggi.errors import Conflict, Unsupported
from onggi.linux.cgroup.files import Alarm, Setting, eventually, keyed, read, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NAMES = {"blkio": "io"}
"""Controllers that have another name than in version 1."""
_BUILT_IN = ("cpuacct", "freezer")

# What a limit is called in a plan → its file; -1 is `max`.
_FILES = {
    "memory": "memory.max",
    "swap": "memory.swap.max",
    "memory_reservation": "memory.low",
    "cpu_weight": "cpu.weight",
    "cpuset_cpus": "cpuset.cpus",
    "cpuset_mems": "cpuset.mems",
    "pids": "pids.max",
}
_RATES = {
    "device_read_bps": "rbps",
    "device_write_bps": "wbps",
    "device_read_iops": "riops",
    "device_write_iops": "wiops",
}
_GONE = ("memory_swappiness", "oom_kill_disable")
_UNLIMITED = 1 << 63


class Version2:
    """The answers of version 2 (see version.py)."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def has(self, controller: str) -> bool:
        return controller in _BUILT_IN or NAMES.get(controller, controller) in self._text("cgroup.controllers").split()

    def _text(self, file: str) -> str:
        return read(f"{self.folder}/{file}")

    # Limits.

    def settings(self, limits: dict[str, Any]) -> list[Setting]:
        for name in _GONE:
            if name in limits:
                raise Unsupported(f"{name} cannot be set: version 2 of control groups does not have it")
        self._check_room(limits.get("memory", -1))
        return [
            *(
                Setting(self._file(file), _text(limits[name]))
                for name, file in _FILES.items()
                if self._is_set(name, limits)
            ),
            *self._bandwidth(limits),
            *self._weights(limits),
            *self._rates(limits),
        ]

    def _file(self, name: str) -> str:
        return f"{self.folder}/{name}"

    def _is_set(self, name: str, limits: dict[str, Any]) -> bool:
        """Swap that is not counted is not limited either."""
        return name in limits and (name != "swap" or limits[name] >= 0 or os.path.exists(self._file(_FILES[name])))

    def _check_room(self, memory: int) -> None:
        """Version 1 refuses a limit that is below what cannot be given back; version 2 kills for it."""
        if memory < 0:
            return
        held = keyed(self._file("memory.stat"))
        swap = 1024 * int(read("/proc/meminfo").partition("SwapFree:")[2].split()[0])
        if held.get("anon", 0) + held.get("shmem", 0) > memory + swap:
            raise Conflict(f"more than {memory} bytes of memory are in use and cannot be given back")

    def _bandwidth(self, limits: dict[str, Any]) -> list[Setting]:
        if "cpu_quota" not in limits and "cpu_period" not in limits:
            return []
        quota, period = _text(limits.get("cpu_quota", -1)), limits.get("cpu_period", "")
        return [Setting(self._file("cpu.max"), f"{quota} {period}".strip())]

    def _weights(self, limits: dict[str, Any]) -> list[Setting]:
        """BFQ takes version 1's weights, 10 to 1000; io.weight has 1 to 10000."""
        path, name = self._file("io.bfq.weight"), "blkio_weight"
        if not os.path.exists(path):
            path, name = self._file("io.weight"), "io_weight"
        whole = [Setting(path, str(limits[name]))] if name in limits else []
        of_devices = limits.get(f"{name}_device", ())
        return [
            *whole,
            *(Setting(path, f"{device} {weight or 'default'}", f"{device} default") for device, weight in of_devices),
        ]

    def _rates(self, limits: dict[str, Any]) -> list[Setting]:
        path = self._file("io.max")
        return [
            Setting(path, f"{device} {rate}={number or 'max'}", f"{device} {rate}=max")
            for name, rate in _RATES.items()
            for device, number in limits.get(name, ())
        ]

    # Measures.

    def cpu_seconds(self) -> float:
        return keyed(f"{self.folder}/cpu.stat")["usage_usec"] / 1e6

    def memory(self) -> tuple[int, int, int]:
        limit = self._text("memory.max").strip()
        cache = keyed(f"{self.folder}/memory.stat").get("inactive_file", 0)
        return int(self._text("memory.current")), _UNLIMITED if limit == "max" else int(limit), cache

    def pids(self) -> int:
        return int(self._text("pids.current"))

    def block_bytes(self) -> tuple[int, int]:
        amounts = {"rbytes": 0, "wbytes": 0}
        for pair in self._text("io.stat").split():
            key, _, number = pair.partition("=")
            if key in amounts:
                amounts[key] += int(number)
        return amounts["rbytes"], amounts["wbytes"]

    def oom_kills(self) -> int:
        return keyed(f"{self.folder}/memory.events").get("oom_kill", 0)

    def alarm(self) -> Alarm | None:
        events = os.open(self._file("memory.events"), os.O_RDONLY | os.O_CLOEXEC)
        return Alarm(events, select.POLLPRI, lambda descriptor: os.pread(descriptor, 4096, 0))

    # All processes at once.

    def freeze(self, seconds: float) -> None:
        write(f"{self.folder}/cgroup.freeze", "1")
        if not eventually(lambda: keyed(f"{self.folder}/cgroup.events")["frozen"] == 1, seconds):
            self.thaw()
            raise Conflict("the container's processes do not freeze: one may be waiting for a disk")

    def thaw(self) -> None:
        write(f"{self.folder}/cgroup.freeze", "0")

    def kill(self) -> None:
        write(f"{self.folder}/cgroup.kill", "1")


def _text(value: int | str) -> str:
    return "max" if value == -1 else str(value)
