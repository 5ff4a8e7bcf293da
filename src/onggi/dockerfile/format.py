"""Dockerfile → text. One line per instruction, keywords in capitals, comments before the instruction they belong to.

`parse(format(x))` says the same as `x`; only the places differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from onggi.dockerfile import duration
from onggi.dockerfile.lines import opening_of
from onggi.dockerfile.syntax import (
    Add,
    Arg,
    Cmd,
    Command,
    Copy,
    Dockerfile,
    Entrypoint,
    Env,
    ExecForm,
    Expose,
    From,
    HealthCheck,
    Heredoc,
    Instruction,
    Label,
    Maintainer,
    OnBuild,
    Run,
    Shell,
    StopSignal,
    User,
    Volume,
    Word,
    Workdir,
)

_PLAIN_FLAG = re.compile(r"[^\s'\"\\]+")
_PLAIN_WORD = re.compile(r"[^\s\[\]\"\\`]+")


def format(dockerfile: Dockerfile) -> str:  # noqa: A001 - the verb that belongs to parse
    """The text, with a blank line between directives, arguments and stages. A blank line also comes before a first
    comment, which could be taken for a directive."""
    blocks = [[f"# {directive.name}={directive.value}" for directive in dockerfile.directives]]
    blocks.append([line for arg in dockerfile.arguments for line in _lines(arg)])
    for stage in dockerfile.stages:
        blocks.append([line for item in (stage.base, *stage.instructions) for line in _lines(item)])
    blocks[-1] += map(_comment, dockerfile.comments)
    text = "\n\n".join("\n".join(block) for block in blocks if block)
    return f"\n{text}\n" if text.startswith("#") and not dockerfile.directives else f"{text}\n"


def _lines(instruction: Instruction) -> Iterator[str]:
    yield from map(_comment, instruction.origin.comments)
    yield _instruction(instruction)
    inner = instruction.trigger if isinstance(instruction, OnBuild) else instruction
    if isinstance(inner, Run | Copy | Add):
        for heredoc in inner.heredocs:
            yield heredoc.content + heredoc.name


def _comment(text: str) -> str:
    return f"# {text}" if text else "#"


def _instruction(instruction: Instruction) -> str:
    flags, rest = _FORMATS[type(instruction)](instruction)
    if rest.startswith("--"):
        rest = f"-- {rest}"
    return " ".join(part for part in (instruction.keyword, *flags, rest) if part)


def _flags(**words: Word | None) -> list[str]:
    """`from_=Word` → `--from=…`, for those that are given."""
    return [_flag(name, word.text) for name, word in words.items() if word is not None]


def _flag(name: str, value: str) -> str:
    if not _PLAIN_FLAG.fullmatch(value):
        value = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"--{name.strip('_').replace('_', '-')}={value}"


def _repeated(name: str, words: Sequence[Word]) -> list[str]:
    return [_flag(name, word.text) for word in words]


def _command(command: Command) -> str:
    return _array(command.arguments) if isinstance(command, ExecForm) else command.text


def _array(texts: Sequence[str]) -> str:
    return json.dumps(list(texts), ensure_ascii=False)


def _words(words: Sequence[Word]) -> str:
    """Between blanks if they can stand so, else as an array."""
    texts = [word.text for word in words]
    is_plain = all(_PLAIN_WORD.fullmatch(text) and opening_of(text) is None for text in texts)
    return " ".join(texts) if is_plain and not texts[0].startswith("--") else _array(texts)


def _from(instruction: From) -> tuple[list[str], str]:
    name = f" AS {instruction.name.text}" if instruction.name is not None else ""
    return _flags(platform=instruction.platform), instruction.image.text + name


def _arg(instruction: Arg) -> tuple[list[str], str]:
    return [], " ".join(
        item.name.text if item.default is None else f"{item.name.text}={item.default.text}"
        for item in instruction.definitions
    )


def _pairs(instruction: Env | Label) -> tuple[list[str], str]:
    mark = " " if instruction.is_spaced else "="
    return [], " ".join(f"{pair.name.text}{mark}{pair.value.text}" for pair in instruction.pairs)


def _run(instruction: Run) -> tuple[list[str], str]:
    flags = [
        *_repeated("mount", instruction.mounts),
        *_flags(network=instruction.network, security=instruction.security),
        *_repeated("device", instruction.devices),
    ]
    return flags, _command(instruction.command)


def _cmd(instruction: Cmd | Entrypoint) -> tuple[list[str], str]:
    return [], _command(instruction.command)


def _copy(instruction: Copy) -> tuple[list[str], str]:
    flags = _flags(
        from_=instruction.stage,
        chown=instruction.chown,
        chmod=instruction.chmod,
        link=instruction.link,
        parents=instruction.parents,
    )
    return flags + _repeated("exclude", instruction.exclude), _files(instruction)


def _add(instruction: Add) -> tuple[list[str], str]:
    flags = _flags(
        chown=instruction.chown,
        chmod=instruction.chmod,
        link=instruction.link,
        checksum=instruction.checksum,
        keep_git_dir=instruction.keep_git_dir,
        unpack=instruction.unpack,
    )
    return flags + _repeated("exclude", instruction.exclude), _files(instruction)


def _files(instruction: Copy | Add) -> str:
    """With heredocs the words can only stand between blanks, which is where they came from."""
    if not instruction.heredocs:
        return _words((*instruction.sources, instruction.destination))
    words = (*instruction.sources, instruction.destination)
    return " ".join((*map(_opening, instruction.heredocs), *(word.text for word in words)))


def _opening(heredoc: Heredoc) -> str:
    name = heredoc.name if heredoc.expand else f'"{heredoc.name}"'
    return f"<<{'-' if heredoc.strip_tabs else ''}{name}"


def _text(word: Callable[[Any], Word]) -> Callable[[Any], tuple[list[str], str]]:
    return lambda instruction: ([], word(instruction).text)


def _shell(instruction: Shell) -> tuple[list[str], str]:
    return [], _array(instruction.arguments)


def _healthcheck(instruction: HealthCheck) -> tuple[list[str], str]:
    if instruction.command is None:
        return [], "NONE"
    times = {
        "interval": instruction.interval,
        "timeout": instruction.timeout,
        "start-period": instruction.start_period,
        "start-interval": instruction.start_interval,
    }
    flags = [f"--{name}={duration.show(time)}" for name, time in times.items() if time]
    flags += [f"--retries={instruction.retries}"] if instruction.retries else []
    return flags, f"CMD {_command(instruction.command)}"


def _onbuild(instruction: OnBuild) -> tuple[list[str], str]:
    return [], _instruction(instruction.trigger)


_FORMATS: Mapping[type[Instruction], Callable[[Any], tuple[list[str], str]]] = {
    Add: _add,
    Arg: _arg,
    Cmd: _cmd,
    Copy: _copy,
    Entrypoint: _cmd,
    Env: _pairs,
    Expose: lambda instruction: ([], " ".join(port.text for port in instruction.ports)),
    From: _from,
    HealthCheck: _healthcheck,
    Label: _pairs,
    Maintainer: _text(lambda instruction: instruction.name),
    OnBuild: _onbuild,
    Run: _run,
    Shell: _shell,
    StopSignal: _text(lambda instruction: instruction.signal),
    User: _text(lambda instruction: instruction.user),
    Volume: lambda instruction: ([], _words(instruction.paths)),
    Workdir: _text(lambda instruction: instruction.path),
}
