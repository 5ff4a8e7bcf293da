"""What the console script and `python -m onggi` call."""

import gc

_GARBAGE = 100_000
"""Objects before the collector looks for cycles: imports, which come next, make many objects and no garbage."""


def main() -> None:
    """Be the program; does not return."""
    gc.set_threshold(_GARBAGE)
    from onggi.cli import main

    main.main()
