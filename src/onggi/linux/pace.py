"""How fast a container may write: as its readers read."""

from __future__ import annotations

from onggi.linux.clients import PATIENCE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from onggi.linux.loop import Loop, Timer


class Pace:
    """The container waits for those who read its output, as it would at a pipe; but not for one that has stopped: what
    that is to get goes to a file. `is_one_behind` tells of the readers, `hold` stops its output or lets it come."""

    def __init__(self, loop: Loop, is_one_behind: Callable[[], bool], hold: Callable[[bool], None]) -> None:
        self._loop = loop
        self._is_one_behind = is_one_behind
        self._hold = hold
        self._patience: Timer | None = None

    def keep(self) -> None:
        """Output has come, or was read."""
        is_behind = self._is_one_behind()
        if is_behind and not self._patience:
            self._patience = self._loop.after(PATIENCE, self._look_again)
        self._hold(is_behind)

    def _look_again(self) -> None:
        self._patience = None
        self.keep()
