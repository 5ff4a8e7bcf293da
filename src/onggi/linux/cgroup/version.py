"""What a group can be asked in either version of control groups: version1.py and version2.py answer, and group.py says
which of them has a controller here. For readers and the type checker: nothing imports it when it runs."""

from __future__ import annotations

from typing import Any, Protocol

from onggi.linux.cgroup.files import Alarm, Setting


class Version(Protocol):
    """Measures and limits of a controller raise what its missing files do: ask `has` first."""

    def has(self, controller: str) -> bool: ...

    # Limits.

    def settings(self, limits: dict[str, Any]) -> list[Setting]:
        """What to write for `limits`, as a plan names them, in this order. Raises Conflict where it would make the
        kernel kill processes at once, Unsupported for what this version has not."""
        ...

    # Measures.

    def cpu_seconds(self) -> float: ...

    def memory(self) -> tuple[int, int, int]:
        """Bytes in use, the limit (huge for none), and of those in use what is cache that nobody looks at."""
        ...

    def pids(self) -> int: ...

    def block_bytes(self) -> tuple[int, int]:
        """What was read from and written to block devices."""
        ...

    def oom_kills(self) -> int:
        """How many processes the kernel has killed for want of memory."""
        ...

    def alarm(self) -> Alarm | None:
        """Rings when the group runs out of memory, and perhaps when it comes near; None where nothing would."""
        ...

    # All processes at once.

    def freeze(self, seconds: float) -> None:
        """Raises Conflict if one does not stand still in time; then all go on."""
        ...

    def thaw(self) -> None: ...

    def kill(self) -> None:
        """End every process, frozen ones too."""
        ...
