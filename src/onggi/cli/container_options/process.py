"""Its first process: what it runs, as whom, where, with which variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from onggi.cli import keyvalues
from onggi.cli.command import in_section
from onggi.cli.container_options import stdio
from onggi.cli.options import several
from onggi.cli.session import Session
from onggi.container.spec import STREAMS, Process
from onggi.errors import Invalid

_option = in_section("Process")
_UMASK = re.compile(r"0?[0-7]{1,3}")

options = several(
    _option("-e", "--env", multiple=True, metavar="KEY=VALUE", help="Set a variable; KEY alone takes yours."),
    _option(
        "--env-file", "env_files", multiple=True, metavar="FILE", help="Set the variables of a file, KEY=VALUE a line."
    ),
    _option("-w", "--workdir", default="", metavar="FOLDER", help="The working directory.  [default: the image's]"),
    _option("-u", "--user", default="", metavar="USER[:GROUP]", help="Run as this user, a name or a number."),
    _option(
        "--group-add", "groups", multiple=True, metavar="GROUP", help="One more of its groups, a name or a number."
    ),
    _option("--umask", default="", metavar="OCTAL", help="The umask that it begins with.  [default: 022]"),
    _option("--entrypoint", default=None, metavar="PROGRAM", help="Instead of the image's entrypoint; '' for none."),
    _option("--init", is_flag=True, help="Run a small init as process 1, which reaps and passes signals on."),
)


def read(options: Mapping[str, Any], session: Session) -> Process:
    entrypoint = options["entrypoint"]
    connected = stdio.read(options)
    nothing = () if entrypoint == "" else None  # the image's command goes with its entry point
    return Process(
        entrypoint=None if entrypoint is None else tuple(filter(None, [entrypoint])),
        command=options["argv"] or nothing,
        environment=keyvalues.variables(options["env_files"], options["env"], session.environ),
        working_directory=options["workdir"],
        user=options["user"],
        terminal=options["tty"],
        open_stdin=options["interactive"],
        keeps_stdin=options["interactive"] and "stdin" not in connected,
        umask=_umask(options["umask"]),
        attached=tuple(stream for stream in STREAMS if stream in connected),
    )


def _umask(text: str) -> int | None:
    if text and not _UMASK.fullmatch(text):
        raise Invalid(f"--umask {text} is no umask", hint="write octal digits, as 027")
    return int(text, 8) if text else None
