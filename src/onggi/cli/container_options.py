"""The flags of `run` and `create`, and what they ask for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from onggi.cli import keyvalues, mounts, security, streams
from onggi.cli.options import several
from onggi.cli.session import Session
from onggi.container.spec import ContainerSpec, Network, Process
from onggi.errors import Conflict, Invalid, Unsupported
from onggi.oci import platform
from onggi.oci.platform import Platform

container_options = several(
    click.argument("image"),
    click.argument("argv", nargs=-1, type=click.UNPROCESSED, metavar="[COMMAND [ARG...]]"),
    click.option("-i", "--interactive", is_flag=True, help="Let it read your stdin."),
    click.option("-t", "--tty", is_flag=True, help="Give it a terminal."),
    click.option("--rm", "auto_remove", is_flag=True, help="Remove it when it has ended."),
    click.option(
        "--platform",
        default="",
        metavar="OS/ARCH[/VARIANT]",
        help="Which image of one for several platforms.  [default: DOCKER_DEFAULT_PLATFORM, or this machine's]",
    ),
    click.option("--name", default="", metavar="NAME", help="Name the container.  [default: a made-up name]"),
    click.option("-e", "--env", multiple=True, metavar="KEY=VALUE", help="Set a variable; KEY alone takes yours."),
    click.option(
        "--env-file", "env_files", multiple=True, metavar="FILE", help="Set the variables of a file, KEY=VALUE a line."
    ),
    click.option(
        "-w", "--workdir", default="", metavar="FOLDER", help="The working directory.  [default: the image's]"
    ),
    click.option("-u", "--user", default="", metavar="USER[:GROUP]", help="Run as this user, a name or a number."),
    click.option(
        "--entrypoint", default=None, metavar="PROGRAM", help="Instead of the image's entrypoint; '' for none."
    ),
    click.option(
        "-v",
        "--volume",
        "volumes",
        multiple=True,
        metavar="HOST:CONTAINER[:ro]",
        help="Mount a file or folder of the host.",
    ),
    click.option(
        "--mount", "mount_texts", multiple=True, metavar="type=bind|tmpfs,…", help="As -v and --tmpfs, spelt out."
    ),
    click.option("--tmpfs", multiple=True, metavar="FOLDER[:OPTIONS]", help="Mount a folder that is in memory."),
    click.option("--read-only", is_flag=True, help="Mount its root file system read-only."),
    click.option("--cap-add", multiple=True, metavar="CAPABILITY", help="Give it a capability, or ALL."),
    click.option("--cap-drop", multiple=True, metavar="CAPABILITY", help="Take a capability away, or ALL."),
    click.option("--privileged", is_flag=True, help="Give it everything that root has on this host."),
    click.option(
        "--security-opt",
        "security_options",
        multiple=True,
        metavar="OPTION",
        help="no-new-privileges, seccomp=unconfined, seccomp=FILE or systempaths=unconfined.",
    ),
    click.option("-h", "--hostname", default="", metavar="NAME", help="Its host name.  [default: its ID]"),
    click.option(
        "--network",
        "--net",
        "network",
        default="none",
        show_default=True,
        metavar="none|host",
        help="none: only its own loopback; host: the host's network. Others come later, and then the default changes.",
    ),
    click.option("--init", is_flag=True, help="Run a small init as process 1, which reaps and passes signals on."),
    click.option(
        "--runtime",
        default="",
        metavar="NAME",
        help="Start it with another OCI runtime: runc, crun, …  [default: built in]",
    ),
    click.option("--stop-signal", default="", metavar="SIGNAL", help="What `stop` sends.  [default: the image's]"),
    click.option(
        "--stop-timeout",
        type=int,
        default=None,
        metavar="SECONDS",
        help="How long `stop` waits before SIGKILL.  [default: 10]",
    ),
    click.option("-l", "--label", "label_texts", multiple=True, metavar="KEY=VALUE", help="Label it; may be repeated."),
    click.option(
        "--label-file", "label_files", multiple=True, metavar="FILE", help="Label it with the lines of a file."
    ),
    click.option("--cidfile", default="", metavar="FILE", help="Write its ID to FILE, which must not be there yet."),
    click.option(
        "--pull",
        type=click.Choice(["missing", "never"]),
        default="missing",
        help="When to pull IMAGE; no registry is reached yet.",
    ),
)


def spec(options: Mapping[str, Any], session: Session, folder: str) -> ContainerSpec:
    """The flags as a spec; `folder` is where relative paths start. Raises Invalid, NotFound or Unsupported."""
    entrypoint = options["entrypoint"]
    return ContainerSpec(
        image=options["image"],
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
        stop_timeout=10 if options["stop_timeout"] is None else options["stop_timeout"],
        auto_remove=options["auto_remove"],
    )


def wanted_platform(options: Mapping[str, Any], session: Session) -> Platform | None:
    """Of the image; None is this machine's."""
    text = options["platform"] or session.environ.get("DOCKER_DEFAULT_PLATFORM", "")
    return platform.parse(text) if text else None


def _environment(options: Mapping[str, Any], session: Session) -> tuple[str, ...]:
    """Those of files come first, so that -e has the last word."""
    from_files = [pair for path in options["env_files"] for pair in _pairs(path, "file of variables", session.environ)]
    return (*from_files, *keyvalues.environment(options["env"], session.environ))


def _labels(options: Mapping[str, Any], session: Session) -> dict[str, str]:
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
def cidfile(path: str) -> Iterator[Callable[[str], object]]:
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
