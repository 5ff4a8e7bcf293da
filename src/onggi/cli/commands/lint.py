"""`onggi lint`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onggi.cli.command import define
from onggi.cli.session import Session, pass_session

if TYPE_CHECKING:
    from onggi.engine.lint.lint import LintFile
    from onggi.lint.policy import Policy


@define("lint")
@click.argument("paths", metavar="[PATH…]", nargs=-1)
@click.option("--context", metavar="FOLDER", help="What the files are built with.  [default: the folder of each]")
@click.option("--shellcheck/--no-shellcheck", default=True, help="Have ShellCheck look at the scripts.  [default: yes]")
@pass_session
def command(session: Session, paths: tuple[str, ...], context: str | None, shellcheck: bool) -> int:
    """Say what is wrong, slow or unsafe in Dockerfiles: files, all that are in folders, or - for standard input.
    [default: .]

    Exit codes: 0 nothing found, 1 something was found, 125 nothing could be linted.
    """
    from onggi.cli.streams import columns
    from onggi.lint.policy import Policy
    from onggi.lint.reports import render
    from onggi.lint.reports.sheet import Look, Sheet

    policy = Policy(has_shellcheck=shellcheck)
    linted = session.engine.lint(list(_files(paths or (".",), context, policy)))
    look = Look(width=columns(sys.stdout), has_colour=sys.stdout.isatty())
    click.echo(render("tty", [Sheet(each.source, each.findings) for each in linted], look), nl=False)
    threshold = policy.threshold
    findings = [finding for each in linted for finding in each.findings]
    return 1 if threshold and any(finding.severity.reaches(threshold) for finding in findings) else 0


def _files(paths: tuple[str, ...], context: str | None, policy: Policy) -> Iterator[LintFile]:
    from onggi.engine.lint.find import dockerfiles
    from onggi.engine.lint.lint import LintFile

    around = Path(context) if context is not None else None
    for path in paths:
        if path == "-":
            yield LintFile("-", sys.stdin.buffer.read(), None, around, policy)
            continue
        for file in dockerfiles(Path(path)) if Path(path).is_dir() else (Path(path),):
            yield LintFile(str(file), file.read_bytes(), file, around or file.parent, policy)
