from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.errors import Invalid
from onggi.fetch.git_address import GitAddress, is_commit, is_git_address, parse

URL = "https://example.com/foo.git"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (URL, GitAddress(url=URL)),
        (f"{URL}#deadbeef", GitAddress(url=URL, ref="deadbeef")),
        (f"{URL}#release/1.2", GitAddress(url=URL, ref="release/1.2")),
        (f"{URL}#baz/qux:quux/quuz", GitAddress(url=URL, ref="baz/qux", subfolder="quux/quuz")),
        (f"{URL}#:folder", GitAddress(url=URL, subfolder="folder")),
        (f"{URL}#main:/", GitAddress(url=URL, ref="main")),
        (f"{URL}#main:../../up", GitAddress(url=URL, ref="main", subfolder="up")),
        (f"{URL}?ref=v1.0.0&subdir=/subdir", GitAddress(url=URL, ref="v1.0.0", subfolder="subdir")),
        (f"{URL}?tag=v1", GitAddress(url=URL, ref="refs/tags/v1")),
        (f"{URL}?branch=refs/heads/x", GitAddress(url=URL, ref="refs/heads/x")),
        (f"{URL}?ref=main#main:sub", GitAddress(url=URL, ref="main", subfolder="sub")),
        (f"{URL}?checksum=ABCDEF0", GitAddress(url=URL, ref="abcdef0", checksum="abcdef0")),
        (f"{URL}?tag=v1&commit=abcdef0", GitAddress(url=URL, ref="refs/tags/v1", checksum="abcdef0")),
        (f"{URL}?keep-git-dir&submodules=0", GitAddress(url=URL, keep_git_dir=True, submodules=False)),
        ("HTTPS://example.com/foo.git", GitAddress(url=URL)),
        ("https://me:pw@example.com/foo.git", GitAddress(url="https://me:pw@example.com/foo.git")),
        ("git://example.com/foo", GitAddress(url="git://example.com/foo")),
        ("ssh://git@example.com:2222/foo#x", GitAddress(url="ssh://git@example.com:2222/foo", ref="x")),
        ("git@example.com:moby/kit.git", GitAddress(url="git@example.com:moby/kit.git")),
        (
            "git@example.com:moby/kit?branch=b#:s",
            GitAddress(url="git@example.com:moby/kit", ref="refs/heads/b", subfolder="s"),
        ),
        ("github.com/moby/kit#v1", GitAddress(url="https://github.com/moby/kit", ref="v1")),
    ],
)
def test_forms(text: str, address: GitAddress) -> None:
    assert is_git_address(text)
    assert parse(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/",
        "https://example.com/foo",
        "https://example.com/foo.git/",
        "https://example.com/foo.git.bar",
        "https://example.com/foo?file=.git",
        "custom.xyz/moby/buildkit.git",
        "http://github.com/docker/docker.git:#branch",
        "./.git",
        ".git",
        "./github.com/moby/kit",
        "name:file",
        "file:///srv/foo.git",
        "ftp://example.com/foo.git",
        "ext::sh -c true",
    ],
)
def test_what_names_no_repository(text: str) -> None:
    assert not is_git_address(text)
    with pytest.raises(Invalid, match="names no git repository"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{URL}?ref=a#b", "two different refs, b and a"),
        (f"{URL}?tag=a&branch=a", "two different refs"),
        (f"{URL}?subdir=a#:b", "two different subfolders"),
        (f"{URL}?depth=1", "unknown option 'depth'"),
        (f"{URL}?ref=a&ref=b", "ref is given twice"),
        (f"{URL}?commit=a0&checksum=a0", "checksum is given twice"),
        (f"{URL}?ref=", "ref has no value"),
        (f"{URL}?submodules=maybe", "true or false"),
        (f"{URL}?checksum=main", "hex digits"),
        (f"{URL}#--upload-pack=x", "is no ref"),
        ("ssh://-oProxyCommand=x/y.git", "no host"),
        ("ssh://git@example.com:99999/x", "no URL"),
        ("https://me:secret@/x.git", "no host"),
    ],
)
def test_what_is_wrong_with_an_address(text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as failure:
        parse(text)
    assert "secret" not in failure.value.message


def test_names() -> None:
    assert parse("git@example.com:kit.git").name == "kit"
    assert parse("ssh://example.com/a/b").name == "b"
    assert str(parse("https://me:pw@example.com/foo.git#v1")) == "https://***@example.com/foo.git#v1"


def test_whole_commits() -> None:
    assert is_commit("0123456789" * 4)
    assert is_commit("0123456789abcdef" * 4)
    assert not is_commit("0123456789" * 4 + "a")
    assert not is_commit("ABCDEF" + "0" * 34)


_words = st.text(st.characters(categories=("L", "N"), include_characters="-_./:@#?&=% \n"), max_size=40)
_starts = st.sampled_from(["", "https://", "ssh://", "git://", "git@h:", "github.com/", "https://h/x.git", "ssh://["])


@given(_starts, _words)
def test_any_text_is_an_address_or_is_refused(start: str, rest: str) -> None:
    try:
        address = parse(start + rest)
    except Invalid:
        return
    assert is_git_address(start + rest)
    assert not address.url.startswith("-")
    assert not address.ref.startswith("-")
    assert ".." not in address.subfolder.split("/")
    assert not address.subfolder.startswith("/")


_name = st.text(st.characters(codec="ascii", categories=("Ll", "Nd")), min_size=1, max_size=8)


@given(_name, _name, _name, st.booleans())
def test_the_query_and_the_fragment_say_the_same(repository: str, ref: str, folder: str, is_scp: bool) -> None:
    url = f"git@host:{repository}" if is_scp else f"https://host/{repository}.git"
    assert parse(f"{url}#{ref}:{folder}") == parse(f"{url}?ref={ref}&subdir={folder}")
