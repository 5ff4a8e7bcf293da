"""The click classes that every command is made of: Docker's habits, and commands imported when they are run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from itertools import islice
from typing import Any, NamedTuple

import click

from onggi.boolean import parse_bool
from onggi.cli import later


class Option(click.Option):
    """An option that --help lists under a heading of its own: `section`."""

    def __init__(self, *positional: Any, section: str, **attributes: Any) -> None:
        super().__init__(*positional, **attributes)
        self.section = section


def in_section(title: str) -> Callable[..., Callable[[Callable[..., Any]], Callable[..., Any]]]:
    """As `click.option`, for options that --help lists under `title`."""
    return partial(click.option, cls=Option, section=title)


class Command(click.Command):
    """A click command whose switches may be written `--rm=true` and `--rm=false`, and short options `-m=64m`, as Go's
    flags may. `later` are options of Docker's that it does not have, with what to tell of each. Sections of options are
    listed in the order in which they come, those without one last."""

    def __init__(self, *positional: Any, later: Mapping[str, str] | None = None, **attributes: Any) -> None:
        super().__init__(*positional, **attributes)
        self._later = later or {}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if any(arg.startswith("-") and "=" in arg for arg in args):
            args = list(_as_click_reads(self.get_params(ctx), args, ctx))
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.option_name in self._later:
                raise click.NoSuchOption(error.option_name, self._later[error.option_name], ctx=ctx) from error
            raise _unknown(error.option_name, ctx, self.get_params(ctx)) from error
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        rest: list[tuple[str, str]] = []
        for param in self.get_params(ctx):
            if isinstance(param, click.Option) and (record := param.get_help_record(ctx)):
                (sections.setdefault(param.section, []) if isinstance(param, Option) else rest).append(record)
        for title, records in (*sections.items(), ("Options", rest)):
            with formatter.section(title):
                formatter.write_dl(records)


def _unknown(name: str, ctx: click.Context, params: Iterable[click.Parameter]) -> click.NoSuchOption:
    """In place of click's error, which guesses more freely and does not know whose options it read."""
    from onggi.suggest import did_you_mean

    options = [option for param in params for option in (*param.opts, *param.secondary_opts) if option[:2] == "--"]
    return click.NoSuchOption(name, f"No such option '{name}'{did_you_mean(name, options)}", ctx=ctx)


def define(name: str, **attributes: Any) -> Callable[[Callable[..., Any]], Command]:
    """As `click.command`, for a function that is called `command` in every module: the name is given."""
    return click.command(name, cls=Command, **attributes)


def _as_click_reads(params: Iterable[click.Parameter], args: Sequence[str], ctx: click.Context) -> Iterator[str]:
    """`args` with `--switch=true` as `--switch`, `--switch=false` as nothing or as the name that turns it off, and
    `-m=64m` as `-m64m`. Raises BadParameter for a switch that is neither true nor false.

    Unless options and arguments may be mixed, the first argument ends the options.
    """
    options = {name: param for param in params if isinstance(param, click.Option) for name in param.opts}
    waiting = iter(args)
    for arg in waiting:
        if arg == "--" or (not _is_option(arg) and not ctx.allow_interspersed_args):
            yield arg
            break
        switches, name, value = _apart(arg, options)
        option = options.get(name)
        if option is not None and value is not None and option.is_flag:
            yield from filter(None, (switches, *_switch(option, name, value, ctx)))
            continue
        is_short = value is not None and not name.startswith("--")
        yield f"{switches or '-'}{name[1:]}{value}" if is_short else arg
        if _takes_next(arg, options):
            yield from islice(waiting, 1)
    yield from waiting


def _apart(arg: str, options: Mapping[str, click.Option]) -> tuple[str, str, str | None]:
    """The switches before the name of an option, the name, and what follows its `=`, if anything does: `--env=X`,
    `-e=X`, `-ite=X`. As in Go's pflag, `-e=` alone has the value `=`."""
    if arg.startswith("--"):
        name, equals, value = arg.partition("=")
        return "", name, value if equals else None
    for index, letter in enumerate(arg[1:], start=1):
        name, rest = f"-{letter}", arg[index + 1 :]
        if name in options and rest.startswith("=") and rest != "=":
            return arg[:index].removesuffix("-"), name, rest[1:]
        if name not in options or not options[name].is_flag:
            break
    return "", arg, None


def _is_option(arg: str) -> bool:
    return arg.startswith("-") and arg != "-"


def _switch(option: click.Option, name: str, value: str, ctx: click.Context) -> tuple[str, ...]:
    on = parse_bool(value)
    if on is None:
        raise click.BadParameter(f"{value!r} is not a boolean (true or false)", ctx, option, param_hint=f"'{name}'")
    return (name,) if on else tuple(option.secondary_opts[:1])


def _takes_next(arg: str, options: Mapping[str, click.Option]) -> bool:
    """Whether the argument after `arg` is its value: `--env X`, `-e X`, `-ite X`, but not `-eX`."""
    if arg.startswith("--"):
        option = options.get(arg)
        return option is not None and not option.is_flag
    for index, letter in enumerate(arg[1:], start=2):
        option = options.get(f"-{letter}")
        if option is None or not option.is_flag:
            return option is not None and index == len(arg)
    return False


class Section(NamedTuple):
    """A block of commands in --help: name → module in onggi.cli.commands, whose `command` it is, or a group."""

    title: str
    commands: Mapping[str, str | Table]


class Table(click.Group):
    """A group that knows its commands by name, and imports one when it is run.

    `summaries` holds a line for each module. `aliases` work but are not listed; nor are the `unlisted` modules, which
    are not for people.
    """

    def __init__(
        self,
        name: str,
        sections: Sequence[Section],
        summaries: Mapping[str, str],
        aliases: Mapping[str, str] | None = None,
        unlisted: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(name, **more)
        self.sections = sections
        self._summaries = summaries
        self._aliases = aliases or {}
        self._unlisted = unlisted or {}
        self._commands = {name: command for section in sections for name, command in section.commands.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._commands)

    def named(self, name: str) -> str | Table | None:
        """The module of a command or a group, by its name or an alias; None for another word."""
        return self._commands.get(self._aliases.get(name, name)) or self._unlisted.get(name)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = self.named(cmd_name)
        if isinstance(found, str):
            module = import_module(f"onggi.cli.commands.{found}")
            imported: click.Command = module.command
            return imported
        return found

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise _unknown(error.option_name, ctx, self.get_params(ctx)) from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and self.named(name) is None:
            from onggi.suggest import did_you_mean

            if name in later.COMMANDS:
                ctx.fail(later.COMMANDS[name])
            ctx.fail(f"{name!r} is not a command{did_you_mean(name, [*self._commands, *self._aliases])}")
        return super().resolve_command(ctx, args)

    def summary_of(self, command: str | Table) -> str:
        return command.help or "" if isinstance(command, Table) else self._summaries[command]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section in self.sections:
            with formatter.section(section.title):
                formatter.write_dl([(name, self.summary_of(found)) for name, found in section.commands.items()])
