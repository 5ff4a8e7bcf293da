"""What a job tells its client of its vertices."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.api.buildkit.planning import planned

from onggi.api.buildkit.progress.progress import Progress
from onggi.api.buildkit.progress.story import Story
from onggi.api.buildkit.progress.transcript import Transcript
from onggi.api.buildkit.progress.warnings import Dockerfile
from onggi.api.buildkit.wire.control_pb2 import StatusResponse, Vertex, VertexStatus
from onggi.dockerfile.source import Source
from onggi.errors import Unavailable
from onggi.solve.events import (
    Built,
    Cancelled,
    Event,
    Exported,
    Exporting,
    Finished,
    Found,
    Kept,
    Pulled,
    Pulling,
    Started,
    StepFailed,
    Waiting,
    Wrote,
)

IMAGE = "sha256:" + "ab" * 32
TWO_STEPS = planned("FROM a\nRUN x\nRUN y")
HERE = Kept(vertex=0, saved=0, by="store", at=1)
FROM = ("[1/3] FROM docker.io/library/a:latest: 1-1 CACHED",)


def told(*events: Event, error: str | None = None) -> list[str]:
    """A line for each message, without what only names the steps in advance."""
    messages: list[StatusResponse] = []
    story = Story("job", messages.append, Dockerfile())
    for event in events:
        story(event)
    if error is not None:
        story.fail(error)
    return list(lines(messages))


def lines(messages: Iterable[StatusResponse]) -> Iterator[str]:
    names: dict[str, str] = {}
    for message in messages:
        names |= {each.digest: each.name for each in message.vertexes}
        yield from (vertex(each) for each in message.vertexes if each.HasField("started"))
        yield from (status(each, names) for each in message.statuses)
        yield from (
            f"{names[each.vertex]}: {each.stream} {each.msg!r} {each.timestamp.seconds}" for each in message.logs
        )


def vertex(told: Vertex) -> str:
    said = f"{told.name}: {told.started.seconds}-"
    if told.HasField("completed"):
        said += str(told.completed.seconds)
    return said + (" CACHED" if told.cached else "") + (f" ERROR {told.error}" if told.error else "")


def status(told: VertexStatus, names: dict[str, str]) -> str:
    bytes_ = f" {told.current}/{told.total}" if told.current else ""
    end = str(told.completed.seconds) if told.HasField("completed") else ""
    return f"{names[told.vertex]} | {told.id}{bytes_} {told.started.seconds}-{end}"


def test_a_plan_names_all_steps_once_and_starts_none() -> None:
    messages: list[StatusResponse] = []
    Story("job", messages.append, Dockerfile())(TWO_STEPS)
    assert [each.name for each in messages[0].vertexes] == [
        "[1/3] FROM docker.io/library/a:latest",
        "[2/3] RUN x",
        "[3/3] RUN y",
    ]
    assert len({each.digest for each in messages[0].vertexes}) == 3
    assert not any(each.HasField("started") for each in messages[0].vertexes)


def test_a_plan_says_what_each_step_needs() -> None:
    messages: list[StatusResponse] = []
    Story("job", messages.append, Dockerfile())(planned("FROM a AS one\nRUN x\nFROM b\nCOPY --from=one / /\nCOPY . /y"))
    names = {each.digest: each.name.partition("]")[0] for each in messages[0].vertexes}
    assert {names[each.digest]: [names[digest] for digest in each.inputs] for each in messages[0].vertexes} == {
        "[one 1/2": [],
        "[one 2/2": ["[one 1/2"],
        "[stage-1 1/3": [],
        "[stage-1 2/3": ["[stage-1 1/3", "[one 2/2"],
        "[stage-1 3/3": ["[stage-1 2/3"],
    }


def test_steps_are_kept_or_run() -> None:
    assert told(
        TWO_STEPS,
        HERE,
        Kept(vertex=1, saved=4, by="definition", at=2),
        Started(vertex=2, at=3),
        Wrote(vertex=2, stream=1, data=b"\xffout", at=4),
        Wrote(vertex=2, stream=2, data=b"err\r\n", at=4),
        Finished(vertex=2, seconds=2, at=5),
    ) == [
        *FROM,
        "[2/3] RUN x: 2-2 CACHED",
        "[3/3] RUN y: 3-",
        "[3/3] RUN y: 1 b'\\xffout' 4",
        "[3/3] RUN y: 2 b'err\\r\\n' 4",
        "[3/3] RUN y: 3-5",
    ]


def test_a_step_fails_with_the_words_of_the_whole_build_and_others_are_cancelled() -> None:
    assert told(
        planned("FROM a\nRUN x\nFROM a\nRUN y\nCOPY --from=0 / /"),
        Started(vertex=1, at=2),
        Started(vertex=2, at=2),
        StepFailed(vertex=1, seconds=1, message="x failed", exit_code=1, at=3),
        Cancelled(vertex=2, at=4),
        Cancelled(vertex=3, at=4),
        error="process x did not complete",
    ) == [
        "[stage-0 2/2] RUN x: 2-",
        "[stage-1 2/3] RUN y: 2-",
        "[stage-0 2/2] RUN x: 2-",
        "[stage-1 2/3] RUN y: 2-4 ERROR context canceled",
        "[stage-0 2/2] RUN x: 2-3 ERROR process x did not complete",
    ]


def test_what_has_failed_is_known() -> None:
    story = Story("job", lambda said: None, Dockerfile())
    story(TWO_STEPS)
    assert story.failed is None
    story(StepFailed(vertex=2, seconds=1, message="", at=3))
    assert story.failed is not None
    assert story.failed[1] == 3


def test_waiting_is_told_and_ends_with_what_the_other_makes() -> None:
    assert told(
        TWO_STEPS, Waiting(vertex=1, on="another build", at=1), Kept(vertex=1, saved=0, by="content", at=5)
    ) == [
        "[2/3] RUN x: 1-",
        "[2/3] RUN x | waiting for another build 1-",
        "[2/3] RUN x: 1-5 CACHED",
        "[2/3] RUN x | waiting for another build 1-5",
    ]


def test_waiting_ends_where_the_other_fails() -> None:
    assert told(TWO_STEPS, Waiting(vertex=1, on="another step", at=1), Started(vertex=1, at=5))[2:] == [
        "[2/3] RUN x: 1-",
        "[2/3] RUN x | waiting for another step 1-5",
    ]


def test_an_image_is_pulled_and_then_not_called_cached() -> None:
    assert told(
        Pulling(reference="a", host="docker.io", at=1),
        Pulling(reference="a", done=5, total=9, at=2),
        Pulled(reference="a", digest=IMAGE, is_new=True, size=9, seconds=2, at=3),
        planned("FROM a"),
        Kept(vertex=0, saved=0, by="store", at=4),
    ) == [
        "[internal] load metadata for docker.io/library/a:latest: 1-",
        "[internal] load metadata for docker.io/library/a:latest | pulling layers 1-",
        "[internal] load metadata for docker.io/library/a:latest | pulling layers 5/9 1-",
        "[internal] load metadata for docker.io/library/a:latest: 1-3",
        "[internal] load metadata for docker.io/library/a:latest | pulling layers 5/9 1-3",
        f"[1/1] FROM docker.io/library/a:latest@{IMAGE}: 4-4",
    ]


def test_a_pull_that_fails_ends_with_the_build() -> None:
    assert told(Pulling(reference="a", host="docker.io", at=1), error="no such image")[2:] == [
        "[internal] load metadata for docker.io/library/a:latest: 1-1 ERROR no such image"
    ]


def test_files_that_stand_in_the_dockerfile_are_told_of_where_they_are_written() -> None:
    plan = planned("FROM scratch\nCOPY <<EOT /x\nhello\nEOT")
    inline = next(number for number, (_, text, _) in enumerate(plan.vertices) if text == "heredocs")
    scratch = next(number for number, (_, text, _) in enumerate(plan.vertices) if text == "FROM scratch")
    kept = (Kept(vertex=scratch, saved=0, by="store", at=1), Kept(vertex=inline, saved=0, by="later", at=1))
    assert told(plan, *kept) == []
    assert told(plan, Started(vertex=inline, at=1), Finished(vertex=inline, seconds=1, at=2)) == [
        "[internal] heredocs: 1-",
        "[internal] heredocs: 1-2",
    ]


def built(*references: str, is_stored: bool = True) -> Built:
    return Built(
        image_id=IMAGE, references=references, size=1, new_size=1, seconds=1, saved=0, is_stored=is_stored, at=9
    )


def test_an_image_is_exported_to_the_store() -> None:
    assert told(planned("FROM a"), HERE, built("shop:1"))[1:] == [
        "exporting to image: 1-9",
        "exporting to image | exporting layers 1-9",
        f"exporting to image | writing image {IMAGE} 9-9",
        "exporting to image | naming to docker.io/library/shop:1 9-9",
    ]
    assert told(built(is_stored=False)) == []


def test_files_are_exported() -> None:
    to = "client directory"
    assert told(Exporting(to=to, at=1), Exported(to=to, files=3, size=9, seconds=2, at=3)) == [
        "exporting to client directory: 1-",
        "exporting to client directory | copying files 1-",
        "exporting to client directory: 1-3",
        "exporting to client directory | copying files 9/0 1-3",
    ]
    assert told(Exporting(to="-", at=1), Exported(to="-", files=0, size=None, seconds=2, at=3)) == [
        "exporting to client tarball: 1-",
        "exporting to client tarball | sending tarball 1-",
        "exporting to client tarball: 1-3",
        "exporting to client tarball | sending tarball 1-3",
    ]


def test_an_image_is_pushed() -> None:
    to = "localhost:5000/a:1"
    assert told(
        Exporting(to=to, way="pushed", at=1),
        Exporting(to=to, way="pushed", done=4, total=8, at=2),
        Exported(to=to, files=0, size=8, seconds=2, way="pushed", digest=IMAGE, at=3),
    ) == [
        f"pushing {to}: 1-",
        f"pushing {to} | pushing layers 1-",
        f"pushing {to} | pushing layers 4/8 1-",
        f"pushing {to}: 1-3",
        f"pushing {to} | pushing layers 8/8 1-3",
        f"pushing {to} | pushing manifest for {to}@{IMAGE} 3-3",
    ]


def test_what_is_found_in_the_dockerfile_is_a_warning_with_its_place() -> None:
    messages: list[StatusResponse] = []
    source = Source.of("FROM a\nRUN x \\\n y\n", "Dockerfile")
    story = Story("job", messages.append, Dockerfile("sha256:ab", source))
    story(Found(code="Rule", message="it is odd", title="Do not", url="https://example.org", lines=(2, 3), at=1))
    story.end(["an argument is not used"])
    found, remark = (each for message in messages for each in message.warnings)
    assert (found.vertex, found.level, found.short) == ("sha256:ab", 1, b"Rule: it is odd (line 2)")
    assert (list(found.detail), found.url) == ([b"Do not"], "https://example.org")
    assert (found.info.filename, found.info.data) == ("Dockerfile", b"FROM a\nRUN x \\\n y\n")
    assert [(each.start.line, each.end.line) for each in found.ranges] == [(2, 2), (3, 3)]
    assert (remark.vertex, remark.short, remark.HasField("info")) == ("sha256:ab", b"an argument is not used", False)


def test_a_step_beside_the_build_tells_what_it_moves() -> None:
    progress = Progress("job")
    with progress.step("[internal] load build context", "transferring context:") as step:
        step.transferred(3)
        step.transferred(4)
    with pytest.raises(Unavailable), progress.step("[internal] other"):
        raise Unavailable("the client has gone")
    messages: list[StatusResponse] = []
    reader = progress.follow()
    messages.append(next(reader))
    progress.end()
    messages.extend(reader)
    last = {each.name: each for message in messages for each in message.vertexes}
    sizes = [each.current for message in messages for each in message.statuses if each.HasField("completed")]
    assert sizes == [7]
    assert last["[internal] load build context"].HasField("completed")
    assert last["[internal] other"].error == "the client has gone"


def test_builds_of_one_job_do_not_mix() -> None:
    progress = Progress("job")
    first, second = progress.story(), progress.story()
    reader = progress.follow()
    first(TWO_STEPS)
    second(TWO_STEPS)
    seen = [next(reader), next(reader)]
    progress.end()
    assert not {each.digest for each in seen[0].vertexes} & {each.digest for each in seen[1].vertexes}
    assert list(reader) == []


@given(st.lists(st.binary(max_size=300), max_size=20), st.integers(1, 3))
def test_each_reader_has_all_from_the_beginning(messages: list[bytes], count: int) -> None:
    transcript = Transcript()
    readers = [transcript.follow() for _ in range(count)]
    for message in messages:
        transcript.add(message)
    for reader, expected in zip(readers, [messages] * count, strict=True):
        assert [next(reader) for _ in expected] == messages
    transcript.end()
    assert [list(reader) for reader in readers] == [[]] * count


def test_who_waits_is_told_and_hears_the_end() -> None:
    transcript = Transcript()
    heard: list[bytes] = []
    begun = threading.Event()

    def read() -> None:
        for message in transcript.follow():
            heard.append(message)
            begun.set()

    reader = threading.Thread(target=read)
    reader.start()
    transcript.add(b"one")
    assert begun.wait(30)
    transcript.add(b"two")
    transcript.end()
    reader.join(30)
    assert heard == [b"one", b"two"]
    transcript.add(b"three")
    assert list(transcript.follow()) == [b"one", b"two"]


def test_who_has_gone_is_not_waited_for() -> None:
    transcript, has_gone = Transcript(), threading.Event()
    reader = threading.Thread(target=lambda: list(transcript.follow(has_gone.is_set)))
    reader.start()
    has_gone.set()
    transcript.look()
    reader.join(30)
    assert not reader.is_alive()


def test_much_output_is_on_disk_and_not_in_memory() -> None:
    transcript, piece = Transcript(), b"x" * (1 << 16)
    reader = transcript.follow()
    tracemalloc.start()
    try:
        for _ in range(320):
            transcript.add(piece)
        assert sum(len(next(reader)) for _ in range(320)) == 20 << 20
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()
        transcript.end()
    assert list(reader) == []
