from __future__ import annotations

import pytest
from tests.registries.wares import digest
from tests.registry.canned import BASE, PLACE, Canned, answer, error

from onggi.errors import Corrupt, Denied, Invalid, NotFound, OnggiError, Unauthorized, Unavailable, Unsupported
from onggi.oci.descriptor import Descriptor
from onggi.registry import blobs
from onggi.registry.blobs import Upload
from onggi.registry.flow import LIMIT, Answer, Body

DATA = b"some bytes"
DIGEST = digest(DATA)
WHAT = Descriptor("application/octet-stream", DIGEST, len(DATA))
BLOB = f"{BASE}/blobs/{DIGEST}"
UPLOADS = f"{BASE}/blobs/uploads/"
URL = "https://reg.example/upload/1"
UPLOAD = Upload(PLACE, URL)


def accepted(status: int = 202, location: str = "/upload/1", **headers: str) -> Answer:
    return answer(status, location=location, **headers)


class TestLook:
    """Is it there?"""

    @pytest.mark.parametrize(("status", "is_there"), [(200, True), (404, False)])
    def test_look(self, status: int, is_there: bool) -> None:
        canned = Canned(answer(status))
        assert canned.run(blobs.look(PLACE, DIGEST, blobs.PUSH)) is is_there
        assert canned.lines == [f"HEAD {BLOB}"]
        assert canned.asked[0].actions == ("pull", "push")

    def test_refused(self) -> None:
        with pytest.raises(Unauthorized, match=f"reg.example/team/app@{DIGEST}"):
            Canned(answer(403)).run(blobs.look(PLACE, DIGEST))


class TestRead:
    """Small ones, checked."""

    def test_read(self) -> None:
        canned = Canned(answer(200, DATA))
        assert canned.run(blobs.read(PLACE, WHAT)) == DATA
        assert canned.asked[0].limit == len(DATA)

    @pytest.mark.parametrize("data", [b"", DATA[:-1], DATA + b"!", b"some other"])
    def test_other_bytes(self, data: bytes) -> None:
        with pytest.raises(Corrupt, match=f"reg.example/team/app: {DIGEST} has"):
            Canned(answer(200, data)).run(blobs.read(PLACE, WHAT))

    def test_one_that_is_too_large_is_not_asked_for(self) -> None:
        with pytest.raises(Corrupt, match=f"is said to have {LIMIT + 1} bytes, too many for a document"):
            Canned().run(blobs.read(PLACE, Descriptor("a/b", DIGEST, LIMIT + 1)))

    def test_a_digest_that_is_a_path(self) -> None:
        with pytest.raises(Invalid, match="not a sha256 digest"):
            Canned().run(blobs.read(PLACE, Descriptor("a/b", "sha256:../../x", 1)))

    def test_refused(self) -> None:
        with pytest.raises(NotFound, match=f"reg.example/team/app@{DIGEST} is not there"):
            Canned(error(404, "BLOB_UNKNOWN")).run(blobs.read(PLACE, WHAT))


class TestOpen:
    """As a stream, from some byte on."""

    def opened(self, offset: int, *answers: Answer) -> tuple[int, bytes, Canned]:
        canned = Canned(*answers)
        found = canned.run(blobs.open_blob(PLACE, WHAT, offset))
        return found.offset, b"".join(found.chunks), canned

    def test_all_of_it(self) -> None:
        offset, data, canned = self.opened(0, answer(200, DATA))
        assert (offset, data) == (0, DATA)
        assert canned.header("Range") == [""]
        assert canned.asked[0].is_streamed
        assert canned.closed == []

    @pytest.mark.parametrize("told", ["bytes 5-9/10", "bytes 5-9/*"])
    def test_the_rest_of_it(self, told: str) -> None:
        offset, data, canned = self.opened(5, answer(206, DATA[5:], content_range=told))
        assert (offset, data) == (5, DATA[5:])
        assert canned.header("Range") == ["bytes=5-"]

    def test_a_server_that_gives_no_parts(self) -> None:
        assert self.opened(5, answer(200, DATA))[:2] == (0, DATA)

    @pytest.mark.parametrize(
        "first",
        [
            answer(416),
            answer(206, DATA),
            answer(206, DATA, content_range="bytes 0-9/10"),
            answer(206, DATA, content_range="bytes 6-9/10"),
            answer(206, DATA, content_range="parts 5-9/10"),
            answer(206, DATA, content_range=f"bytes {'5' * 5000}-9/10"),
        ],
        ids=["416", "unnamed", "another", "later", "garbage", "huge"],
    )
    def test_another_part_than_was_asked_for_is_let_go(self, first: Answer) -> None:
        offset, data, canned = self.opened(5, first, answer(200, DATA))
        assert (offset, data) == (0, DATA)
        assert canned.header("Range") == ["bytes=5-", ""]
        assert canned.closed == [0]

    @pytest.mark.parametrize(
        ("offset", "answers", "meaning"),
        [
            (0, [answer(206, DATA, content_range="bytes 0-9/10")], Unavailable),
            (0, [answer(416)], Invalid),
            (5, [answer(416), answer(416)], Invalid),
            (0, [answer(404)], NotFound),
            (5, [answer(403)], Unauthorized),
        ],
    )
    def test_refused(self, offset: int, answers: list[Answer], meaning: type[OnggiError]) -> None:
        canned = Canned(*answers)
        with pytest.raises(meaning, match=f"reg.example/team/app@{DIGEST}"):
            canned.run(blobs.open_blob(PLACE, WHAT, offset))
        assert canned.closed == list(range(len(answers)))


