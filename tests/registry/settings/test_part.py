"""Which names a prefix is of: whole components, the longest first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.errors import Invalid
from onggi.registry.settings.part import Part, longest, part, prefix
from onggi.registry.settings.table import Entry

HOSTS = st.sampled_from(
    ["docker.io", "localhost", "corp.example", "a.corp.example", "b.a.corp.example", "corp.example:1"]
)
PATTERNS = HOSTS | st.sampled_from(["*", "*.example", "*.corp.example", "*.a.corp.example", "*.corp.example:1"])
COMPONENTS = st.lists(st.sampled_from(["a", "aa", "b"]), max_size=3)
PATHS = COMPONENTS.map("/".join)
PARTS = st.builds(Part, PATTERNS, PATHS)


@pytest.mark.parametrize(
    ("text", "host", "path", "rest"),
    [
        ("docker.io", "docker.io", "library/node", "library/node"),
        ("docker.io/library", "docker.io", "library/node", "node"),
        ("docker.io/library/node", "docker.io", "library/node", ""),
        ("docker.io/lib", "docker.io", "library/node", None),
        ("docker.io/library/no", "docker.io", "library/node", None),
        ("docker.io/library/node/x", "docker.io", "library/node", None),
        ("docker.io", "docker.io.example", "node", None),
        ("index.docker.io/library", "docker.io", "library/node", "node"),
        ("ghcr.io", "ghcr.io:5000", "team/app", None),
        ("ghcr.io:5000", "ghcr.io", "team/app", None),
        ("ghcr.io", "ghcr.io:443", "team/app", "team/app"),
        ("ghcr.io:443", "ghcr.io", "team/app", "team/app"),
        ("GHCR.io", "ghcr.IO", "team/app", "team/app"),
        ("*.corp.example", "a.corp.example", "app", "app"),
        ("*.corp.example", "b.a.corp.example", "app", "app"),
        ("*.corp.example", "corp.example", "app", None),
        ("*.corp.example", "mycorp.example", "app", None),
        ("*.corp.example", "a.corp.example:5000", "app", None),
        ("*.corp.example:5000", "a.corp.example:5000", "app", "app"),
        ("*.corp.example/team", "a.corp.example", "team/app", "app"),
        ("*.example", "a.example", "app", "app"),
        ("*", "localhost:5000", "app", "app"),
        ("*/team", "localhost:5000", "team/app", "app"),
        ("*/team", "localhost:5000", "app", None),
        ("localhost", "localhost", "app", "app"),
        ("[::1]:5000", "[::1]:5000", "app", "app"),
    ],
)
def test_what_is_behind_a_prefix(text: str, host: str, path: str, rest: str | None) -> None:
    assert prefix(text).rest(host, path) == rest


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "/",
            ".",
            "docker.io/",
            "/library",
            "library",
            "library/node",
            "Library",
            "ghcr.io/team:1",
            "ghcr.io/Team",
        ),
        *("https://ghcr.io", "ghcr.io//x", "*corp.example", "a.*.example", "*.*.example", "**", "*:5000", "ghcr.io/*"),
        *("ghcr.io/team@sha256:" + "0" * 64, "ghcr .io", "docker.io/..", "../etc"),
    ],
)
def test_what_is_no_prefix(text: str) -> None:
    with pytest.raises(Invalid):
        prefix(text)


@pytest.mark.parametrize("text", ["*", "*.corp.example", "library"])
def test_what_is_no_part_of_one_registry(text: str) -> None:
    with pytest.raises(Invalid):
        part(text)


@given(PARTS)
def test_a_prefix_is_read_as_it_is_written(one: Part) -> None:
    assert prefix(str(one)) == one


@given(st.text(max_size=20))
def test_any_text_is_a_prefix_or_is_refused(text: str) -> None:
    try:
        found = prefix(text)
    except Invalid:
        return
    assert prefix(str(found)) == found


@given(HOSTS, PATHS, PATHS)
def test_a_prefix_and_its_rest_make_the_name(host: str, path: str, more: str) -> None:
    name = "/".join(filter(None, (path, more)))
    assert Part(host, path).rest(host, name) == more


@given(PARTS, HOSTS, COMPONENTS)
def test_only_whole_components_match(one: Part, host: str, components: list[str]) -> None:
    wanted = one.path.split("/") if one.path else []
    rest = one.rest(host, "/".join(components))
    if rest is not None:
        assert components[: len(wanted)] == wanted
        assert rest == "/".join(components[len(wanted) :])
    elif components[: len(wanted)] == wanted:
        assert Part(one.host).rest(host, "") is None


@given(st.lists(PARTS, unique=True), HOSTS, PATHS)
def test_the_longest_wins_in_any_order(parts: list[Part], host: str, path: str) -> None:
    entries = [Entry(prefix=each) for each in parts]
    found = longest(entries, host, path)
    assert longest(reversed(entries), host, path) == found
    matching = [entry.prefix for entry in entries if entry.prefix.rest(host, path) is not None]
    if found is None:
        assert matching == []
        return
    assert found.prefix in matching
    for other in matching:
        assert len(other.path) <= len(found.prefix.path)
        if other.path == found.prefix.path and other.host != found.prefix.host:
            assert other.host.startswith("*")
            assert found.prefix.host == host or len(other.host) < len(found.prefix.host)
