"""The program: a table of commands, and what becomes of errors. Imports click and nothing heavy."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper
from typing import Any, NoReturn, TextIO

import click

from onggi import __version__
from onggi.cli.command import Section, Table
from onggi.cli.failure import INTERRUPTED, REFUSED, complain, explain_os_error, refuse, report_bug, usage_exit_code
from onggi.cli.session import Session, pass_session
from onggi.errors import OnggiError

# A line for each module of onggi.cli.commands, so that --help imports none of them.
SUMMARIES = {
    "attach": "Connect your terminal to a container that runs",
    "build": "Build an image from a Dockerfile",
    "builder_prune": "Remove what builds keep to be quick",
    "builds_logs": "Print what the steps of a build wrote",
    "builds_ls": "List the builds that are recorded",
    "builds_prune": "Forget all builds that have ended",
    "builds_rm": "Forget builds",
    "builds_show": "Show what a build did, step by step",
    "builds_timeline": "Draw when the steps of a build waited and ran",
    "commit": "Make an image of a container",
    "context_ls": "List what a build context holds, and what is ignored by which line",
    "container_inspect": "Show all that is known of containers, as JSON",
    "container_prune": "Remove all stopped containers",
    "cp": "Copy files between a container and this machine",
    "create": "Create a container from an image, to be started later",
    "debug": "Open a shell where a step of a build failed",
    "diff": "Show what a container did to the files of its image",
    "doctor": "Say what this host can and cannot isolate",
    "events": "Show what happens in the store, as it happens",
    "exec": "Run a command in a container that runs",
    "explain": "Say why the steps of a build ran again",
    "export": "Write a container's file system as a tar",
    "fmt": "Write Dockerfiles in one style",
    "history": "Show which instruction made which layer",
    "image_generate_key": "Make a pair of keys to sign images with",
    "image_inspect": "Show all that is known of images, as JSON",
    "image_prune": "Remove images that nothing uses",
    "image_sign": "Sign an image that is at a registry",
    "image_verify": "Say by which keys an image at a registry is signed",
    "images": "List images",
    "import_": "Make an image from a tar of a file system",
    "info": "Show facts about this host and the store",
    "inspect": "Show all that is known of things by name or ID, as JSON",
    "kill": "Send a signal to containers",
    "lint": "Say what is wrong, slow or unsafe in Dockerfiles",
    "load": "Load images from a tar",
    "login": "Log in to a registry",
    "logout": "Log out from a registry",
    "logs": "Show what a container wrote",
    "lsp": "Tell editors what lint finds, as they go",
    "manifest_annotate": "Say what a manifest of a list is for",
    "manifest_create": "Put together a list of manifests, to be pushed",
    "manifest_inspect": "Show a manifest or a list of manifests",
    "manifest_push": "Push a list with all that it names",
    "manifest_rm": "Forget local lists of manifests",
    "network_connect": "Let a container into one more network",
    "network_create": "Create a network",
    "network_disconnect": "Take a container out of a network",
    "network_inspect": "Show all that is known of networks, as JSON",
    "network_ls": "List networks",
    "network_prune": "Remove networks that no container is in",
    "network_rm": "Remove networks",
    "pause": "Freeze all processes of containers",
    "pull": "Fetch images from a registry",
    "port": "List the ports of a container that are published",
    "ps": "List containers",
    "push": "Send an image to its registry",
    "registry_ls": "List what is said of registries: mirrors, certificates, what is blocked",
    "registry_serve": "Serve a small registry out of the store",
    "registry_show": "Show where an image is asked for, and how",
    "rename": "Give a container another name",
    "restart": "Stop containers and start them again",
    "rm": "Remove containers",
    "rmi": "Remove images",
    "rules": "List and explain the rules of lint",
    "run": "Create a container from an image and run a command in it",
    "save": "Write images to a tar",
    "serve": "Serve the Docker Engine API, for docker and whoever else speaks it",
    "stats": "Show what containers use of the host, live",
    "start": "Start containers that were created or have ended",
    "stop": "Stop containers: first their stop signal, then SIGKILL",
    "system_check": "Check the store, and repair it with --repair",
    "system_df": "Show the disk space that the store takes",
    "system_prune": "Remove what nothing uses",
    "system_resume": "Start what is to run after a reboot",
    "tag": "Give an image another name",
    "top": "Show the processes of a container",
    "unpause": "Let containers that are paused go on",
    "update": "Change limits and restart policies of containers",
    "verify": "Build again, and say whether an image is what comes of it",
    "version": "Show the versions of onggi and what it runs on",
    "volume_create": "Create a volume",
    "volume_inspect": "Show all that is known of volumes, as JSON",
    "volume_ls": "List volumes",
    "volume_prune": "Remove volumes that no container has",
    "volume_rm": "Remove volumes",
    "wait": "Wait until containers end, and print their exit codes",
}


def _same(*names: str) -> dict[str, str | Table]:
    """Commands that are named as their modules are."""
    return {name: name for name in names}


_BUILDER: dict[str, str | Table] = {**_same("build"), "prune": "builder_prune"}
_CONTEXT: dict[str, str | Table] = {"ls": "context_ls"}
_CONTAINER: dict[str, str | Table] = {
    **_same("attach", "commit", "cp", "create", "diff", "exec", "export"),
    "inspect": "container_inspect",
    **_same("kill", "logs"),
    "ls": "ps",
    **_same("pause", "port"),
    "prune": "container_prune",
    **_same("rename", "restart", "rm", "run", "start", "stats", "stop", "top", "unpause", "update", "wait"),
}
_IMAGE: dict[str, str | Table] = {
    **_same("build"),
    "generate-key": "image_generate_key",
    **_same("history"),
    "import": "import_",
    "inspect": "image_inspect",
    "load": "load",
    "ls": "images",
    "prune": "image_prune",
    **_same("pull", "push"),
    "rm": "rmi",
    **_same("save"),
    "sign": "image_sign",
    **_same("tag"),
    "verify": "image_verify",
}
_BUILDS: dict[str, str | Table] = {name: f"builds_{name}" for name in ("logs", "ls", "prune", "rm", "show", "timeline")}
_MANIFEST: dict[str, str | Table] = {
    name: f"manifest_{name}" for name in ("annotate", "create", "inspect", "push", "rm")
}
_NETWORK: dict[str, str | Table] = {
    name: f"network_{name}" for name in ("connect", "create", "disconnect", "inspect", "ls", "prune", "rm")
}
_REGISTRY: dict[str, str | Table] = {"ls": "registry_ls", "serve": "registry_serve", "show": "registry_show"}
_VOLUME: dict[str, str | Table] = {name: f"volume_{name}" for name in ("create", "inspect", "ls", "prune", "rm")}
_SYSTEM: dict[str, str | Table] = {
    "check": "system_check",
    "df": "system_df",
    "events": "events",
    "info": "info",
    "prune": "system_prune",
    "resume": "system_resume",
}


def _group(
    name: str, summary: str, commands: dict[str, str | Table], unlisted: Sequence[str] = (), **aliases: str
) -> Table:
    """`unlisted`: what processes of ours call, by the names of the commands."""
    own = {command: f"{name}_{command}" for command in unlisted}
    return Table(name, [Section("Commands", commands)], SUMMARIES, aliases, own, help=summary)


_SECTIONS = [
    Section("Build and run", _same("build", "lint", "rules", "fmt", "lsp", "debug", "run", "exec")),
    Section(
        "Containers",
        _same("ps", "create", "start", "logs", "attach", "stop", "restart", "kill", "pause", "unpause", "wait")
        | _same("stats", "top", "update", "port", "rename", "rm", "cp", "diff", "commit", "export"),
    ),
    Section("Images", _same("pull", "push", "images", "history", "tag", "rmi", "save", "load") | {"import": "import_"}),
    Section("Registries", _same("login", "logout")),
    Section("Clients of Docker's", _same("serve")),
    Section("Information", _same("events", "explain", "verify", "inspect", "doctor", "info", "version")),
    Section(
        "Groups",
        {
            "builder": _group("builder", "Manage the build cache", _BUILDER),
            "builds": _group("builds", "Look at what builds did", _BUILDS, list="ls", inspect="show", remove="rm"),
            "container": _group("container", "Manage containers", _CONTAINER, list="ls", ps="ls", remove="rm"),
            "context": _group("context", "Look at what a build is given", _CONTEXT, list="ls"),
            "image": _group("image", "Manage images", _IMAGE, list="ls", remove="rm"),
            "manifest": _group(
                "manifest", "Put together images for several platforms at registries", _MANIFEST, remove="rm"
            ),
            "network": _group("network", "Manage networks", _NETWORK, ("mend",), list="ls", remove="rm"),
            "registry": _group(
                "registry", "Look at the settings of registries, and serve one", _REGISTRY, list="ls", inspect="show"
            ),
            "system": _group("system", "Manage the store", _SYSTEM),
            "volume": _group("volume", "Manage volumes", _VOLUME, list="ls", remove="rm"),
        },
    ),
]


class Program(Table):
    """The root of the table. `main` turns whatever happens into one message and an exit code."""

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> NoReturn:  # type: ignore[override]
        session = extra.pop("obj", None) or Session()
        try:
            sys.exit(self._run(session, args))
        finally:
            session.close()

    def _run(self, session: Session, args: Sequence[str] | None) -> int:
        words = list(sys.argv[1:] if args is None else args)
        if words[:1] == ["help"]:
            words = self._asking_for_help(words[1:])
        try:
            code: int | None = super().main(words, "onggi", standalone_mode=False, obj=session)
            sys.stdout.flush()
        except OnggiError as error:
            return refuse(error, debug=session.debug)
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message())
            return 0
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else "onggi"
            complain(error.format_message().removesuffix("."), f"see '{path} --help'")
            return usage_exit_code(error)
        except click.Abort:
            return INTERRUPTED
        except BrokenPipeError:
            # Nobody reads on. The interpreter flushes once more at its end: let that go nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return REFUSED
        except OSError as error:
            if session.debug:
                raise
            complain(explain_os_error(error))
            return REFUSED
        return code or 0

    def _asking_for_help(self, words: Sequence[str]) -> list[str]:
        """`help container run …` as `container run --help`: what stands behind the command may not run it."""
        table: Table = self
        for count, word in enumerate(words, start=1):
            found = table.named(word)
            if not isinstance(found, Table):
                return [*words[:count], "--help"]
            table = found
        return [*words, "--help"]


@click.command(
    "onggi",
    cls=Program,
    sections=_SECTIONS,
    summaries=SUMMARIES,
    context_settings={"help_option_names": ["-h", "--help"]},  # of all commands that have no -h of their own
    epilog="'onggi COMMAND --help' tells more of a command.",
)
@click.option(
    "--root", metavar="FOLDER", help="Where images and containers are kept.  [env: ONGGI_ROOT; default: /var/lib/onggi]"
)
@click.option("-D", "--debug", is_flag=True, help="Show where an error came from.")
@click.version_option(__version__, "-v", "--version", message="onggi version %(version)s")
@pass_session
def program(session: Session, root: str | None, debug: bool) -> None:
    """Build, run and explain containers, without a daemon."""
    session.root = root or ""
    session.debug = debug
    if debug:
        sys.excepthook = sys.__excepthook__


def _accept_all_text(stream: TextIO) -> None:
    """Names from elsewhere may hold letters that the terminal lacks, and an argument bytes that are no text: the first
    are shown as `?`, the second go out as they came in. None is a reason to fail."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="surrogateescape" if stream.encoding.lower() == "utf-8" else "replace")


def main() -> NoReturn:
    """Run the program, and end the process."""
    sys.excepthook = report_bug
    for stream in (sys.stdout, sys.stderr):
        _accept_all_text(stream)
    try:
        program.main()
    except SystemExit as end:
        # Everything is closed and said. Taking the interpreter apart would cost a tenth of a `run`.
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(end.code if isinstance(end.code, int) else REFUSED)
