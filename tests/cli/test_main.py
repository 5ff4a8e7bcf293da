"""The table of commands, help without imports, and errors as messages and exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from onggi import __version__
from onggi.cli.command import Table, define
from onggi.cli.main import SUMMARIES, program
from onggi.errors import Denied, Invalid
from onggi.settings import CACHE_BYTES

from .fake import FakeEngine, call


def leaves(table: Table, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    context = click.Context(table)
    for name in table.list_commands(context):
        found = table.get_command(context, name)
        if isinstance(found, Table):
            yield from leaves(found, (*path, name))
        else:
            yield (*path, name)


COMMANDS = list(leaves(program))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    shown = call(FakeEngine(), *path, "--help")
    assert shown.code == 0
    assert shown.out.startswith(f"Usage: onggi {' '.join(path)} ")
    assert all(len(line) <= 80 for line in shown.out.splitlines())


def test_help_lists_every_command_with_its_line() -> None:
    shown = call(FakeEngine(), "--help").out
    assert shown == call(FakeEngine()).out
    for section in program.sections:
        assert f"\n{section.title}:\n" in shown
        for name, found in section.commands.items():
            line = SUMMARIES[found] if isinstance(found, str) else found.help
            assert any(row.split() == [name, *(line or "").split()] for row in shown.splitlines())


@pytest.mark.parametrize(
    ("args", "same"),
    [
        (["help"], ["--help"]),
        (["-h"], ["--help"]),
        (["ps", "-h"], ["ps", "--help"]),
        (["volume", "-h"], ["volume", "--help"]),
        (["help", "run"], ["run", "--help"]),
        (["help", "run", "busybox"], ["run", "--help"]),
        (["help", "image"], ["image", "--help"]),
        (["help", "container", "list", "x"], ["container", "list", "--help"]),
        (["help", "zzz"], ["zzz", "--help"]),
        (["help", "image", "zzz"], ["image", "zzz", "--help"]),
    ],
)
def test_ways_to_ask_for_help(args: list[str], same: list[str]) -> None:
    engine = FakeEngine()
    assert call(engine, *args) == call(engine, *same)


def test_the_h_of_run_is_its_host_name() -> None:
    engine = FakeEngine()
    call(engine, "run", "-d", "-h", "web", "busybox")
    assert [spec.hostname for spec in engine.containers.specs] == ["web"]
    assert "\n  --help " in call(engine, "run", "--help").out


def test_every_summary_belongs_to_a_command() -> None:
    def modules(table: Table) -> Iterator[str]:
        for section in table.sections:
            for found in section.commands.values():
                yield from [found] if isinstance(found, str) else modules(found)

    assert set(modules(program)) == SUMMARIES.keys()


def test_version() -> None:
    assert call(FakeEngine(), "--version").out == f"onggi version {__version__}\n"


def test_aliases() -> None:
    engine = FakeEngine()
    assert call(engine, "image", "list").out == call(engine, "images").out
    assert call(engine, "container", "ps").out == call(engine, "ps").out


@pytest.mark.parametrize(
    ("args", "code", "message", "hint"),
    [
        (["imagse"], 1, "'imagse' is not a command; did you mean images?", "see 'onggi --help'"),
        (["image", "lss"], 1, "'lss' is not a command; did you mean ls?", "see 'onggi image --help'"),
        (["zzz"], 1, "'zzz' is not a command", "see 'onggi --help'"),
        (["container", "rm"], 1, "Missing argument 'CONTAINER...'", "see 'onggi container rm --help'"),
        (["run"], 1, "Missing argument 'IMAGE'", "see 'onggi run --help'"),
        (["system", "df", "x"], 1, "Got unexpected extra argument (x)", "see 'onggi system df --help'"),
        (["run", "--xy"], 125, "No such option '--xy'\n", "see 'onggi run --help'"),
        (["--rot", "x", "ps"], 125, "No such option '--rot'; did you mean --root?\n", "see 'onggi --help'"),
        (["ps", "--no-trunk"], 125, "No such option '--no-trunk'; did you mean --no-trunc?\n", "see 'onggi ps --help'"),
        (["ps", "-n", "x"], 125, "Invalid value for '-n'", "see 'onggi ps --help'"),
        (["logs", "--tail", "x", "web"], 125, "Invalid value for --tail", "see 'onggi logs --help'"),
        (
            ["ps", "--all=yes"],
            125,
            "Invalid value for '--all': 'yes' is not a boolean (true or false)\n",
            "see 'onggi ps --help'",
        ),
        (["ps", "-qa=foo"], 125, "Invalid value for '-a': 'foo' is not a boolean", "see 'onggi ps --help'"),
        (["run", "--name"], 125, "Option '--name' requires an argument", "see 'onggi run --help'"),
    ],
)
def test_misuse(args: list[str], code: int, message: str, hint: str) -> None:
    """Docker's exit codes: 125 for a wrong option, 1 for wrong arguments."""
    shown = call(FakeEngine(), *args)
    assert (shown.out, shown.code) == ("", code)
    first, second = shown.err.splitlines(keepends=True)
    assert first.startswith(f"onggi: {message}")
    assert second == f"hint: {hint}\n"


