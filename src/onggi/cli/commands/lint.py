"""`onggi lint`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from onggi.cli.command import define, in_section
from onggi.cli.dockerfiles import STDIN
from onggi.cli.failure import ENGINE_REFUSED, complain, explain_os_error, refuse, warn
from onggi.cli.language import language
from onggi.cli.lint_files import Choice, Chosen, choose
from onggi.cli.lint_options import changes, policy_options, unknown_codes
from onggi.cli.session import Session, pass_session
from onggi.cli.streams import columns, output
from onggi.engine.lint.configuration import Configurations
from onggi.engine.lint.lint import Linted, LintFile
from onggi.errors import Invalid, OnggiError
from onggi.lint.config.config import Config
from onggi.lint.reports import ALIASES, FORMATS, render
from onggi.lint.reports.sheet import Look, Sheet
from onggi.lint.rules.table import BY_CODE

_FOUND = 1
_STDOUT = "-"
_EXCLUSIVE = (
    ("fix", "diff"),
    ("config", "no-config"),
    ("diff", "write-baseline"),
    ("baseline", "write-baseline"),
    *((other, report) for other in ("diff", "write-baseline") for report in ("format", "output")),
)
_NAMES = ("output", "config", "baseline", "write-baseline", "context", "stdin-filename")
_report = in_section("Report")
_files = in_section("Files and configuration")
_mending = in_section("Mending")


@define("lint", later=dict.fromkeys(("-V", "--verbose"), "there is nothing more to tell than the report"))
@click.argument("paths", metavar="[PATH…]", nargs=-1)
@_report(
    "-f",
    "--format",
    type=click.Choice([*FORMATS, *ALIASES]),
    metavar="FORMAT",
    help=f"How findings are told: {', '.join(FORMATS)}.  [default: tty]",
)
@_report("-o", "--output", metavar="FILE", help="Write the report there; - is standard output.")
@_report("--lang", type=click.Choice(["en", "ko"]), help="Tell it in this language.  [default: as the locale]")
@_report("--no-color", is_flag=True, help="No colours on a terminal; as NO_COLOR in the environment.")
@_report("-q", "--quiet", is_flag=True, help="Just a line for each finding.")
@_mending("--fix", is_flag=True, help="Mend what can be mended without changing what is built, and tell the rest.")
@_mending("--unsafe-fixes", is_flag=True, help="With --fix or --diff: also mend what may change what is built.")
@_mending("--diff", is_flag=True, help="Write nothing; show what --fix would change.")
@policy_options
@_files("-c", "--config", metavar="FILE", help="Read this configuration, and look for no other.")
@_files("--no-config", is_flag=True, help="Read no configuration.")
@_files("--force-exclude", is_flag=True, help="Leave out what the project excludes, also where a path names it.")
@_files("--baseline", metavar="FILE", help="Do not tell again what this file says was found before.")
@_files("--write-baseline", metavar="FILE", help="Tell nothing, but write what is found for --baseline.")
@_files("--context", metavar="FOLDER", help="What the files are built with.  [default: the folder of each]")
@_files(
    "--stdin-filename",
    "--file-path-in-report",
    "stdin_filename",
    default="-",
    metavar="PATH",
    help="What standard input is called; its configuration is looked for there.",
)
@pass_session
def command(session: Session, /, **options: Any) -> int:
    """Say what is wrong, slow or unsafe in Dockerfiles: files, all that are in folders, or - for standard input.
    [default: .]

    A project says what it demands in onggi.toml, pyproject.toml or hadolint's .hadolint.yaml, the nearest one from a
    file's folder upwards. `onggi rules CODE` explains a rule.

    Exit codes: 0 nothing was found that is at least as bad as the threshold, 1 something was, 125 it could not be
    linted (a wrong option or configuration, a file that is not there).
    """
    try:
        return _lint(session, options)
    except OnggiError as error:
        return refuse(error, ENGINE_REFUSED, debug=session.debug)
    except OSError as error:
        if session.debug or isinstance(error, BrokenPipeError):
            raise
        complain(explain_os_error(error))
        return ENGINE_REFUSED


def _lint(session: Session, options: Mapping[str, Any]) -> int:
    _check(options)
    failures: list[str] = []

    def refused(message: str, hint: str) -> None:
        failures.append(message)
        complain(message, hint)

    chosen = _choose(options, refused)
    linted = _linted(session, options, chosen.files)
    sheets: Sequence[Sheet] = [Sheet(each.source, each.findings) for each in linted]
    if options["write_baseline"]:
        from onggi.cli import lint_baseline  # late, as all that few uses need

        lint_baseline.write(options["write_baseline"], sheets)
        return ENGINE_REFUSED if failures else 0
    if options["baseline"]:
        from onggi.cli import lint_baseline

        sheets = lint_baseline.without(options["baseline"], sheets)
    if (chosen.files or not failures) and not options["diff"]:
        _tell(session, options, chosen.config, sheets)
    if failures:
        return ENGINE_REFUSED
    return _FOUND if any(_fails(each.file, sheet) for each, sheet in zip(linted, sheets, strict=True)) else 0


def _fails(file: LintFile, sheet: Sheet) -> bool:
    threshold = file.policy.threshold
    return threshold is not None and any(
        finding.fails_build or finding.severity.reaches(threshold) for finding in sheet.findings
    )


def _linted(session: Session, options: Mapping[str, Any], files: Sequence[LintFile]) -> Sequence[Linted]:
    """What counts at the end: of mended files what is left, of those that only could be what is there."""
    if not options["fix"] and not options["diff"]:
        return session.engine.lint(files)
    from onggi.cli import lint_mending

    mended = session.engine.mend(files, unsafe=options["unsafe_fixes"])
    if options["diff"]:
        lint_mending.show(mended)
        return [each.first for each in mended]
    lint_mending.write(mended)
    return [each.last for each in mended]


def _check(options: Mapping[str, Any]) -> None:
    """Raises Invalid for options that exclude each other, or need one another."""
    for one, other in _EXCLUSIVE:
        if options[one.replace("-", "_")] and options[other.replace("-", "_")]:
            raise Invalid(f"--{one} and --{other} exclude each other")
    for name in _NAMES:
        if options[name.replace("-", "_")] == "":
            raise Invalid(f"--{name} is empty")
    if options["output"] == _STDOUT and _mends_stdin(options):
        raise Invalid(
            "the mended text and the report would both go to standard output",
            hint="without -o - the report is on stderr",
        )
    if options["unsafe_fixes"] and not (options["fix"] or options["diff"]):
        raise Invalid("--unsafe-fixes alone mends nothing", hint="add --fix, or --diff to see what it would change")


def _mends_stdin(options: Mapping[str, Any]) -> bool:
    return options["fix"] and STDIN in options["paths"]


def _choose(options: Mapping[str, Any], refused: Callable[[str, str], object]) -> Chosen:
    for note in unknown_codes(options, BY_CODE):
        warn(note)
    choice = Choice(
        paths=options["paths"] or (".",),
        forces_exclude=options["force_exclude"],
        context=options["context"],
        stdin=options["stdin_filename"],
        changes=changes(options),
    )
    configurations = Configurations(BY_CODE, options["config"], is_looked_for=not options["no_config"])
    chosen = choose(choice, configurations, refused)
    for note in configurations.notes:
        warn(note)
    return chosen


def _tell(session: Session, options: Mapping[str, Any], config: Config, sheets: Sequence[Sheet]) -> None:
    """On stdout, or on stderr where that has a Dockerfile from standard input."""
    is_taken = _mends_stdin(options)
    stream = sys.stderr if is_taken else sys.stdout
    file_name = None if options["output"] == _STDOUT else options["output"]
    form = ALIASES.get(options["format"], options["format"]) or config.format
    is_plain = options["no_color"] or not config.has_colour or session.environ.get("NO_COLOR") or file_name
    look = Look(
        language=options["lang"] or config.language or language(session.environ),
        width=None if file_name else columns(stream),
        has_colour=stream.isatty() and not is_plain,
        is_brief=options["quiet"],
    )
    data = render(form, sheets, look).encode("utf-8", "surrogateescape")
    if file_name:
        with output(file_name, "write a report") as file:
            file.write(data)
    else:
        click.echo(data, nl=False, err=is_taken)
