"""The conversation of a push against canned answers: what is looked for, taken over, sent, gone on with."""

from __future__ import annotations

import random
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from onggi.errors import Denied, NotFound, Unauthorized, Unavailable
from onggi.fetch.attempts import Temporary
from onggi.oci import digest as digests
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.registry.blobs import Upload
from onggi.registry.flow import Answer, Interrupted
from onggi.registry.place import Place
from onggi.registry.push import Found, Sending, Single, find

from .canned import BASE, PLACE, Canned, answer, error

DATA = random.Random(7).randbytes(1000)
DIGEST = digests.of(DATA)
OTHER = "sha256:" + "2" * 64
DESCRIBED = Descriptor(mediatype.OCI_LAYER_GZIP, DIGEST, len(DATA))
UPLOADS = f"{BASE}/blobs/uploads/"
BEGUN = Upload(PLACE, f"https://reg.example{UPLOADS}one")
BROKEN = Interrupted("it was broken off", Temporary("it broke"))
PIECEWISE = replace(PLACE, chunk=300)


class Made:
    """A source whose blob is known once it was made (registry.push.Source)."""

    def __init__(self, data: bytes = DATA, step: int = 130) -> None:
        self.descriptor: Descriptor | None = None
        self.skips: list[int] = []
        self._data = data
        self._step = step

    def chunks(self, skip: int) -> Iterator[bytes]:
        self.skips.append(skip)
        for at in range(skip, len(self._data), self._step):
            yield self._data[at : at + self._step]
        self.descriptor = Descriptor(mediatype.OCI_LAYER_GZIP, digests.of(self._data), len(self._data))


class Registry(Canned):
    """Reads what is streamed to it, as a driver does."""

    def __init__(self, *answers: Answer | Interrupted) -> None:
        super().__init__(*answers)
        self.bodies: list[bytes] = []

    def _answer(self, command):  # type: ignore[no-untyped-def]
        found = super()._answer(command)
        self.bodies.append(self.sent())
        return found


def begun(at: str = "one", **headers: str) -> Answer:
    return answer(202, location=f"{UPLOADS}{at}", **headers)


def went(size: int, at: str = "two", status: int = 202) -> Answer:
    return answer(status, location=f"{UPLOADS}{at}", range=f"0-{size - 1}")


def test_what_is_there_is_not_sent() -> None:
    canned = Canned(answer(200))
    assert canned.run(find(PLACE, {DIGEST: "team/base"})) == Found(DIGEST, "exists")
    assert canned.lines == [f"HEAD {BASE}/blobs/{DIGEST}"]
    assert canned.asked[0].actions == ("pull", "push"), "one token is for all of it"


def test_another_repository_has_it() -> None:
    canned = Canned(answer(404), answer(201, location=f"{BASE}/blobs/{DIGEST}"))
    assert canned.run(find(PLACE, {DIGEST: "team/base"})) == Found(DIGEST, "mounted")
    assert canned.lines[1] == f"POST {UPLOADS}?mount={DIGEST}&from=team/base"
    assert canned.asked[1].sources == ("team/base",)


def test_what_cannot_be_taken_over_is_sent_to_where_the_registry_says() -> None:
    found = Canned(answer(404), begun()).run(find(PLACE, {DIGEST: "team/base"}))
    assert isinstance(found, Upload)
    assert found.url == f"https://reg.example{UPLOADS}one"


def test_a_repository_that_is_not_for_us_is_no_reason_to_stop() -> None:
    found = Canned(answer(404), Unauthorized("no"), begun()).run(find(PLACE, {DIGEST: "team/base"}))
    assert isinstance(found, Upload)


def test_the_first_form_that_is_there_is_taken() -> None:
    canned = Canned(answer(404), answer(200))
    assert canned.run(find(PLACE, {DIGEST: "", OTHER: ""})) == Found(OTHER, "exists")


def test_a_stream_has_no_length_and_the_end_has_the_digest() -> None:
    registry, source = Registry(went(1000), answer(201)), Made()
    assert registry.run(Sending(PLACE, source, BEGUN).attempt()) == DESCRIBED
    assert [each.method for each in registry.asked] == ["PATCH", "PUT"]
    assert registry.bodies == [DATA, b""]
    assert "Content-Length" not in registry.asked[0].headers
    assert "Content-Range" not in registry.asked[0].headers
    assert parse_qs(urlsplit(registry.asked[1].target).query) == {"digest": [DIGEST]}
    assert urlsplit(registry.asked[1].target).path == f"{UPLOADS}two", "each answer says where to go on"


def test_a_registry_that_does_not_say_how_far_it_is_is_believed() -> None:
    registry = Registry(answer(202, location=f"{UPLOADS}two"), answer(201))
    assert registry.run(Sending(PLACE, Made(), BEGUN).attempt()) == DESCRIBED


def test_a_small_one_goes_in_one_request() -> None:
    canned = Canned(answer(201))
    assert canned.run(Single(PLACE, DATA, DESCRIBED, BEGUN).attempt()) == DESCRIBED
    assert [each.method for each in canned.asked] == ["PUT"]
    assert canned.sent() == DATA
    assert canned.asked[0].headers["Content-Length"] == "1000"


def test_pieces_say_which_part_they_are() -> None:
    registry = Registry(went(300), went(600), went(900), went(1000), answer(201))
    assert registry.run(Sending(PIECEWISE, Made(), BEGUN).attempt()) == DESCRIBED
    assert registry.header("Content-Range")[:4] == ["0-299", "300-599", "600-899", "900-999"]
    assert registry.header("Content-Length")[:4] == ["300", "300", "300", "100"]
    assert b"".join(registry.bodies) == DATA


