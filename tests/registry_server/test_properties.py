"""Whatever way bytes come in and go out, they are the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onggi.registry_server.server import Server

from .client import Client, digest_of

REPO = "team/app"
BLOB = bytes(number * number % 251 for number in range(5000))
NUMBERS = count()
TAGS = st.from_regex(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,6}", fullmatch=True)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """One registry for all examples, which use repositories of their own or agree."""
    with Server(tmp_path_factory.mktemp("registry") / "store") as server:
        yield Client(server.address)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, len(BLOB) - 1), unique=True, max_size=6).map(sorted), data=st.data())
def test_a_blob_in_any_pieces(shared: Client, cuts: list[int], data: st.DataObject) -> None:
    place = shared.begin(REPO)
    for first, end in pairwise([0, *cuts, len(BLOB)]):
        headers = {"Content-Range": f"{first}-{end - 1}"} if data.draw(st.booleans(), "says its range") else {}
        piece = BLOB[first:end]
        answer = shared.ask("PATCH", place, [piece] if data.draw(st.booleans(), "says no length") else piece, headers)
        assert (answer.status, answer.headers["range"]) == (202, f"0-{end - 1}")
    assert shared.ask("PUT", f"{place}?digest={digest_of(BLOB)}").status == 201
    assert shared.ask("GET", f"/v2/{REPO}/blobs/{digest_of(BLOB)}").body == BLOB


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.integers(0, len(BLOB) + 10), last=st.integers(0, len(BLOB) + 10))
def test_any_part_of_a_blob(shared: Client, first: int, last: int) -> None:
    digest = shared.push_blob(REPO, BLOB)
    answer = shared.ask("GET", f"/v2/{REPO}/blobs/{digest}", headers={"Range": f"bytes={first}-{last}"})
    if first > last or first >= len(BLOB):
        assert answer.status == 416
    else:
        assert (answer.status, answer.body) == (206, BLOB[first : last + 1])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tags=st.sets(TAGS, min_size=1, max_size=8), size=st.integers(1, 4))
def test_pages_of_any_tags(shared: Client, tags: set[str], size: int) -> None:
    """Each once, in order, whatever the size of the pages."""
    repository = f"team/app{next(NUMBERS)}"
    raw = shared.push(repository, min(tags))
    for tag in tags:
        assert shared.put(repository, tag, raw).status == 201
    path, found = f"/v2/{repository}/tags/list?n={size}", []
    while path:
        answer = shared.ask("GET", path)
        page = answer.document["tags"]
        assert len(page) <= size
        found += page
        path = answer.headers.get("link", "").partition(">")[0].removeprefix("<")
    assert found == sorted(tags, key=lambda tag: (tag.lower(), tag))
