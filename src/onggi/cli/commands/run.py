"""`onggi run`, `onggi container run`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from onggi.cli import keyvalues, later, mounts, security, streams
from onggi.cli.command import define
from onggi.cli.failure import ENGINE_REFUSED, REFUSED, refuse
from onggi.cli.session import Session, pass_session
from onggi.container.spec import Network, Process
from onggi.engine.types import RunRequest, Stdio, Unheeded
from onggi.errors import Conflict, Failed, Invalid, OnggiError, Unsupported
from onggi.oci import platform
from onggi.oci.platform import Platform


@define("run", later=later.RUN, context_settings={"allow_interspersed_args": False})
@click.argument("image")
@click.argument("argv", nargs=-1, type=click.UNPROCESSED, metavar="[COMMAND [ARG...]]")
@click.option("-d", "--detach", is_flag=True, help="Leave it running in the background, and print its ID.")
@click.option("-i", "--interactive", is_flag=True, help="Let it read your stdin.")
@click.option("-t", "--tty", is_flag=True, help="Give it a terminal.")
@click.option("--rm", "auto_remove", is_flag=True, help="Remove it when it has ended.")
@click.option(
    "--platform",
    default="",
    metavar="OS/ARCH[/VARIANT]",
    help="Which image of one for several platforms.  [default: DOCKER_DEFAULT_PLATFORM, or this machine's]",
)
@click.option("--name", default="", metavar="NAME", help="Name the container.  [default: a made-up name]")
@click.option("-e", "--env", multiple=True, metavar="KEY=VALUE", help="Set a variable; KEY alone takes yours.")
@click.option(
    "--env-file", "env_files", multiple=True, metavar="FILE", help="Set the variables of a file, KEY=VALUE a line."
)
@click.option("-w", "--workdir", default="", metavar="FOLDER", help="The working directory.  [default: the image's]")
@click.option("-u", "--user", default="", metavar="USER[:GROUP]", help="Run as this user, a name or a number.")
@click.option("--entrypoint", default=None, metavar="PROGRAM", help="Instead of the image's entrypoint; '' for none.")
@click.option(
    "-v",
    "--volume",
    "volumes",
    multiple=True,
    metavar="HOST:CONTAINER[:ro]",
    help="Mount a file or folder of the host.",
)
@click.option(
    "--mount", "mount_texts", multiple=True, metavar="type=bind|tmpfs,…", help="As -v and --tmpfs, spelt out."
)
@click.option("--tmpfs", multiple=True, metavar="FOLDER[:OPTIONS]", help="Mount a folder that is in memory.")
@click.option("--read-only", is_flag=True, help="Mount its root file system read-only.")
@click.option("--cap-add", multiple=True, metavar="CAPABILITY", help="Give it a capability, or ALL.")
@click.option("--cap-drop", multiple=True, metavar="CAPABILITY", help="Take a capability away, or ALL.")
@click.option("--privileged", is_flag=True, help="Give it everything that root has on this host.")
@click.option(
    "--security-opt",
    "security_options",
    multiple=True,
    metavar="OPTION",
    help="no-new-privileges, seccomp=unconfined, seccomp=FILE or systempaths=unconfined.",
)
@click.option("-h", "--hostname", default="", metavar="NAME", help="Its host name.  [default: its ID]")
@click.option(
    "--network",
    "--net",
    "network",
    default="none",
    show_default=True,
    metavar="none|host",
    help="none: only its own loopback; host: the host's network. Others come later, and then the default changes.",
)
@click.option("--init", is_flag=True, help="Run a small init as process 1, which reaps and passes signals on.")
@click.option(
    "--runtime",
    default="",
    metavar="NAME",
    help="Start it with another OCI runtime: runc, crun, …  [default: built in]",
)
@click.option("--stop-signal", default="", metavar="SIGNAL", help="What `stop` sends.  [default: the image's]")
@click.option(
    "--stop-timeout",
    type=int,
    default=None,
    metavar="SECONDS",
    help="How long `stop` waits before SIGKILL.  [default: 10]",
)
@click.option("-l", "--label", "label_texts", multiple=True, metavar="KEY=VALUE", help="Label it; may be repeated.")
@click.option("--label-file", "label_files", multiple=True, metavar="FILE", help="Label it with the lines of a file.")
@click.option("--cidfile", default="", metavar="FILE", help="Write its ID to FILE, which must not be there yet.")
@click.option(
    "--pull",
    type=click.Choice(["missing", "never"]),
    default="missing",
    help="When to pull IMAGE; no registry is reached yet.",
)
@click.option(
    "--detach-keys", default="ctrl-p,ctrl-q", show_default=True, metavar="KEYS", help="Typing these leaves it running."
)
@click.option("--sig-proxy/--no-sig-proxy", default=True, help="Pass signals on to it.  [default: yes]")
@pass_session
def command(session: Session, /, **options: Any) -> int:
    """Create a container from IMAGE and run COMMAND in it. Options stand before IMAGE; what follows is the command's.

    Exits as the command does: its code, or 128 and the signal that ended it; 125 if onggi could not start it,
    126 if the command cannot be executed, 127 if it is not found.
    """
    if options["tty"] and options["interactive"] and not options["detach"] and not sys.stdin.isatty():
        raise Invalid("the input device is not a TTY", hint="leave out -t when stdin is a pipe or a file")
    try:
        return run(session, options)
    except Failed as error:
        return refuse(error, error.exit_code, debug=session.debug)
    except Unheeded as error:
        if sys.stderr.isatty():
            click.echo(err=True)  # the line that shows ^C^C^C
        return refuse(error, REFUSED, debug=session.debug)
    except OnggiError as error:
        return refuse(error, ENGINE_REFUSED, debug=session.debug)


def run(session: Session, options: dict[str, Any]) -> int:
    """Create it, start it and, unless it is detached, stay until it ends."""
    asked = request(options, session, os.getcwd())
    mounts.make_missing_sources(asked.mounts[: len(options["volumes"])])  # --mount wants its sources to be there
    session.engine.warm_up()
    containers = session.engine.containers
    with _cidfile(options["cidfile"]) as write:
        identifier = containers.create(asked)
        write(identifier)
    if options["detach"]:
        containers.start(identifier)
        click.echo(identifier)
        return 0
    stdio = Stdio(
        stdin=sys.stdin.fileno() if options["interactive"] else None,
        stdout=sys.stdout.fileno(),
        stderr=sys.stderr.fileno(),
        detach_keys=options["detach_keys"],
        passes_signals=options["sig_proxy"],
    )
    return containers.start(identifier, stdio) or 0  # None: the person detached


def request(options: dict[str, Any], session: Session, folder: str) -> RunRequest:
    """The flags as a request; `folder` is where relative paths start. Raises Invalid, NotFound or Unsupported."""
    entrypoint = options["entrypoint"]
    return RunRequest(
        image=options["image"],
        platform=_platform(options["platform"] or session.environ.get("DOCKER_DEFAULT_PLATFORM", "")),
        name=options["name"],
        process=Process(
            entrypoint=None if entrypoint is None else tuple(filter(None, [entrypoint])),
            command=options["argv"] or None,
            environment=_environment(options, session),
            working_directory=_working_directory(options["workdir"]),
            user=options["user"],
            terminal=options["tty"],
            open_stdin=options["interactive"],
        ),
        hostname=options["hostname"],
        network=_network(options["network"]),
        read_only=options["read_only"],
        mounts=mounts.parse_all(options["volumes"], options["mount_texts"], options["tmpfs"], folder),
        security=security.parse(
            options["security_options"],
            privileged=options["privileged"],
            added=options["cap_add"],
            dropped=options["cap_drop"],
        ),
        init=options["init"],
        runtime=options["runtime"],
        labels=_labels(options, session),
        stop_signal=options["stop_signal"],
        stop_timeout=options["stop_timeout"],
        auto_remove=options["auto_remove"],
    )


def _platform(text: str) -> Platform | None:
    return platform.parse(text) if text else None


def _environment(options: dict[str, Any], session: Session) -> tuple[str, ...]:
    """Those of files come first, so that -e has the last word."""
    from_files = [pair for path in options["env_files"] for pair in _pairs(path, "file of variables", session.environ)]
    return (*from_files, *keyvalues.environment(options["env"], session.environ))


def _labels(options: dict[str, Any], session: Session) -> dict[str, str]:
    from_files = [pair for path in options["label_files"] for pair in _pairs(path, "file of labels", {})]
    return keyvalues.labels([*from_files, *options["label_texts"]])


def _pairs(path: str, what: str, environ: Mapping[str, str]) -> list[str]:
    return keyvalues.parse_file(streams.read(path, what), path, environ)


def _working_directory(path: str) -> str:
    if path and not path.startswith("/"):
        raise Invalid(f"the working directory {path!r} is not an absolute path", hint=f"write -w /{path}")
    return path


def _network(name: str) -> Network:
    networks: dict[str, Network] = {"none": "none", "host": "host"}
    if name not in networks:
        raise Unsupported(f"--network {name}: networks of its own come in a later version", hint="use none or host")
    return networks[name]


# Files of the host


@contextmanager
def _cidfile(path: str) -> Iterator[Callable[[str], object]]:
    """Takes the file's name before there is a container, and gives what writes the ID into it."""
    if not path:
        yield lambda identifier: None
        return
    try:
        file = open(path, "x")  # noqa: SIM115 — closed below, and deleted if there is no ID to put in
    except FileExistsError as error:
        raise Conflict(
            f"container ID file found: {path}", hint=f"if its container is not needed any more, delete {path}"
        ) from error
    except OSError as error:
        raise Invalid(f"cannot write the container ID to {path}: {error.strerror}") from error
    try:
        with file:
            yield file.write
    except BaseException:
        os.unlink(path)
        raise