def test_an_error_of_the_engine_is_one_message_and_1() -> None:
    engine = FakeEngine()
    engine.images.fails = Denied("the store is not ours", hint="run it as root")
    shown = call(engine, "save", "-o", os.devnull, "busybox")
    assert shown == ("", "onggi: the store is not ours\nhint: run it as root\n", 1)


def test_what_an_error_quotes_does_not_reach_the_terminal_as_commands() -> None:
    engine = FakeEngine()
    engine.images.fails = Invalid('exec: "\x1b]0;mine\x07\x9b2J\r": not found\n\t^ 옹')
    shown = call(engine, "save", "-o", os.devnull, "busybox")
    assert shown.err == 'onggi: exec: " ]0;mine  2J ": not found\n\t^ 옹\n'


def test_debug_shows_where_an_error_came_from() -> None:
    engine = FakeEngine()
    engine.images.fails = Invalid("no")
    shown = call(engine, "--debug", "save", "-o", os.devnull, "busybox")
    assert shown.err.startswith("Traceback")
    assert shown.err.endswith("onggi: no\n")


def test_a_file_that_is_not_there() -> None:
    shown = call(FakeEngine(), "load", "-i", "/nowhere/at/all.tar")
    assert shown == ("", "onggi: /nowhere/at/all.tar: No such file or directory\n", 1)


def test_root_and_environment_become_settings() -> None:
    engine = FakeEngine()
    environ = {
        "ONGGI_ROOT": "/srv/onggi",
        "http_proxy": "http://p:1",
        "NO_PROXY": "",
        "A": "b",
        "ONGGI_CACHE_BYTES": "1.5GB",
    }
    call(engine, "ps", environ=environ)
    assert engine.settings is not None
    assert str(engine.settings.root) == "/srv/onggi"
    assert engine.settings.cache_bytes == 1_500_000_000
    assert engine.settings.proxies == {"http_proxy": "http://p:1"}
    call(engine, "--root", "/elsewhere", "ps", environ=environ)
    assert str(engine.settings.root) == "/elsewhere"


@pytest.mark.parametrize(("text", "cap"), [("", CACHE_BYTES), ("none", None), ("0", 0), ("512", 512), ("10g", 10**10)])
def test_the_cap_on_the_build_cache(text: str, cap: int | None) -> None:
    engine = FakeEngine()
    call(engine, "ps", environ={"ONGGI_CACHE_BYTES": text})
    assert engine.settings is not None
    assert engine.settings.cache_bytes == cap


def test_a_root_in_the_environment_is_absolute() -> None:
    shown = call(FakeEngine(), "ps", environ={"ONGGI_ROOT": "relative"})
    assert shown.err.startswith("onggi: ONGGI_ROOT is 'relative'\nhint: it is an absolute path")
    assert shown.code == 1
    engine = FakeEngine()
    call(engine, "--root", "relative", "ps", environ={"ONGGI_ROOT": "relative"})
    assert engine.settings is not None
    assert engine.settings.root == Path("relative").absolute()


def test_a_wrong_cap() -> None:
    shown = call(FakeEngine(), "ps", environ={"ONGGI_CACHE_BYTES": "much"})
    assert shown.err.startswith("onggi: ONGGI_CACHE_BYTES is 'much'\nhint: it is a size such as 10GB")
    assert shown.code == 1


def test_a_wrong_source_date_epoch() -> None:
    environ = {"SOURCE_DATE_EPOCH": "today"}
    assert call(FakeEngine(), "ps", environ=environ).code == 0
    shown = call(FakeEngine(), "build", ".", environ=environ)
    assert shown.err.startswith("onggi: SOURCE_DATE_EPOCH is 'today'\nhint: ")
    assert shown.code == 1


@pytest.mark.parametrize(
    ("args", "everything"),
    [(["-a=true"], True), (["--all=false"], False), (["--all=1", "-q=0"], True), (["-qa"], True), ([], False)],
)
def test_switches_take_true_and_false(args: list[str], everything: bool) -> None:
    engine = FakeEngine()
    assert call(engine, "ps", *args).code == 0
    assert engine.containers.asked[0][:2] == ("list", everything)


