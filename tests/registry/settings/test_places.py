from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.errors import Denied, Invalid
from onggi.oci.reference import Reference, parse
from onggi.registry.place import Place
from onggi.registry.settings.file import table
from onggi.registry.settings.part import Part, part
from onggi.registry.settings.places import home, places
from onggi.registry.settings.table import Entry, Table

SETTINGS = table(
    """
[[registry]]
prefix = "docker.io"
mirrors = ["mirror.example:5000/hub", "second.example"]

[[registry]]
prefix = "docker.io/library"
mirrors = ["mirror.example:5000/official"]
only-mirrors = true

[[registry]]
prefix = "mirror.example:5000"
plain = true
verify = false
chunk = "5MB"

[[registry]]
prefix = "moved.example/team"
location = "new.example/old/team"

[[registry]]
prefix = "moved.example/one"
location = "new.example"

[[registry]]
prefix = "moved.example/lib"
location = "docker.io"

[[registry]]
prefix = "port.example"
location = "corp:443/hub"
mirrors = ["localhost:5000"]

[[registry]]
prefix = "bad.example"
blocked = "its owner is gone"

[[registry]]
prefix = "bad.example/good"

[[registry]]
prefix = "*.internal.example"
blocked = true

[[registry]]
prefix = "127.0.0.1:5001"
plain = false
""",
    Path("/etc/onggi/registries.toml"),
)
NOTHING = Table()


def shown(place: Place) -> str:
    return f"{place.host}/{place.repository}{' (mirror)' if place.is_mirror else ''}"


@pytest.mark.parametrize(
    ("reference", "expected", "pushed"),
    [
        (
            "team/app",
            [
                "mirror.example:5000/hub/team/app (mirror)",
                "second.example/team/app (mirror)",
                "registry-1.docker.io/team/app",
            ],
            "registry-1.docker.io/team/app",
        ),
        ("node:18", ["mirror.example:5000/official/node (mirror)"], "registry-1.docker.io/library/node"),
        ("ghcr.io/team/app", ["ghcr.io/team/app"], "ghcr.io/team/app"),
        ("moved.example/team/app/x", ["new.example/old/team/app/x"], "new.example/old/team/app/x"),
        ("moved.example/team", ["new.example/old/team"], "new.example/old/team"),
        ("moved.example/teams/app", ["moved.example/teams/app"], "moved.example/teams/app"),
        ("moved.example/one/app", ["new.example/app"], "new.example/app"),
        ("moved.example/lib/node", ["registry-1.docker.io/library/node"], "registry-1.docker.io/library/node"),
        ("port.example/x", ["localhost:5000/x (mirror)", "corp:443/hub/x"], "corp:443/hub/x"),
        ("bad.example/good/app", ["bad.example/good/app"], "bad.example/good/app"),
        ("internal.example/app", ["internal.example/app"], "internal.example/app"),
    ],
)
def test_where_a_reference_is_asked_for(reference: str, expected: list[str], pushed: str) -> None:
    assert [shown(place) for place in places(parse(reference), SETTINGS)] == expected
    assert shown(home(parse(reference), SETTINGS)) == pushed


def test_the_words_for_a_host_are_for_all_that_is_asked_there() -> None:
    first, second, registry = places(parse("team/app"), SETTINGS)
    assert (first.may_be_plain, first.is_verified, first.chunk) == (True, False, 5_000_000)
    assert (second.may_be_plain, second.is_verified, second.chunk) == (False, True, 0)
    assert first.account == "mirror.example:5000"
    assert registry.account == "https://index.docker.io/v1/"
    assert home(parse("mirror.example:5000/x"), SETTINGS).chunk == 5_000_000


@pytest.mark.parametrize(
    ("reference", "may_be_plain"),
    [
        ("localhost/x", True),
        ("localhost:5000/x", True),
        ("127.0.0.1:5000/x", True),
        ("[::1]:5000/x", True),
        ("127.0.0.1:5001/x", False),
        ("10.0.0.1:5000/x", False),
        ("node", False),
    ],
)
def test_this_machine_may_be_spoken_to_by_http(reference: str, may_be_plain: bool) -> None:
    place = home(parse(reference), SETTINGS)
    assert place.may_be_plain is may_be_plain
    assert place.is_verified


@pytest.mark.parametrize("ask", [places, home])
def test_what_is_blocked_is_asked_for_nowhere(ask: Callable[[Reference, Table], object]) -> None:
    with pytest.raises(Denied, match=r"^bad\.example/app is blocked: its owner is gone$") as caught:
        ask(parse("bad.example/app"), SETTINGS)
    assert caught.value.hint == "/etc/onggi/registries.toml:34 blocks all of bad.example"
    with pytest.raises(Denied, match=r"^a\.internal\.example/app is blocked$"):
        ask(parse("a.internal.example/app"), SETTINGS)


def test_a_name_that_another_registry_cannot_have() -> None:
    with pytest.raises(Invalid, match=r"^moved\.example/one would have no name at new\.example$") as caught:
        home(parse("moved.example/one"), SETTINGS)
    assert caught.value.hint.startswith("/etc/onggi/registries.toml:21: ")
    name = "team/" + "x" * 230
    with pytest.raises(Invalid, match=r"cannot be asked for at mirror\.example:5000/hub: .* at most 255 characters"):
        places(parse(name), SETTINGS)


NAMES = st.sampled_from(
    ["node", "team/app", "ghcr.io/a/b", "ghcr.io/a", "ghcr.io/a/b/c", "localhost:5000/a", "corp:443/a"]
)
REFERENCES = st.builds(parse, NAMES)
PREFIXES = st.builds(
    Part,
    st.sampled_from(["docker.io", "ghcr.io", "localhost:5000", "corp:443", "*"]),
    st.sampled_from(["", "a", "a/b"]),
)
ELSEWHERE = st.sampled_from(
    ["m.example", "m.example:5000/hub", "corp:443", "localhost/x/y", "docker.io", "A.Example/z"]
).map(part)
ENTRIES = st.builds(
    lambda prefix, mirrors, location, only: Entry(
        prefix=prefix, mirrors=tuple(mirrors), location=location, has_only_mirrors=only and bool(mirrors)
    ),
    PREFIXES,
    st.lists(ELSEWHERE, max_size=3),
    st.none() | ELSEWHERE,
    st.booleans(),
)


@given(REFERENCES, st.lists(ENTRIES, unique_by=lambda entry: entry.prefix))
def test_mirrors_come_first_and_are_never_pushed_to(reference: Reference, entries: list[Entry]) -> None:
    settings = Table(tuple(entries))
    entry = settings.entry(reference)
    try:
        asked = places(reference, settings)
        own = home(reference, settings)
    except Invalid as error:
        assert "would have no name" in error.message
        return
    hosts = [place.host.replace("registry-1.docker.io", "docker.io") for place in asked if place.is_mirror]
    assert hosts == [mirror.host for mirror in entry.mirrors]
    assert not own.is_mirror
    assert [place for place in asked if not place.is_mirror] == ([] if entry.has_only_mirrors else [own])
    assert asked[: len(hosts)] == tuple(place for place in asked if place.is_mirror)
    if entry.location is None:
        assert own == home(reference, NOTHING)
    else:
        assert own.host.replace("registry-1.docker.io", "docker.io") == entry.location.host
        assert own.repository.endswith(reference.path.removeprefix(entry.prefix.path).removeprefix("/"))


@given(REFERENCES)
def test_where_nothing_is_said_the_registry_is_asked(reference: Reference) -> None:
    assert places(reference, NOTHING) == (home(reference, NOTHING),)
