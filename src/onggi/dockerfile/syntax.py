"""What a Dockerfile says: one frozen struct per instruction. Words are as written: variables and quotes still in
them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, TypeAlias

import msgspec

from onggi.dockerfile.source import Source, Span

SCRATCH = "scratch"
"""What FROM calls the empty image."""


class Word(msgspec.Struct, frozen=True):
    """A piece of text and its place. A flag's value comes without the quotes around it."""

    text: str
    span: Span


class Origin(msgspec.Struct, frozen=True):
    """Where an instruction comes from. `text` is its line with continuations joined; `keywords` are its keyword and, in
    a FROM, its AS, in the case they are written in; `comments` are the comment lines before it and between its lines,
    without their `#`; `empty_lines` are the numbers of the lines between its lines that say nothing at all."""

    span: Span
    text: str
    keywords: tuple[Word, ...]
    comments: tuple[str, ...] = ()
    empty_lines: tuple[int, ...] = ()


class Heredoc(msgspec.Struct, frozen=True):
    """`<<EOF` and its lines. `name` without quotes; quotes around it mean `expand=False`; `<<-` cuts leading tabs
    (`strip_tabs`), which `content` still has."""

    name: str
    content: str
    expand: bool
    strip_tabs: bool

    def body(self) -> str:
        """The content as the reader of the heredoc gets it."""
        if not self.strip_tabs:
            return self.content
        return "\n".join(line.lstrip("\t") for line in self.content.split("\n"))


class ShellForm(msgspec.Struct, frozen=True, tag="shell"):
    """A command for the shell of the stage (SHELL, or /bin/sh -c)."""

    text: str


class ExecForm(msgspec.Struct, frozen=True, tag="exec"):
    """A program and its arguments, written as a JSON array."""

    arguments: tuple[str, ...]


Command: TypeAlias = ShellForm | ExecForm


class Pair(msgspec.Struct, frozen=True):
    """`name=value`"""

    name: Word
    value: Word


class Definition(msgspec.Struct, frozen=True):
    """`name` or `name=default` of an ARG."""

    name: Word
    default: Word | None = None


class Instruction(msgspec.Struct, frozen=True, kw_only=True):
    """What all instructions have."""

    keyword: ClassVar[str]
    origin: Origin


class From(Instruction, frozen=True, kw_only=True):
    """`name` is lower-case, whatever the file says."""

    keyword = "FROM"
    image: Word
    name: Word | None = None
    platform: Word | None = None


class Arg(Instruction, frozen=True, kw_only=True):
    keyword = "ARG"
    definitions: tuple[Definition, ...]


class Env(Instruction, frozen=True, kw_only=True):
    """`is_spaced`: the old form `ENV name value with spaces`, one pair."""

    keyword = "ENV"
    pairs: tuple[Pair, ...]
    is_spaced: bool = False


class Label(Instruction, frozen=True, kw_only=True):
    """`is_spaced` as in Env."""

    keyword = "LABEL"
    pairs: tuple[Pair, ...]
    is_spaced: bool = False


class Run(Instruction, frozen=True, kw_only=True):
    keyword = "RUN"
    command: Command
    heredocs: tuple[Heredoc, ...] = ()
    mounts: tuple[Word, ...] = ()
    network: Word | None = None
    security: Word | None = None
    devices: tuple[Word, ...] = ()


class Cmd(Instruction, frozen=True, kw_only=True):
    keyword = "CMD"
    command: Command


class Entrypoint(Instruction, frozen=True, kw_only=True):
    keyword = "ENTRYPOINT"
    command: Command


class Copy(Instruction, frozen=True, kw_only=True):
    """`stage` is what --from says: a stage's name or number, or an image. `heredocs` are inline files, which come after
    the `sources`. Words of yes-or-no flags are "true" or "false"."""

    keyword = "COPY"
    sources: tuple[Word, ...]
    destination: Word
    heredocs: tuple[Heredoc, ...] = ()
    stage: Word | None = None
    chown: Word | None = None
    chmod: Word | None = None
    link: Word | None = None
    parents: Word | None = None
    exclude: tuple[Word, ...] = ()