@pytest.mark.parametrize(
    ("args", "last", "quiet"),
    [
        (["-n=1"], 1, False),
        (["-qn=12"], 12, True),
        (["-q=false", "-n=-1"], -1, False),
        (["-an1"], 1, False),
        (["-aq=true", "-n", "3"], 3, True),
        (["-aq=0"], 0, False),
    ],
)
def test_the_equals_sign_after_the_letter_of_an_option_is_not_of_its_value(
    args: list[str], last: int, quiet: bool
) -> None:
    """As in Go's pflag."""

    @define("some")
    @click.option("-n", "last", type=int, default=0)
    @click.option("-q", "quiet", is_flag=True)
    @click.option("-a", is_flag=True, expose_value=False)
    def command(last: int, quiet: bool) -> tuple[int, bool]:
        return last, quiet

    assert command.main(args, standalone_mode=False) == (last, quiet)


def test_only_the_first_equals_sign_is_taken_off() -> None:
    @define("some", context_settings={"allow_interspersed_args": False})
    @click.option("-e", "env", multiple=True)
    @click.argument("rest", nargs=-1)
    def command(env: tuple[str, ...], rest: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
        return env, rest

    asked = ["-e=A=1", "-eB=2", "-e=", "-e", "-e=C", "sh", "-e=D"]
    assert command.main(asked, standalone_mode=False) == (("A=1", "B=2", "=", "-e=C"), ("sh", "-e=D"))


# A process of its own, as a person starts it


def onggi(*args: str, code: str = "") -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    start = [sys.executable, "-c", code] if code else [sys.executable, "-m", "onggi"]
    return subprocess.run([*start, *args], env=environ, capture_output=True, text=True, check=False)


def test_help_imports_no_command_and_nothing_heavy() -> None:
    code = (
        "import sys\nfrom onggi.cli.main import program\n"
        "try: program.main(['--help'])\n"
        "except SystemExit: print(*sorted(sys.modules))"
    )
    modules = onggi(code=code).stdout.splitlines()[-1].split()
    heavy = {"rich", "msgspec", "json", "sqlite3", "asyncio", "difflib", "subprocess", "tempfile"}
    assert not heavy.intersection(modules)
    ours = {module for module in modules if module.startswith("onggi.")}
    assert ours == {"onggi.boolean", "onggi.cli", "onggi.errors"} | {
        f"onggi.cli.{name}" for name in ("command", "failure", "later", "main", "session")
    }


def test_a_reader_that_goes_away_is_no_error() -> None:
    script = f"{sys.executable} -m onggi --help | true; exit ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert ran.stderr == ""


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("utf-8", b"\xff x\n\xec\x98\xb9 x\n"), ("ascii", b"? x\n? x\n"), ("latin-1", b"? x\n? x\n")],
)
def test_any_text_can_be_printed(encoding: str, shown: bytes) -> None:
    code = (
        "import sys\nfrom onggi.cli import main\n"
        "for stream in (sys.stdout, sys.stderr): main._accept_all_text(stream)\n"
        "print(*sys.argv[1:], sep='\\n')"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONIOENCODING": encoding}
    argv: list[str | bytes] = [sys.executable, "-X", "utf8", "-c", code, b"\xff x", "옹 x".encode()]
    assert subprocess.run(argv, env=environ, capture_output=True, check=False).stdout == shown


def test_an_unforeseen_error_is_told_without_a_traceback() -> None:
    code = (
        "import sys\nfrom onggi.cli import main\nfrom onggi.cli.session import Session\n"
        "def opener(settings): raise KeyError('lost')\n"
        "sys.excepthook = main.report_bug\nmain.program.main(['ps'], obj=Session({}, opener))"
    )
    ran = onggi(code=code)
    assert ran.stderr.splitlines()[0] == "onggi: a bug in onggi: KeyError: 'lost'"
    assert "Traceback" not in ran.stderr
    assert ran.returncode == 1


def test_ctrl_c_is_130() -> None:
    code = (
        "import sys\nfrom onggi.cli import main\nfrom onggi.cli.session import Session\n"
        "def opener(settings): raise KeyboardInterrupt\n"
        "main.program.main(['ps'], obj=Session({}, opener))"
    )
    ran = onggi(code=code)
    assert (ran.stderr, ran.returncode) == ("\n", 130)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("build", "--sbom=true", "."), "--sbom is not there yet: attestations"),
        (("compose", "up"), "compose is not there yet"),
        (("search", "node"), "there is no search here: the protocol of registries has none"),
    ],
)
def test_what_docker_has_and_we_have_not_is_refused_by_name(argv: tuple[str, ...], words: str) -> None:
    shown = call(FakeEngine(), *argv)
    assert shown.code == (125 if words.startswith("-") else 1)
    assert words in shown.err
