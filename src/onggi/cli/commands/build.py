"""`onggi build`, `onggi image build`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, BinaryIO

import click

from onggi.cli import aftermath, keyvalues, later
from onggi.cli.command import define
from onggi.cli.endings import Ended, tidy_end
from onggi.cli.failure import INTERRUPTED, complain
from onggi.cli.progress import Style, renderer
from onggi.cli.progress.listing import Listing
from onggi.cli.result_options import check_files, result_fields, result_options, write_files
from onggi.cli.session import Session, pass_session
from onggi.cli.step_options import step_fields, step_options
from onggi.engine.dates import parse_epoch
from onggi.engine.types import BuildRequest, BuildResult
from onggi.errors import Invalid
from onggi.suggest import did_you_mean

# The date of a reproducible image when SOURCE_DATE_EPOCH does not say another: 1 January 1980, the first that a zip
# archive, and so a Python wheel or a Java archive made in a RUN step, can hold.
REPRODUCIBLE_EPOCH = 315532800

_URLS = ("http://", "https://", "git://", "git@", "ssh://", "github.com/")
_STDIN = "-"


@define("build", later=later.BUILD)
@click.argument("context", metavar="CONTEXT")
@click.option("-t", "--tag", "references", multiple=True, metavar="NAME[:TAG]", help="Name the image.")
@click.option(
    "-f", "--file", default="", metavar="FILE", help="Read this Dockerfile; - is stdin.  [default: CONTEXT/Dockerfile]"
)
@click.option(
    "--build-context",
    "contexts",
    multiple=True,
    metavar="NAME=CONTEXT",
    help="Let FROM NAME and --from=NAME mean another context: a folder, URL, docker-image://IMAGE, "
    "oci-layout://FOLDER or target:STAGE.",
)
@click.option("--target", default="", metavar="STAGE", help="Build up to this stage.")
@click.option(
    "--platform",
    "platforms",
    multiple=True,
    metavar="OS/ARCH[/VARIANT][,…]",
    help="Build for another platform; several give one image for all.  [default: DOCKER_DEFAULT_PLATFORM, or this "
    "machine]",
)
@click.option(
    "--build-arg", "build_args", multiple=True, metavar="KEY=VALUE", help="Set an ARG; KEY alone takes yours."
)
@click.option("--label", "labels", multiple=True, metavar="KEY=VALUE", help="Label the image.")
@click.option("--no-cache", is_flag=True, help="Run every step again.")
@click.option(
    "--no-cache-filter", "no_cache_stages", multiple=True, metavar="STAGE", help="Run the steps of a stage again."
)
@click.option("--pull", is_flag=True, help="Ask registries for newer base images.")
@click.option(
    "--cache-from",
    "cache_from",
    multiple=True,
    metavar="NAME|type=TYPE,…",
    help="Look there for what the build cache of the store does not have: NAME is at a registry, as type=registry,"
    "ref=NAME; or type=local,src=FOLDER, type=gha,src=FOLDER.",
)
@click.option(
    "--cache-to",
    "cache_to",
    multiple=True,
    metavar="NAME|type=TYPE,…",
    help="Write the build cache there: as for --cache-from with dest=FOLDER, or type=inline, into the image. With"
    " ,mode=max also what the result is not made of; ,mounts=true cache mounts, too; ,group=NAME whose part it is.",
)
@step_options
@result_options
@click.option(
    "--reproducible",
    is_flag=True,
    help="The same input gives the same image, bit for bit: dated by SOURCE_DATE_EPOCH, or 1980.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Run at most N steps at once.  [default: as the processors allow]",
)
@click.option(
    "--progress",
    type=click.Choice(["auto", "tty", "plain", "json"]),
    default="auto",
    show_default=True,
    help="Tell what happens in this style; auto: tty on a terminal, else plain.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print the image's ID only.")
@click.option("--explain", is_flag=True, help="Say afterwards why steps ran again, as `onggi explain` does.")
@click.option("--debug", is_flag=True, help="Open a shell in a step that fails, as `onggi debug` does.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Say what would be kept and run, and do nothing; after a step that runs more may be kept.",
)
@click.option("--check", is_flag=True, help="Say what the rules find in the Dockerfile, and build nothing.")
@click.option(
    "--call",
    default="build",
    metavar="METHOD",
    help="Instead of building: check, outline (what a target takes) or targets; with ,format=json for programs.",
)
@pass_session
def command(session: Session, /, **options: Any) -> None:
    """Build an image from a Dockerfile and the files of CONTEXT: a folder, the URL of a git repository or of a tar, or
    - for a tar or a Dockerfile on stdin.

    Options for one of several things, as -t and --build-arg, may be repeated. What happens is told on stderr; with
    --progress json, one document a line, on stdout.
    """
    asked = request(options, session)
    if options["check"] or options["call"] != "build":
        sys.exit(_call("check" if options["check"] else options["call"], asked, session))
    if options["dry_run"]:
        click.echo(session.engine.dry_run(asked))
        return
    check_files(options)
    if options["debug"]:
        aftermath.require_terminal()
    try:
        with tidy_end():
            result = _build_to_the_end(session, asked, options)
    except (KeyboardInterrupt, Ended) as end:
        complain("cancelled", "what was done is kept: the same build again goes on from there")
        sys.exit(end.code if isinstance(end, Ended) else INTERRUPTED)
    if options["explain"]:
        aftermath.explain(session, result.build)
    write_files(options, result)


def _call(text: str, asked: BuildRequest, session: Session) -> int:
    """What --call wants to know instead of a build. The exit code: 1 where the check found something."""
    from onggi.cli import calls  # late: few builds ask

    method, _, options = text.partition(",")
    if method not in calls.METHODS or options not in ("", "format=json", "format=text"):
        raise Invalid(
            f"--call {text} is unknown{did_you_mean(method, calls.METHODS)}",
            hint=f"methods are build, {', '.join(calls.METHODS)}, each with ,format=json if that is wanted",
        )
    output, code = calls.METHODS[method](session.engine, asked, options == "format=json")
    click.echo(output, nl=False)
    return code


def _build_to_the_end(session: Session, asked: BuildRequest, options: Mapping[str, Any]) -> BuildResult:
    from onggi.solve.run import StepError

    try:
        return _build_quietly(session, asked) if options["quiet"] else _build(session, asked, options["progress"])
    except StepError as error:
        aftermath.say_where_to_look(error)
        if options["explain"]:
            aftermath.explain(session, error.build)
        if options["debug"]:
            aftermath.open_shell(session, error)
        raise


def _build_quietly(session: Session, asked: BuildRequest) -> BuildResult:
    from onggi.engine.build.errors import MissingSource
    from onggi.solve.run import StepError

    try:
        result = session.engine.build(asked)
    except StepError as error:
        click.echo("\n".join(error.lines), err=True)
        raise
    except MissingSource as error:
        error.message = error.placed()  # nothing was drawn of the step
        raise
    click.echo(result.image_id)
    return result


def _build(session: Session, asked: BuildRequest, style: Style) -> BuildResult:
    stream = sys.stdout if style == "json" else sys.stderr
    draw = renderer(style, stream, _listing(asked), session.environ)
    with closing(draw):
        result = session.engine.build(asked, draw)
    for warning in result.warnings:
        click.echo(f"warning: {warning}", err=True)
    if result.findings:
        from onggi.lint.reports.buildkit import render_brief

        click.echo(render_brief(result.findings), err=True, nl=False)
    return result


def _listing(asked: BuildRequest) -> Listing:
    """The Dockerfile, to be shown where a step failed. One that cannot be read is the engine's to refuse."""
    name = str(asked.dockerfile or "Dockerfile")
    if asked.dockerfile_text is not None:
        return Listing(name, asked.dockerfile_text)
    if not isinstance(asked.context, Path):
        return Listing(name, "")
    from onggi.engine.build.project import candidates

    for path in candidates(asked.dockerfile or asked.context / name):
        with suppress(OSError):
            text = path.read_text(encoding="utf-8", errors="replace")
            return Listing(str(Path(name).with_name(path.name)), text)
    return Listing(name, "")


