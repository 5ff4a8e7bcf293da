"""What a container's first process reads and writes."""

from __future__ import annotations

from onggi.cli.command import in_section
from onggi.cli.options import several

option = in_section("Streams")
"""`run` and `start` have some of their own."""

options = several(
    option("-i", "--interactive", is_flag=True, help="Let it read your stdin."),
    option("-t", "--tty", is_flag=True, help="Give it a terminal."),
)