class TestMount:
    """From another repository."""

    def test_it_is_there_then(self) -> None:
        canned = Canned(answer(201))
        assert canned.run(blobs.mount(PLACE, DIGEST, "other/app")) is None
        assert canned.lines == [f"POST {UPLOADS}?mount={DIGEST}&from=other/app"]
        assert (canned.asked[0].actions, canned.asked[0].sources) == (("pull", "push"), ("other/app",))

    def test_it_can_be_sent_then(self) -> None:
        assert Canned(accepted()).run(blobs.mount(PLACE, DIGEST, "other/app")) == UPLOAD

    def test_refused(self) -> None:
        with pytest.raises(Unauthorized):
            Canned(error(401, "DENIED")).run(blobs.mount(PLACE, DIGEST, "other/app"))


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/upload/1", "https://reg.example/upload/1"),
        ("https://store.example/u?state=a%2Fb", "https://store.example/u?state=a%2Fb"),
        ("1?_state=x", "https://reg.example/v2/team/app/blobs/uploads/1?_state=x"),
        ("//store.example/u", "https://store.example/u"),
    ],
)
def test_where_an_upload_goes(location: str, url: str) -> None:
    canned = Canned(accepted(location=location, oci_chunk_min_length="1000"))
    assert canned.run(blobs.begin(PLACE)) == Upload(PLACE, url, 0, 1000)
    assert canned.lines == [f"POST {UPLOADS}"]


@pytest.mark.parametrize("least", ["", "-1", "many", "9" * 5000])
def test_a_least_piece_that_is_no_number(least: str) -> None:
    assert Canned(accepted(oci_chunk_min_length=least)).run(blobs.begin(PLACE)).least == 0


@pytest.mark.parametrize(
    ("refused", "meaning", "words"),
    [
        (accepted(location=""), Corrupt, "does not say where a push to reg.example/team/app goes"),
        (accepted(location="http://[::1"), Invalid, "is no URL"),
        (accepted(200), Unavailable, "it answered 200"),
        (error(403, "DENIED"), Unauthorized, "a push to reg.example/team/app is not for us"),
        (error(404, "NAME_UNKNOWN"), NotFound, "a push to reg.example/team/app"),
    ],
)
def test_an_upload_that_does_not_begin(refused: Answer, meaning: type[OnggiError], words: str) -> None:
    with pytest.raises(meaning, match=words):
        Canned(refused).run(blobs.begin(PLACE))


