"""What a container may use: the options of `run` and `create`, and those of them that `update` can change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from onggi.amounts import bytes_of
from onggi.cli.command import in_section
from onggi.cli.options import several
from onggi.container import rlimit
from onggi.container.spec import DeviceLimit, Resources, Rlimit
from onggi.errors import Invalid

_option = in_section("Limits")


class _Value(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    """A value that `read` makes of the text; Invalid is told with the option's name."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value  # the default
        try:
            return self._read(value)
        except Invalid as error:
            self.fail("; ".join(filter(None, (error.message, error.hint))), param, ctx)


def _swap(text: str) -> int:
    return -1 if text == "-1" else bytes_of(text)


def _processors(text: str) -> int:
    """1e-9 of a processor, of a decimal number or a fraction, as in Go's big.Rat."""
    from fractions import Fraction  # late: it brings decimal

    try:
        nanoseconds = Fraction(text) * 10**9
    except (ValueError, ZeroDivisionError) as error:
        raise Invalid(f"{text!r} is not a number") from error
    if nanoseconds.denominator != 1:
        raise Invalid(f"{text!r} is too precise: a thousand millionth of a processor is the least")
    return int(nanoseconds)


def _weight(text: str) -> DeviceLimit:
    path, number = _of_device(text)
    if not (number.isdecimal() and (int(number) == 0 or 10 <= int(number) <= 1000)):
        raise Invalid(f"invalid weight for device: {text}", hint="it is 10 to 1000, as in /dev/sda:500")
    return path, int(number)


def _bytes_per_second(text: str) -> DeviceLimit:
    path, rate = _of_device(text)
    try:
        return path, bytes_of(rate)
    except Invalid as error:
        raise Invalid(f"invalid rate for device: {text}", hint="write for example /dev/sda:1mb") from error


def _operations_per_second(text: str) -> DeviceLimit:
    path, rate = _of_device(text)
    if not rate.isdecimal():
        raise Invalid(f"invalid rate for device: {text}", hint="write a number, as in /dev/sda:1000")
    return path, int(rate)


def _of_device(text: str) -> tuple[str, str]:
    path, colon, value = text.partition(":")
    if not (path and colon):
        raise Invalid(f"bad format: {text}", hint="write a device and its limit: /dev/sda:500")
    if not path.startswith("/dev/"):
        raise Invalid(f"bad format for device path: {text}", hint="devices are in /dev")
    return path, value


SIZE = _Value("size", bytes_of)
SWAP = _Value("size", _swap)
_WEIGHT = _Value("weight", _weight)
_BYTES_PER_SECOND = _Value("rate", _bytes_per_second)
_OPERATIONS_PER_SECOND = _Value("rate", _operations_per_second)

# Each but the first is named as the field of Resources that it sets.
_CHANGING = (
    _option("-m", "--memory", type=SIZE, default=0, metavar="SIZE", help="Memory, at least 6m: 512m, 1.5g."),
    _option(
        "--memory-reservation",
        type=SIZE,
        default=0,
        metavar="SIZE",
        help="What it keeps of it when the host has little left.",
    ),
    _option(
        "--memory-swap",
        type=SWAP,
        default=0,
        metavar="SIZE",
        help="Memory and swap together; -1: any amount; as much as -m: no swap.  [default: twice the memory]",
    ),
    _option(
        "--cpus",
        "nano_cpus",
        type=_Value("number", _processors),
        default=0,
        metavar="NUMBER",
        help="Time on so many processors: 0.5, 2.",
    ),
    _option(
        "-c", "--cpu-shares", type=int, default=0, metavar="WEIGHT", help="Beside others that are busy; 1024 each."
    ),
    _option("--cpu-period", type=int, default=0, metavar="MICROSECONDS", help="In which --cpu-quota is measured."),
    _option("--cpu-quota", type=int, default=0, metavar="MICROSECONDS", help="Time on processors in a period."),
    _option("--cpuset-cpus", default="", metavar="LIST", help="The processors that it runs on: 0-2,5."),
    _option("--cpuset-mems", default="", metavar="LIST", help="The memory nodes that it uses: 0,1."),
    _option(
        "--pids-limit", "pids", type=int, default=0, metavar="NUMBER", help="Processes and threads; -1: any number."
    ),
    _option("--blkio-weight", type=int, default=0, metavar="WEIGHT", help="Beside others on a busy disk; 10 to 1000."),
    _option(
        "--blkio-weight-device",
        type=_WEIGHT,
        multiple=True,
        metavar="DEVICE:WEIGHT",
        help="The same on one disk: /dev/sda:500.",
    ),
    _option(
        "--device-read-bps",
        type=_BYTES_PER_SECOND,
        multiple=True,
        metavar="DEVICE:SIZE",
        help="Bytes a second that it reads from a disk: /dev/sda:1mb.",
    ),
    _option(
        "--device-write-bps",
        type=_BYTES_PER_SECOND,
        multiple=True,
        metavar="DEVICE:SIZE",
        help="Bytes a second that it writes to a disk.",
    ),
    _option(
        "--device-read-iops",
        type=_OPERATIONS_PER_SECOND,
        multiple=True,
        metavar="DEVICE:NUMBER",
        help="Reads a second from a disk.",
    ),
    _option(
        "--device-write-iops",
        type=_OPERATIONS_PER_SECOND,
        multiple=True,
        metavar="DEVICE:NUMBER",
        help="Writes a second to a disk.",
    ),
)
_LASTING = (
    _option(
        "--memory-swappiness",
        type=click.IntRange(-1, 100),
        default=-1,
        metavar="NUMBER",
        help="How readily it is swapped out; version 1 of control groups only.  [default: the host's]",
    ),
    _option(
        "--oom-kill-disable",
        is_flag=True,
        help="Out of memory it stands still, and is not killed; version 1 of control groups only.",
    ),
    _option(
        "--oom-score-adj",
        type=click.IntRange(-1000, 1000),
        default=0,
        metavar="NUMBER",
        help="How readily it is killed when the host is out of memory.",
    ),
    _option(
        "--ulimit",
        "ulimits",
        type=_Value("limit", rlimit.parse),
        multiple=True,
        metavar="NAME=SOFT[:HARD]",
        help="A limit of each process: nofile=1024:2048.",
    ),
    _option(
        "--cgroup-parent",
        default="",
        metavar="PATH",
        help="Make its control group in this one of the host, whose limits hold too.",
    ),
    _option("--shm-size", type=SIZE, default=0, metavar="SIZE", help="Of /dev/shm.  [default: 64m]"),
)
_FIELDS = tuple(name for name in Resources.__struct_fields__ if name not in ("memory_swappiness", "oom_kill_disable"))


options = several(*_CHANGING, *_LASTING)
changing_options = several(*_CHANGING)


def read(options: Mapping[str, Any]) -> Resources:
    swappiness = options["memory_swappiness"]
    return Resources(
        memory_swappiness=None if swappiness < 0 else swappiness,
        oom_kill_disable=options["oom_kill_disable"],
        **{name: options[name] for name in _FIELDS},
    )


def read_changes(options: Mapping[str, Any]) -> Resources:
    """Of `update`."""
    return Resources(**{name: options[name] for name in _FIELDS})


def read_rlimits(options: Mapping[str, Any]) -> tuple[Rlimit, ...]:
    """Of two for the same resource the last one counts."""
    return tuple({limit.resource: limit for limit in options["ulimits"]}.values())
