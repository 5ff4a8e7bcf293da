from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import onggi
from onggi.linux import events
from onggi.linux.bell import Bell
from onggi.linux.event_log import Event, EventLog, read_events
from onggi.linux.events import Events

SMALL = 2000
"""Bytes of a file, where a test wants many of them."""


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "events").mkdir()
    return str(tmp_path / "events")


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "FILE_SIZE", SMALL)


def web(folder: str) -> Events:
    return Events(folder, "container", "4fa6", {"image": "busybox:1.35", "name": "web"})


def kept(folder: str) -> list[Event]:
    return list(read_events(folder, since=0))


def test_a_line_is_dockers_message(folder: str) -> None:
    web(folder).emit("die", exitCode="137")
    (path,) = Path(folder).iterdir()
    message = json.loads(path.read_bytes())
    nanoseconds = message.pop("timeNano")
    assert message.pop("time") == nanoseconds // 10**9
    assert message == {
        "status": "die",
        "id": "4fa6",
        "from": "busybox:1.35",
        "Type": "container",
        "Action": "die",
        "Actor": {"ID": "4fa6", "Attributes": {"image": "busybox:1.35", "name": "web", "exitCode": "137"}},
        "scope": "local",
    }


def test_only_containers_and_images_have_the_old_words(folder: str) -> None:
    Events(folder, "image", "sha256:ab", {"name": "busybox:1.35"}).emit("tag")
    Events(folder, "volume", "data", {"driver": "local"}).emit("create")
    assert [(event.status, event.id, event.from_) for event in kept(folder)] == [("tag", "sha256:ab", ""), ("", "", "")]


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"]))
    )
)
def test_any_label_comes_back(attributes: dict[str, str]) -> None:
    line = events.encode("container", "4fa6", "start", attributes, 1)
    assert line.count(b"\n") == 1
    assert line.rfind(events.START) == 0
    assert json.loads(line)["Actor"]["Attributes"] == attributes


def test_a_label_that_is_no_text_is_told_all_the_same(folder: str) -> None:
    Events(folder, "container", "4fa6", {"label": "\udcff"}).emit("start")
    assert kept(folder)[0].actor.attributes == {"label": "?"}


def test_a_store_that_is_gone_does_not_come_back(tmp_path: Path) -> None:
    web(str(tmp_path / "gone/events")).emit("die")
    assert not (tmp_path / "gone").exists()


def test_what_cannot_be_written_is_lost_silently(folder: str) -> None:
    os.symlink("/dev/full", f"{folder}/00000001.json")
    web(folder).emit("die")
    assert kept_size(folder) == 0


def kept_size(folder: str) -> int:
    return sum(path.lstat().st_size for path in Path(folder).iterdir() if not path.is_symlink())


def test_a_line_that_a_full_disk_cut_costs_no_other_event(folder: str) -> None:
    web(folder).emit("start")
    with open(f"{folder}/00000001.json", "ab") as file:
        file.write(events.encode("container", "4fa6", "oom", {}, 5)[:40])
    web(folder).emit("die")
    assert [event.action for event in kept(folder)] == ["start", "die"]


@pytest.mark.usefixtures("small_files")
def test_the_newest_files_are_kept(folder: str) -> None:
    for number in range(200):
        web(folder).emit("kill", signal=str(number))
    assert len(os.listdir(folder)) == events.FILES
    assert kept_size(folder) < events.FILES * (SMALL + 500)
    signals = [int(event.actor.attributes["signal"]) for event in kept(folder)]
    assert signals == list(range(signals[0], 200))