def request(options: dict[str, Any], session: Session) -> BuildRequest:
    """The flags as a request. Raises Invalid or Unsupported."""
    if options["context"] == options["file"] == _STDIN:
        raise Invalid("context and Dockerfile cannot both come from stdin", hint="name a folder, or leave out -f")
    return BuildRequest(
        context=_context(options["context"]),
        dockerfile=Path(options["file"]) if options["file"] not in ("", _STDIN) else None,
        dockerfile_text=_dockerfile_text() if options["file"] == _STDIN else None,
        contexts=_contexts(options["contexts"]),
        references=options["references"],
        target=options["target"],
        build_args=keyvalues.build_arguments(options["build_args"], session.environ),
        labels=keyvalues.labels(options["labels"]),
        no_cache=options["no_cache"],
        no_cache_stages=tuple(name for text in options["no_cache_stages"] for name in text.split(",") if name),
        pull=options["pull"],
        **step_fields(options, session.environ),
        **result_fields(options, session.environ),
        jobs=options["jobs"],
        epoch=_epoch(options["reproducible"], session.environ),
    )


def _context(text: str) -> Path | str | BinaryIO:
    if text == _STDIN:
        return _stdin("a tar of the context or a Dockerfile")
    # Whether a URL is any is the engine's to say; a folder never has these forms.
    return text if text.startswith(_URLS) else Path(text)


def _dockerfile_text() -> str:
    from onggi.engine.build.text import decode

    return decode(_stdin("a Dockerfile").read(), "the Dockerfile on stdin")


def _stdin(what: str) -> BinaryIO:
    if sys.stdin.isatty():
        raise Invalid(f"stdin is a terminal, and {what} is expected there", hint="redirect it: onggi build - < FILE")
    return sys.stdin.buffer


def _contexts(texts: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise Invalid(
                f"--build-context {text} is not NAME=CONTEXT",
                hint="for example base=docker-image://debian:bookworm-slim, or src=../sources",
            )
        found[name] = value
    return found


def _epoch(reproducible: bool, environ: Mapping[str, str]) -> int | None:
    if text := environ.get("SOURCE_DATE_EPOCH"):
        return parse_epoch(text)
    return REPRODUCIBLE_EPOCH if reproducible else None
