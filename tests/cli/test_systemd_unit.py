"""Units of systemd: read again as systemd does, they say what was said when they were printed."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from .fake import FakeEngine, call


def lines(unit: str) -> list[tuple[str, str]]:
    """Assignments, without specifiers."""
    return [
        (name, value.replace("%%", "%"))
        for name, is_said, value in (line.partition("=") for line in unit.splitlines() if line[:1] != "#")
        if is_said
    ]


def printed(kind: str, *words: str, **environ: str) -> list[tuple[str, str]]:
    shown = call(FakeEngine(), *words, "--print-unit", f"onggi.{kind}", environ={"PATH": "/bin", **environ})
    assert shown.code == 0, shown.err
    return lines(shown.out)


def words(unit: list[tuple[str, str]]) -> list[str]:
    """Of the command line behind the program's name."""
    ((_, command),) = (each for each in unit if each[0] == "ExecStart")
    found = [word.replace("$$", "$") for word in shlex.split(command)]
    return found[min(place for place, word in enumerate(found) if word in ("serve", "--root")) :]


def test_the_service_of_a_limited_socket_is_limited() -> None:
    said = [
        "--allow",
        "build:name=ci/*",
        "--allow",
        "pull, containers:label=ci",
        "--read-only",
        "--streams",
        "5",
        "--log",
    ]
    assert words(printed("service", "serve", *said)) == ["serve", "-H", "fd://", *said, "--idle", "600"]
    assert words(printed("service", "serve", "--idle=7.5")) == ["serve", "-H", "fd://", "--idle", "7.5"]


def test_it_serves_the_store_of_the_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / 'a "$x" %u').touch()
    monkeypatch.chdir(tmp_path)
    found = printed("service", "serve", ONGGI_ROOT="/srv/my $tore", ONGGI_REGISTRIES="/etc/r%.toml")
    assert words(found)[:3] == ["--root", "/srv/my $tore", "serve"]
    assert ("Environment", '"ONGGI_REGISTRIES=/etc/r%.toml"') in found
    assert words(printed("service", "--root", "there", "serve"))[:2] == ["--root", str(tmp_path / "there")]
    files = [word for option in ("--tlscacert", "--tlscert", "--tlskey") for word in (option, 'a "$x" %u')]
    taken = words(printed("service", "serve", "-H", "tcp://:1", *files))
    assert taken[taken.index("--tlskey") + 1] == str(tmp_path / 'a "$x" %u')


def test_the_socket_listens_where_and_for_whom_was_said() -> None:
    addresses = ["/run/a%b.sock", "unix:///run/b c.sock", "tcp://127.0.0.1:2375", "tcp://[::1]:2375"]
    hosts = [word for each in addresses for word in ("-H", each)]
    found = printed("socket", "serve", *hosts, "--insecure", "--group", "docker")
    places = ["/run/a%b.sock", "/run/b c.sock", "127.0.0.1:2375", "[::1]:2375"]
    assert [value for name, value in found if name == "ListenStream"] == places
    assert ("SocketGroup", "docker") in found
    usual = printed("socket", "serve")
    assert {("ListenStream", "/run/onggi.sock"), ("SocketGroup", "root")} <= set(usual)


def test_every_option_of_the_command_is_in_one_of_them() -> None:
    """Or one that comes later would be left out, and a limit with it."""
    shown = call(FakeEngine(), "serve", "--help").out
    options = set(re.findall(r"^  (?:-H, )?(--[a-z-]+)", shown, re.MULTILINE)) - {
        "--help",
        "--print-env",
        "--print-unit",
    }
    options -= {"--host", "--group", "--show-policy"}
    values = {"--allow": "build", "--streams": "5", "--idle": "1"} | dict.fromkeys(
        ("--tlscacert", "--tlscert", "--tlskey"), os.__file__
    )
    said = [word for each in sorted(options) for word in (each, values.get(each, "")) if word]
    assert options <= set(words(printed("service", "serve", *said)))


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (["-H", "tcp://0.0.0.0:2375"], "there is no TLS"),
        (["-H", "tcp://127.0.0.1:0", "--insecure"], "another port each time"),
        (["--allow", "everything"], "there is no set"),
        (["--show-policy"], "only one can be printed"),
    ],
)
def test_what_the_server_would_refuse_is_no_unit(said: list[str], why: str) -> None:
    shown = call(FakeEngine(), "serve", *said, "--print-unit", "onggi.socket")
    assert (shown.code, shown.out) == (1, "")
    assert why in shown.err
