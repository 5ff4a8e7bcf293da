"""What a container runs, and with which environment: the image's configuration and the person's words, merged.

The image has ENTRYPOINT (none, shell or exec form) and CMD (the same, or parameters for ENTRYPOINT); shell forms are
stored as `/bin/sh -c text`, so for running all of them are lists, and the program is ENTRYPOINT followed by CMD:

                       no ENTRYPOINT            ENTRYPOINT text              ENTRYPOINT ["e", "p"]
    no CMD             error                    /bin/sh -c text              e p
    CMD text           /bin/sh -c cmd           /bin/sh -c text /bin/sh …    e p /bin/sh -c cmd
    CMD ["c", "q"]     c q                      /bin/sh -c text c q          e p c q

Arguments of `run` stand in for CMD. --entrypoint stands in for ENTRYPOINT and drops the image's CMD with it; an empty
--entrypoint leaves no entry point.
"""

from __future__ import annotations

from collections.abc import Iterable

from onggi.container.spec import Process
from onggi.errors import Invalid
from onggi.oci.config import RunConfig

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def merge(process: Process, config: RunConfig) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The complete (entry point, command). Raises Invalid when both are empty."""
    entrypoint, command = process.entrypoint, process.command
    if command is None:
        command = (config.cmd or ()) if entrypoint is None else ()
    if entrypoint is None:
        entrypoint = config.entrypoint or ()
    if not entrypoint and not command:
        raise Invalid(
            "no command specified",
            hint="the image has neither ENTRYPOINT nor CMD: name a program after the image, or use --entrypoint",
        )
    return entrypoint, command


def override(base: Iterable[str], over: Iterable[str]) -> tuple[str, ...]:
    """KEY=value strings: those of `over` replace those of `base` in place, new ones follow; a bare KEY removes it."""
    values: dict[str, str | None] = {}
    for text in (*base, *over):
        key, equals, value = text.partition("=")
        values[key] = value if equals else None
    return tuple(f"{key}={value}" for key, value in values.items() if value is not None)


def environment(variables: Iterable[str], *, hostname: str, home: str, terminal: bool) -> tuple[str, ...]:
    """What the process starts with: PATH, HOSTNAME and TERM as Docker sets them, `variables` over them, then HOME."""
    defaults = [f"PATH={DEFAULT_PATH}", f"HOSTNAME={hostname}"]
    if terminal:
        defaults.append("TERM=xterm")
    merged = override(defaults, variables)
    if any(text.startswith("HOME=") for text in merged):
        return merged
    return (*merged, f"HOME={home}")
