"""What a container runs, and with which environment: the image's configuration and the person's words, merged.

The image has ENTRYPOINT (none, shell or exec form) and CMD (the same, or parameters for ENTRYPOINT); shell forms are
stored as `/bin/sh -c text`, so for running all of them are lists, and the program is ENTRYPOINT followed by CMD:

                       no ENTRYPOINT            ENTRYPOINT text              ENTRYPOINT ["e", "p"]
    no CMD             error                    /bin/sh -c text              e p
    CMD text           /bin/sh -c cmd           /bin/sh -c text /bin/sh …    e p /bin/sh -c cmd
    CMD ["c", "q"]     c q                      /bin/sh -c text c q          e p c q

Arguments of `run` stand in for CMD. --entrypoint stands in for ENTRYPOINT and drops the image's CMD with it. An entry
point of () is none, and leaves CMD; an empty --entrypoint drops that too.
"""

from __future__ import annotations

from collections.abc import Iterable

from onggi.container.spec import Process
from onggi.errors import Invalid
from onggi.oci.config import DEFAULT_PATH, RunConfig

_DROPPED = "--entrypoint takes the place of the image's ENTRYPOINT and CMD: name a program after the image"
_NOTHING_SAID = "the image has neither ENTRYPOINT nor CMD: name a program after the image, or use --entrypoint"


def merge(process: Process, config: RunConfig) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The complete (entry point, command). Raises Invalid when both are empty."""
    entrypoint, command = process.entrypoint, process.command
    if command is None:
        command = () if entrypoint else (config.cmd or ())
    if entrypoint is None:
        entrypoint = config.entrypoint or ()
    if not entrypoint and not command:
        is_dropped = process.entrypoint is not None and (config.entrypoint or config.cmd)
        raise Invalid("no command specified", hint=_DROPPED if is_dropped else _NOTHING_SAID)
    return entrypoint, command


def merge_environment(own: Iterable[str], image: Iterable[str]) -> tuple[str, ...]:
    """The person's variables, then those of the image that the person did not name."""
    own = tuple(own)
    named = {_key(text) for text in own}
    return (*own, *(text for text in image if _key(text) not in named))


def environment(variables: Iterable[str], *, home: str, hostname: str = "", terminal: bool = False) -> tuple[str, ...]:
    """What the process starts with: Docker's defaults (PATH, HOSTNAME, TERM on a terminal, HOME) under `variables`.

    Of a key that comes twice the last value counts; a bare KEY takes the variable away.
    """
    values: dict[str, str | None] = {"PATH": DEFAULT_PATH}
    if hostname:
        values["HOSTNAME"] = hostname
    if terminal:
        values["TERM"] = "xterm"
    for text in variables:
        key, equals, value = text.partition("=")
        values[key] = value if equals else None
    values.setdefault("HOME", home)
    return tuple(f"{key}={value}" for key, value in values.items() if value is not None)


def require_absolute(folder: str) -> None:
    """Raises Invalid for a working directory that a person names and that is relative."""
    if folder and not folder.startswith("/"):
        raise Invalid(f"the working directory {folder!r} is not an absolute path", hint=f"write /{folder}")


def _key(text: str) -> str:
    return text.partition("=")[0]