def test_the_registry_may_want_longer_pieces() -> None:
    found = Canned(answer(404), begun(oci_chunk_min_length="400")).run(find(PLACE, {DIGEST: ""}))
    assert isinstance(found, Upload)
    registry = Registry(went(400), went(800), went(1000), answer(201))
    registry.run(Sending(PIECEWISE, Made(), found).attempt())
    assert registry.header("Content-Range")[:3] == ["0-399", "400-799", "800-999"]


@given(size=st.integers(1, 1000), step=st.integers(1, 1000))
def test_pieces_are_the_blob_however_it_is_made(size: int, step: int) -> None:
    count = -(-1000 // size)
    answers = [went(min((number + 1) * size, 1000)) for number in range(count)]
    registry = Registry(*answers, answer(201))
    registry.run(Sending(replace(PLACE, chunk=size), Made(step=step), BEGUN).attempt())
    assert b"".join(registry.bodies) == DATA
    assert max(map(len, registry.bodies)) <= size


def broken(registry: Registry, place: Place, source: Made) -> Sending:
    """After an attempt that failed."""
    sending = Sending(place, source, BEGUN)
    with pytest.raises(Unavailable):
        registry.run(sending.attempt())
    return sending


def test_a_stream_goes_on_where_the_registry_is() -> None:
    source = Made()
    sending = broken(Registry(BROKEN), PLACE, source)
    source.descriptor = None  # it broke before all was made
    registry = Registry(went(400, "three", 204), went(1000), answer(201))
    assert registry.run(sending.attempt()) == DESCRIBED
    assert [each.method for each in registry.asked] == ["GET", "PATCH", "PUT"]
    assert source.skips == [0, 400]
    assert registry.bodies[1] == DATA[400:]
    assert urlsplit(registry.asked[1].target).path == f"{UPLOADS}three"


def test_pieces_go_on_where_the_registry_is() -> None:
    source = Made()
    sending = broken(Registry(went(300), BROKEN), PIECEWISE, source)
    assert sending.arrived == 300
    registry = Registry(went(450, "three", 204), went(750), went(1000), answer(201))
    registry.run(sending.attempt())
    assert registry.header("Content-Range")[1:3] == ["450-749", "750-999"]
    assert b"".join(registry.bodies) == DATA[450:]


@pytest.mark.parametrize("said", [error(404, "BLOB_UPLOAD_UNKNOWN"), went(1, status=204), answer(400)])
def test_an_upload_that_is_lost_begins_anew(said: Answer) -> None:
    source = Made()
    sending = broken(Registry(BROKEN), PLACE, source)
    source.descriptor = None
    registry = Registry(said, begun("four"), went(1000), answer(201))
    registry.run(sending.attempt())
    assert [each.method for each in registry.asked] == ["GET", "POST", "PATCH", "PUT"]
    assert source.skips == [0, 0]


def test_an_answer_that_got_lost_is_no_loss() -> None:
    sending = broken(Registry(went(1000), BROKEN), PLACE, Made())
    canned = Canned(answer(200))
    assert canned.run(sending.attempt()) == DESCRIBED
    assert canned.lines == [f"HEAD {BASE}/blobs/{DIGEST}"]


def test_what_has_all_arrived_is_not_made_again() -> None:
    source = Made()
    sending = broken(Registry(BROKEN), PLACE, source)
    registry = Registry(answer(404), went(1000, "three", 204), answer(201))
    assert registry.run(sending.attempt()) == DESCRIBED
    assert [each.method for each in registry.asked] == ["HEAD", "GET", "PUT"]
    assert source.skips == [0]


def test_an_upload_of_more_than_there_is_begins_anew() -> None:
    sending = broken(Registry(BROKEN), PLACE, source := Made())
    registry = Registry(answer(404), went(2000, "three", 204), begun("four"), went(1000), answer(201))
    assert source.descriptor == DESCRIBED
    assert registry.run(sending.attempt()) == DESCRIBED


def test_a_registry_that_has_less_than_was_sent_is_not_told_the_digest() -> None:
    sending = Sending(PLACE, Made(), BEGUN)
    with pytest.raises(Unavailable, match="has 700 bytes of the 1000 that it was sent"):
        Registry(went(700)).run(sending.attempt())


def test_other_bytes_than_were_sent() -> None:
    sending = broken(Registry(went(1000), error(400, "DIGEST_INVALID")), PLACE, Made())
    registry = Registry(answer(404), begun("again"), went(1000), answer(201))
    assert registry.run(sending.attempt()) == DESCRIBED


@pytest.mark.parametrize(
    ("said", "kind"),
    [(answer(413), Denied), (error(403, "DENIED"), Unauthorized), (error(404, "NAME_UNKNOWN"), NotFound)],
)
def test_what_another_attempt_does_not_mend_is_no_matter_of_attempts(said: Answer, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        Registry(said).run(Sending(PLACE, Made(), BEGUN).attempt())


def test_a_small_one_is_looked_for_before_it_is_sent_again() -> None:
    sending = Single(PLACE, DATA, DESCRIBED, BEGUN)
    with pytest.raises(Interrupted):
        Canned(BROKEN).run(sending.attempt())
    assert Canned(answer(200)).run(sending.attempt()) == DESCRIBED
    with pytest.raises(Interrupted):
        Canned(answer(404), begun(), BROKEN).run(sending.attempt())
    assert Canned(answer(404), begun(), answer(201)).run(sending.attempt()) == DESCRIBED