@pytest.mark.usefixtures("small_files")
def test_a_reader_misses_nothing_that_many_processes_write(folder: str) -> None:
    script = (
        f"import sys; sys.path.insert(0, {str(Path(onggi.__file__).parent.parent)!r})\n"
        "from onggi.linux import events\n"
        f"events.FILE_SIZE, events.FILES = {SMALL}, 1000\n"
        "for n in range(100): events.Events(sys.argv[1], 'volume', sys.argv[2], {}).emit('mount', number=str(n))"
    )
    seen: list[Event] = []
    argv = [sys.executable, "-I", "-S", "-c", script, folder]
    with closing(EventLog(folder, from_now=True)) as reader:
        writers = [subprocess.Popen([*argv, str(writer)]) for writer in range(4)]
        while any(writer.poll() is None for writer in writers):
            seen += reader.read()
        seen += reader.read()
    for writer in range(4):
        told = [event.actor.attributes["number"] for event in seen if event.actor.id == str(writer)]
        assert sorted(told, key=int) == [str(number) for number in range(100)]
    assert len(os.listdir(folder)) > 10


def test_a_late_writer_is_heard(folder: str, small_files: None) -> None:
    """One that had looked for the newest file before it was full."""
    late = os.open(f"{folder}/00000001.json", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with closing(EventLog(folder, from_now=True)) as reader:
        for _ in range(20):
            web(folder).emit("start")
        assert len(os.listdir(folder)) > 1
        assert len(reader.read()) == 20
        os.write(late, events.encode("container", "4fa6", "die", {}, 1))
        os.close(late)
        assert [event.action for event in reader.read()] == ["die"]


def test_files_that_are_gone_are_let_go(folder: str, small_files: None) -> None:
    with closing(EventLog(folder, from_now=False)) as reader:
        for _ in range(100):
            web(folder).emit("start")
            reader.read()
        assert sum(link.startswith(folder) for link in _open_files()) == events.FILES


def _open_files() -> Iterator[str]:
    for name in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # the descriptor of this very list
            yield os.readlink(f"/proc/self/fd/{name}")


def test_from_now_on(folder: str) -> None:
    web(folder).emit("create")
    stream = read_events(folder, waiting=nullcontext(time.sleep))
    web(folder).emit("start")
    assert next(stream).action == "start"
    stream.close()  # type: ignore[attr-defined]


def test_since_and_until(folder: str) -> None:
    for seconds in range(1, 6):
        with open(f"{folder}/00000001.json", "ab") as file:
            file.write(events.encode("container", "4fa6", str(seconds), {}, seconds))
    assert [event.action for event in read_events(folder, since=2, until=4)] == ["2", "3", "4"]
    assert [event.action for event in read_events(folder, until=2)] == ["1", "2"]
    assert [event.action for event in read_events(folder, since=5)] == ["5"]


def test_until_a_moment_to_come_ends_then(folder: str) -> None:
    web(folder).emit("create")
    now = kept(folder)[0].time_nano
    found = read_events(folder, since=0, until=now + 10**8, waiting=nullcontext(time.sleep))
    assert [event.action for event in found] == ["create"]


@pytest.mark.usefixtures("small_files")
def test_who_follows_hears_of_each_before_the_next_happens(folder: str) -> None:
    """Also where another file begins meanwhile. What is told late is waited for in vain here."""
    found = read_events(folder, waiting=_listening(Bell(folder)))
    for number in range(50):
        web(folder).emit("kill", signal=str(number))
        assert next(found).actor.attributes["signal"] == str(number)
    assert len(os.listdir(folder)) > 1


@contextmanager
def _listening(bell: Bell) -> Iterator[Callable[[float], object]]:
    with bell.listener() as listener:
        yield listener.wait


def test_events_of_all_files_come_in_their_order(folder: str) -> None:
    for number, moments in enumerate(((1, 2, 4), (3, 5)), start=1):
        with open(events.path_of(folder, number), "ab") as file:
            for moment in moments:
                file.write(events.encode("image", "ab", str(moment), {}, moment))
    assert [event.time_nano for event in kept(folder)] == [1, 2, 3, 4, 5]


def test_the_writer_imports_next_to_nothing() -> None:
    """It is part of every monitor."""
    path = str(Path(onggi.__file__).parent.parent)
    code = f"import sys; sys.path.insert(0, {path!r}); import onggi.linux.events; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True, capture_output=True, text=True)
    assert {"json", "re", "typing", "enum", "msgspec"}.isdisjoint(done.stdout.split())
