from __future__ import annotations

from enum import Enum


class Severity(Enum):
    """How bad it is, worst first."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    STYLE = "style"

    def reaches(self, threshold: Severity) -> bool:
        """Whether it is as bad as that, or worse."""
        order = list(Severity)
        return order.index(self) <= order.index(threshold)
