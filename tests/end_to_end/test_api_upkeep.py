"""What a server has open after it was asked for the same thing again and again, and after clients who went away."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests import processes
from tests.api.client import Client
from tests.api.streams import opened
from tests.waiting import eventually

from .conftest import BUSYBOX

TIMES = 25
POOL = 16
"""So many more threads there may be, which are kept for whoever comes next."""
HOST = {"NetworkMode": "none"}


@dataclass(frozen=True)
class Subject:
    """A server, a container that runs, and one that has ended."""

    api: Client
    process: Path
    runs: str
    ended: str

    def ask(self, method: str, path: str, body: Any = None, /, status: int = 200, **query: Any) -> bytes:
        """Over the one connection that goes on."""
        answer = self.api.request(method, path, body, **query)
        assert answer.status == status, answer.body
        return answer.body

    def attach(self) -> None:
        with opened(self.api.path, "POST", f"/containers/{self.ended}/attach?logs=1&stdout=1") as raw:
            assert raw.streams() == (b"said\n", b"")

    def execute(self) -> None:
        with opened(self.api.path, "POST", self.execution("cat"), {}, after=b"x") as raw:
            raw.end_input()
            assert raw.streams() == (b"x", b"")

    def execution(self, *command: str, **config: Any) -> str:
        body = {"Cmd": command, "AttachStdin": True, "AttachStdout": True, **config}
        return f"/exec/{self.api.post(f'/containers/{self.runs}/exec', body)['Id']}/start"

    def build(self, *lines: str, **query: Any) -> bytes:
        text = "\n".join([f"FROM {BUSYBOX}", *lines])
        return self.ask("POST", "/build", packed("Dockerfile", text.encode()), **query)

    def leave(self, method: str, target: str, body: Any = None, count: int = 0, upgrade: bool = False) -> None:
        """Ask, wait for the head and `count` bytes, and go away."""
        with opened(self.api.path, method, target, body, upgrade=upgrade) as raw:
            assert raw.status in (101, 200), raw.rest()
            assert len(raw.exactly(count)) == count

    def attach_and_leave(self) -> None:
        self.leave("POST", f"/containers/{self.runs}/attach?stream=1&stdin=1&stdout=1", upgrade=True)

    def execute_and_leave(self) -> None:
        self.leave("POST", self.execution("cat"), {}, upgrade=True)

    def execute_on_a_terminal(self) -> None:
        """It ends before its input does, as `exit` in a shell."""
        with opened(self.api.path, "POST", self.execution("true", Tty=True), {"Tty": True}) as raw:
            assert raw.rest() == b""

    def execute_and_detach(self) -> None:
        self.ask("POST", self.execution("true", Tty=True), {"Detach": True, "Tty": True})

    def has_no_more(self, before: Usage) -> bool:
        """SQLite keeps files that were open at once, for who opens its database next."""
        now = usage(self.process)
        return (
            now.others <= before.others + POOL
            and now.threads <= before.threads + POOL
            and now.of_database <= before.of_database + TIMES
        )


class Usage(NamedTuple):
    """What a process has open: files of the database and others, and threads."""

    of_database: int
    others: int
    threads: int


def usage(process: Path) -> Usage:
    links: list[str] = []
    for each in (process / "fd").iterdir():
        with suppress(FileNotFoundError):  # it has been closed meanwhile
            links.append(os.readlink(each))
    of_database = sum("/onggi.db" in link for link in links)
    return Usage(of_database, len(links) - of_database, len(os.listdir(process / "task")))


def packed(name: str, data: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    return made.getvalue()


REPEATED: dict[str, Callable[[Subject], object]] = {
    "exec": Subject.execute,
    "attach": Subject.attach,
    "wait": lambda the: the.ask("POST", f"/containers/{the.ended}/wait"),
    "logs": lambda the: the.ask("GET", f"/containers/{the.ended}/logs", stdout=1),
    "stats": lambda the: the.ask("GET", f"/containers/{the.runs}/stats", stream=0, **{"one-shot": 1}),
    "list": lambda the: the.ask("GET", "/containers/json", all=1),
    "inspect": lambda the: the.ask("GET", f"/containers/{the.runs}/json"),
    "archive": lambda the: the.ask("GET", f"/containers/{the.ended}/archive", path="/etc"),
    "upload": lambda the: the.ask("PUT", f"/containers/{the.ended}/archive", packed("file", b"x"), path="/tmp"),
    "events": lambda the: the.ask("GET", "/events", since=0, until=1),
    "what is not there": lambda the: the.ask("POST", "/containers/nothing/attach", status=404),
    "exec on a terminal": Subject.execute_on_a_terminal,
    "exec, detached": Subject.execute_and_detach,
    "attach, left": Subject.attach_and_leave,
    "wait, left": lambda the: the.leave("POST", f"/containers/{the.runs}/wait"),
    "logs, left": lambda the: the.leave("GET", f"/containers/{the.runs}/logs?follow=1&stdout=1"),
    "stats, left": lambda the: the.leave("GET", f"/containers/{the.runs}/stats", count=1),
    "events, left": lambda the: the.leave("GET", "/events"),
    "an upgrade that is none, left": lambda the: the.leave("POST", f"/containers/{the.runs}/wait", upgrade=True),
    "exec, left": Subject.execute_and_leave,
    "archive, left": lambda the: the.leave("GET", f"/containers/{the.ended}/archive?path=/bin", count=1),
    "export, left": lambda the: the.leave("GET", f"/containers/{the.ended}/export", count=1),
    "image, left": lambda the: the.leave("GET", f"/images/{BUSYBOX}/get", count=1),
}
BUILDS = 5


@pytest.fixture
def subject(api: Client) -> Subject:
    (server,) = processes.with_word(f"unix://{api.path}".encode())
    runs = api.create(BUSYBOX, "cat", OpenStdin=True, HostConfig=HOST)
    ended = api.create(BUSYBOX, "echo", "said", HostConfig=HOST)
    for each in (runs, ended):
        api.post(f"/containers/{each}/start")
    api.post(f"/containers/{ended}/wait")
    return Subject(api, server, runs, ended)


def test_nothing_stays_open_of_what_is_over(subject: Subject) -> None:
    for act in REPEATED.values():
        act(subject)
    subject.build(q=1)
    for name, act in REPEATED.items():
        before = usage(subject.process)
        for _ in range(TIMES):
            act(subject)
        try:
            eventually(lambda before=before: subject.has_no_more(before))  # type: ignore[misc]
        except AssertionError:
            pytest.fail(f"{name}, {TIMES} times: {before} became {usage(subject.process)}")
    before = usage(subject.process)
    for number in range(BUILDS):
        assert b"errorDetail" not in subject.build(f"RUN echo {number}", networkmode="none", q=1)
    eventually(lambda: usage(subject.process).others <= before.others)
