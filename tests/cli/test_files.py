"""cp, diff, commit: what the engine is asked, and what is printed."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from onggi.cli.commands import cp, diff
from onggi.engine.types import Change, CommitRequest

from .fake import ID, FakeEngine, call


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.mark.parametrize(
    "words, asked",
    [
        (("web:/x", "y"), ("copy out", "web", "/x", "y", False, False)),
        (("-aL", "web:x/.", "y/"), ("copy out", "web", "x/.", "y/", True, True)),
        (("x", "web:/y"), ("copy in", "web", "x", "/y", False)),
        (("-L", "-a", "x:y", "/web:/y"), ("copy out", "x", "y", "/web:/y", True, True)),
        (("./x:y", "web:"), ("copy in", "web", "./x:y", "", False)),
        (("web:/x", "-"), ("archive get", "web", "/x")),
        (("-", "web:/x"), ("archive put", "web", "/x", b"a tar", False)),
        (("-", "./-"), None),
        (("./a:b", "c"), None),
    ],
)
def test_cp_tells_containers_from_paths(
    engine: FakeEngine, words: tuple[str, ...], asked: tuple[Any, ...] | None
) -> None:
    done = call(engine, "cp", *words, input=b"a tar")
    assert engine.containers.asked == ([asked] if asked else [])
    if asked is None:
        assert "must specify at least one container source" in done.err and done.code == 1
    else:
        assert (done.code, done.err) == (0, "")
        assert done.out == ("a tar" if asked[0] == "archive get" else "")


def test_cp_refuses_what_it_cannot_do(engine: FakeEngine) -> None:
    for words, said, code in (
        (("a:/x", "b:/y"), "copying between containers is not supported", 1),
        (("", "b:/y"), "source can not be empty", 1),
        (("b:/y", ""), "destination can not be empty", 1),
        (("a:/x",), "Missing argument", 1),
        (("-z", "a:/x", "y"), "No such option", 125),
    ):
        done = call(engine, "cp", *words)
        assert said in done.err and done.code == code
    assert engine.containers.asked == []


def test_cp_hints_at_the_way_between_containers(engine: FakeEngine) -> None:
    assert "onggi cp a:/x - | onggi cp - b:/y" in call(engine, "cp", "a:/x", "b:/y").err


def test_cp_tells_on_a_terminal_what_it_did(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with cp._Progress("Copying to container - ", "web:/y", quiet=False) as progress:
        progress.add(1500)
        progress.add(500)
    assert capsys.readouterr().err == "Successfully copied 2kB to web:/y\n"
    with cp._Progress("Copying to container - ", "web:/y", quiet=True) as progress:
        progress.add(1500)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with pytest.raises(KeyError), cp._Progress("Copying to container - ", "web:/y", quiet=False) as progress:
        progress.add(1500)
        raise KeyError
    assert capsys.readouterr().err == "\r\033[KCopying to container - 1.5kB\r\033[K"


def test_diff(engine: FakeEngine) -> None:
    assert call(engine, "diff", "web").out == "C /etc\nA /etc/a b\n"
    assert call(engine, "container", "diff", "web").code == 0
    assert engine.containers.asked == [("changes", "web")] * 2


def test_a_file_name_says_nothing_to_a_terminal() -> None:
    assert diff.lines([Change("A", "/a\033[31m")], is_terminal=True) == ["A /a [31m\n"]
    assert diff.lines([Change("A", "/a\033[31m")], is_terminal=False) == ["A /a\033[31m\n"]


@pytest.mark.parametrize(
    "words, request_",
    [
        (("web",), CommitRequest()),
        (("web", "shop:1"), CommitRequest(reference="shop:1")),
        (
            ("-a", "me", "-m", "why", "-c", "CMD x", "--change", "USER y", "web", "shop"),
            CommitRequest(reference="shop", author="me", message="why", changes=("CMD x", "USER y")),
        ),
        (("--pause=false", "web"), CommitRequest(pauses=False)),
        (("-p=false", "web"), CommitRequest(pauses=False)),
        (("--no-pause", "web"), CommitRequest(pauses=False)),
        (("-p", "web"), CommitRequest()),
    ],
)
def test_commit(engine: FakeEngine, words: tuple[str, ...], request_: CommitRequest) -> None:
    done = call(engine, "commit", *words)
    assert (done.out, done.code) == (f"sha256:{ID}\n", 0)
    assert engine.containers.asked == [("commit", "web", request_)]


@pytest.mark.parametrize("words", [(), ("a", "b", "c")])
def test_commit_takes_a_container_and_a_name(engine: FakeEngine, words: tuple[str, ...]) -> None:
    assert call(engine, "commit", *words).code == 1
