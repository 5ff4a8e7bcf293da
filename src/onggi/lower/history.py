"""`created_by` of a history line, as BuildKit writes it but for its own mark (`# buildkit`).

It is Go's formatting: `%v` of a list is [a b], `%q` is ["a" "b"].
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from onggi.dockerfile import duration
from onggi.oci.config import Healthcheck

_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
}


def listed(values: Iterable[str]) -> str:
    """`%v`"""
    return f"[{' '.join(values)}]"


def quoted(values: Iterable[str]) -> str:
    """`%q`"""
    return listed(f'"{"".join(_escaped(mark) for mark in value)}"' for value in values)


def _escaped(mark: str) -> str:
    if mark in _ESCAPES:
        return _ESCAPES[mark]
    if mark.isprintable():
        return mark
    code = ord(mark)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def run(argv: Sequence[str], arguments: Mapping[str, str]) -> str:
    """`RUN |1 A=b /bin/sh -c make`: build arguments in effect are counted and come first."""
    shown = [f"|{len(arguments)}", *(f"{name}={value}" for name, value in arguments.items())] if arguments else []
    return f"RUN {' '.join([*shown, *argv])}"


def copy(
    keyword: str, owner: str, mode: str, sources: Iterable[str], destination: str, *, parents: bool = False
) -> str:
    """`COPY --chown=node:node package.json ./`: --from, --link and --exclude are not told."""
    options = ["--parents"] if parents else []
    options += [f"--chown={owner}"] if owner else []
    options += [f"--chmod={mode}"] if mode else []
    return f"{' '.join([keyword, *options, *sources, destination])}"


def healthcheck(check: Healthcheck) -> str:
    """`HEALTHCHECK {Test:[CMD-SHELL curl localhost] Interval:30s …}`"""
    times = {
        "Interval": check.interval,
        "Timeout": check.timeout,
        "StartPeriod": check.start_period,
        "StartInterval": check.start_interval,
    }
    shown = " ".join(f"{name}:{duration.show(time)}" for name, time in times.items())
    return f"HEALTHCHECK {{Test:{listed(check.test)} {shown} Retries:{check.retries}}}"
