"""`signal` without the half that is written in Python: the enums cost every launcher and monitor 5 ms and 0.8 MB."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as signal
else:
    import _signal as signal  # noqa: F401
