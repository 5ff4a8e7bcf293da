"""A further process of a container, as the API has it."""

from __future__ import annotations

from base64 import b64encode

import msgspec

from onggi.api.refusals import Refusal
from onggi.engine.types import ExecRequest, Execution
from onggi.linux.detach import detach_sequence


class Create(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """ConsoleSize: rows and columns."""

    attach_stdin: bool = False
    attach_stdout: bool = False
    attach_stderr: bool = False
    detach_keys: str = ""
    tty: bool = False
    env: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    privileged: bool = False
    user: str = ""
    working_dir: str = ""
    console_size: tuple[int, ...] = ()


class Created(msgspec.Struct, frozen=True, rename="pascal"):
    id: str


class Start(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    detach: bool = False
    tty: bool = False
    console_size: tuple[int, ...] = ()


class ProcessConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Its command, as words and with what it runs as."""

    tty: bool
    entrypoint: str
    arguments: tuple[str, ...]
    privileged: bool
    user: str = ""


class Inspection(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """`detach_keys`: the bytes that they send, in base64."""

    id: str = msgspec.field(name="ID")
    running: bool
    exit_code: int | None
    process_config: ProcessConfig
    open_stdin: bool
    open_stderr: bool
    open_stdout: bool
    can_remove: bool
    container_id: str = msgspec.field(name="ContainerID")
    detach_keys: str
    pid: int


def request(asked: Create) -> ExecRequest:
    """Raises Refusal."""
    if not asked.cmd:
        raise Refusal(400, "No exec command specified")
    detach_sequence(asked.detach_keys)  # raises Invalid
    return ExecRequest(
        command=asked.cmd,
        environment=asked.env,
        working_directory=asked.working_dir,
        user=asked.user,
        terminal=asked.tty,
        privileged=asked.privileged,
        stdin=asked.attach_stdin,
        stdout=asked.attach_stdout,
        stderr=asked.attach_stderr,
        detach_keys=asked.detach_keys,
        size=size(asked.console_size) if asked.tty else None,
    )


def size(rows_and_columns: tuple[int, ...]) -> tuple[int, int] | None:
    """None for one that was not said. Raises Refusal."""
    if not rows_and_columns:
        return None
    if len(rows_and_columns) != 2 or not all(0 <= side <= 0xFFFF for side in rows_and_columns):
        raise Refusal(400, f"invalid ConsoleSize {list(rows_and_columns)}: it is a height and a width")
    rows, columns = rows_and_columns
    return (rows, columns) if rows and columns else None


def inspection(found: Execution) -> Inspection:
    asked = found.request
    first, *rest = asked.command
    return Inspection(
        id=found.id,
        running=found.running,
        exit_code=found.exit_code,
        process_config=ProcessConfig(
            tty=asked.terminal,
            entrypoint=first,
            arguments=tuple(rest),
            privileged=asked.privileged,
            user=asked.user,
        ),
        open_stdin=asked.stdin,
        open_stderr=asked.stderr,
        open_stdout=asked.stdout,
        can_remove=found.exit_code is not None,
        container_id=found.container,
        detach_keys=b64encode(detach_sequence(asked.detach_keys)).decode(),
        pid=found.pid,
    )