class TestSend:
    """Bytes into an upload."""

    def send(self, upload: Upload, size: int | None, *answers: Answer) -> tuple[Upload, Canned]:
        canned = Canned(*answers)
        return canned.run(blobs.send(upload, Body(lambda: iter([DATA]), size))), canned

    def test_a_piece_says_which_it_is(self) -> None:
        after, canned = self.send(Upload(PLACE, URL, 20, least=3), 10, accepted(location="2", range="0-29"))
        assert canned.lines == [f"PATCH {URL}"]
        assert canned.asked[0].headers == {
            "Content-Type": "application/octet-stream",
            "Content-Length": "10",
            "Content-Range": "20-29",
        }
        assert after == Upload(PLACE, "https://reg.example/upload/2", 30, least=3)
        assert not canned.asked[0].is_repeatable

    def test_a_stream_says_nothing(self) -> None:
        after, canned = self.send(UPLOAD, None, accepted(range="0-9"))
        assert set(canned.asked[0].headers) == {"Content-Type"}
        assert (after.size, canned.sent()) == (10, DATA)

    @pytest.mark.parametrize("status", [201, 202, 204])
    @pytest.mark.parametrize("told", ["", "0-0", "bytes=0-", "5-9", "0-" + "9" * 5000])
    def test_a_registry_that_does_not_tell_what_it_has(self, status: int, told: str) -> None:
        assert self.send(UPLOAD, None, accepted(status, range=told))[0].size == 0
        assert self.send(Upload(PLACE, URL, 20), 10, accepted(status, range=told))[0].size == 30

    def test_a_registry_that_has_less_than_was_sent(self) -> None:
        assert self.send(Upload(PLACE, URL, 20), 10, accepted(range="bytes=0-24"))[0].size == 25

    @pytest.mark.parametrize(
        ("refused", "meaning"),
        [
            (answer(413), Denied),
            (error(404, "BLOB_UPLOAD_UNKNOWN"), Unavailable),
            (error(416, "RANGE_INVALID"), Unavailable),
        ],
    )
    def test_refused(self, refused: Answer, meaning: type[OnggiError]) -> None:
        with pytest.raises(meaning, match=r"a layer of reg\.example/team/app"):
            self.send(UPLOAD, None, refused)


class TestResume:
    """How far an upload has come."""

    @pytest.mark.parametrize("status", [200, 204])
    def test_where_it_is(self, status: int) -> None:
        canned = Canned(accepted(status, location="/upload/2?x", range="0-1023"))
        assert canned.run(blobs.resume(Upload(PLACE, URL, 5, least=7))) == Upload(
            PLACE, "https://reg.example/upload/2?x", 1024, least=7
        )
        assert canned.lines == [f"GET {URL}"]
        assert Canned(answer(204, range="0-1023")).run(blobs.resume(UPLOAD)) == Upload(PLACE, URL, 1024)

    @pytest.mark.parametrize(
        "told", [answer(404), answer(204), answer(204, range="0-0"), answer(204, range="x"), answer(500)]
    )
    def test_nothing_to_go_on_with(self, told: Answer) -> None:
        assert Canned(told).run(blobs.resume(UPLOAD)) is None


class TestFinish:
    """The end of an upload."""

    @pytest.mark.parametrize(
        ("url", "target"),
        [(URL, f"{URL}?digest=sha256%3A"), (f"{URL}?_state=a%3D&b", f"{URL}?_state=a%3D&b&digest=sha256%3A")],
    )
    @pytest.mark.parametrize("status", [201, 204])
    def test_the_digest_is_named(self, url: str, target: str, status: int) -> None:
        canned = Canned(answer(status))
        canned.run(blobs.finish(Upload(PLACE, url, 10), DIGEST))
        assert canned.lines == [f"PUT {target}{DIGEST.removeprefix('sha256:')}"]
        assert (canned.sent(), canned.header("Content-Length")) == (b"", ["0"])

    @pytest.mark.parametrize("size", [None, len(DATA)])
    def test_all_of_it_at_once(self, size: int | None) -> None:
        canned = Canned(answer(201, docker_content_digest=DIGEST))
        canned.run(blobs.finish(UPLOAD, DIGEST, Body(lambda: iter([DATA]), size)))
        assert canned.sent() == DATA
        assert canned.header("Content-Length") == ["" if size is None else "10"]

    def test_a_registry_that_has_other_bytes(self) -> None:
        other = digest(b"other")
        with pytest.raises(Unavailable, match=f"has stored {other} where {DIGEST} was sent"):
            Canned(answer(201, docker_content_digest=other)).run(blobs.finish(UPLOAD, DIGEST))
        with pytest.raises(Unavailable, match="did not arrive as it was sent"):
            Canned(error(400, "DIGEST_INVALID")).run(blobs.finish(UPLOAD, DIGEST))


def test_put() -> None:
    canned = Canned(answer(404), accepted(), answer(201))
    assert canned.run(blobs.put(PLACE, DATA)) == DIGEST
    assert [each.split()[0] for each in canned.lines] == ["HEAD", "POST", "PUT"]
    assert canned.sent() == DATA
    canned = Canned(answer(200))
    assert canned.run(blobs.put(PLACE, DATA)) == DIGEST


def test_delete() -> None:
    canned = Canned(answer(202))
    canned.run(blobs.delete(PLACE, DIGEST))
    assert canned.lines == [f"DELETE {BLOB}"]
    assert canned.asked[0].actions == ("pull", "delete")
    with pytest.raises(Unsupported):
        Canned(answer(405)).run(blobs.delete(PLACE, DIGEST))