class Add(Instruction, frozen=True, kw_only=True):
    """As COPY, from the context or from a URL."""

    keyword = "ADD"
    sources: tuple[Word, ...]
    destination: Word
    heredocs: tuple[Heredoc, ...] = ()
    chown: Word | None = None
    chmod: Word | None = None
    link: Word | None = None
    exclude: tuple[Word, ...] = ()
    checksum: Word | None = None
    keep_git_dir: Word | None = None
    unpack: Word | None = None


class Workdir(Instruction, frozen=True, kw_only=True):
    keyword = "WORKDIR"
    path: Word


class User(Instruction, frozen=True, kw_only=True):
    keyword = "USER"
    user: Word


class Expose(Instruction, frozen=True, kw_only=True):
    keyword = "EXPOSE"
    ports: tuple[Word, ...]


class Volume(Instruction, frozen=True, kw_only=True):
    keyword = "VOLUME"
    paths: tuple[Word, ...]


class StopSignal(Instruction, frozen=True, kw_only=True):
    keyword = "STOPSIGNAL"
    signal: Word


class Shell(Instruction, frozen=True, kw_only=True):
    keyword = "SHELL"
    arguments: tuple[str, ...]


class HealthCheck(Instruction, frozen=True, kw_only=True):
    """`command` None is HEALTHCHECK NONE. Times are in nanoseconds, 0 is Docker's default."""

    keyword = "HEALTHCHECK"
    command: Command | None
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0


class OnBuild(Instruction, frozen=True, kw_only=True):
    """`trigger` is the instruction to run in the child."""

    keyword = "ONBUILD"
    trigger: Instruction

    @property
    def expression(self) -> str:
        """The trigger's text, heredocs included, as the image keeps it."""
        bodies = (f"\n{heredoc.content}{heredoc.name}" for heredoc in heredocs(self.trigger))
        return self.trigger.origin.text + "".join(bodies)


class Maintainer(Instruction, frozen=True, kw_only=True):
    keyword = "MAINTAINER"
    name: Word


class Directive(msgspec.Struct, frozen=True):
    """`# name=value` at the top of the file: syntax, escape or check."""

    name: str
    value: str
    span: Span


class Stage(msgspec.Struct, frozen=True):
    """One FROM and what follows it."""

    index: int
    base: From
    instructions: tuple[Instruction, ...]

    @property
    def name(self) -> str:
        """Its name, or its number as text."""
        return self.base.name.text if self.base.name is not None else str(self.index)


class Dockerfile(msgspec.Struct, frozen=True, kw_only=True):
    """A whole file. `arguments` are the ARGs before the first FROM; `comments` those after the last instruction."""

    source: Source
    directives: tuple[Directive, ...] = ()
    arguments: tuple[Arg, ...] = ()
    stages: tuple[Stage, ...]
    comments: tuple[str, ...] = ()

    def instructions(self) -> Iterator[Instruction]:
        """All of them, from top to bottom."""
        yield from self.arguments
        for stage in self.stages:
            yield stage.base
            yield from stage.instructions

    @property
    def escape(self) -> str:
        """The escape character: a backslash unless the directive says a backtick."""
        return next((directive.value for directive in self.directives if directive.name == "escape"), "\\")


def performed(instruction: Instruction) -> Instruction:
    """What an instruction does: at once, or behind ONBUILD in the child."""
    return instruction.trigger if isinstance(instruction, OnBuild) else instruction


def heredocs(instruction: Instruction) -> tuple[Heredoc, ...]:
    inner = performed(instruction)
    return inner.heredocs if isinstance(inner, Run | Copy | Add) else ()


def heredoc_lines(instruction: Instruction) -> int:
    """How many lines its heredocs take, those that end them included."""
    return sum(heredoc.content.count("\n") + 1 for heredoc in heredocs(instruction))


def last_line(instruction: Instruction) -> int:
    """Where it ends with its heredocs, which its span does not cover."""
    return instruction.origin.span.end_line + heredoc_lines(instruction)
