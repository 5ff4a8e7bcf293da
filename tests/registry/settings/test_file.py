from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.errors import Denied, Invalid, NotFound
from onggi.registry.settings.file import read, table
from onggi.registry.settings.part import Part
from onggi.registry.settings.table import Demand, Entry, Table

FILE = Path("/etc/onggi/registries.toml")
ALL = """\
[[registry]]
prefix = "docker.io/library"
mirrors = ["mirror.example:5000/hub", "second.example"]
only-mirrors = true
location = "third.example/x"

[[registry]]
prefix = "*.corp.example:5000"
plain = true
verify = false
ca = "corp.pem"
client-cert = "/srv/me.cert"
client-key = "keys/me.key"
chunk = "5MB"

[[registry]]
prefix = "*"
blocked = "only what is named"
ca = ["a.pem", "b.pem"]

[[policy]]
prefix = "ghcr.io/team"
require = ["digest", "signature"]
forbid = ["latest", "edge"]
keys = ["one.pub", "/srv/two.pub"]

[[policy]]
prefix = "ghcr.io"
"""


def test_all_keys() -> None:
    assert table(ALL, FILE) == Table(
        (
            Entry(
                prefix=Part("docker.io", "library"),
                line="/etc/onggi/registries.toml:1",
                mirrors=(Part("mirror.example:5000", "hub"), Part("second.example")),
                has_only_mirrors=True,
                location=Part("third.example", "x"),
            ),
            Entry(
                prefix=Part("*.corp.example:5000"),
                line="/etc/onggi/registries.toml:7",
                may_be_plain=True,
                is_verified=False,
                authorities=(Path("/etc/onggi/corp.pem"),),
                client=(Path("/srv/me.cert"), Path("/etc/onggi/keys/me.key")),
                chunk=5_000_000,
            ),
            Entry(
                prefix=Part("*"),
                line="/etc/onggi/registries.toml:16",
                blocked="only what is named",
                authorities=(Path("/etc/onggi/a.pem"), Path("/etc/onggi/b.pem")),
            ),
        ),
        (
            Demand(
                prefix=Part("ghcr.io", "team"),
                line="/etc/onggi/registries.toml:21",
                requires_digest=True,
                keys=(Path("/etc/onggi/one.pub"), Path("/srv/two.pub")),
                forbidden_tags=("latest", "edge"),
            ),
            Demand(prefix=Part("ghcr.io"), line="/etc/onggi/registries.toml:27"),
        ),
    )


@pytest.mark.parametrize(("word", "reason"), [("true", ""), ("false", None), ("'why'", "why")])
def test_a_reason_may_be_left_out(word: str, reason: str | None) -> None:
    assert table(f"[[registry]]\nprefix = 'x.example'\nblocked = {word}\n", FILE).entries[0].blocked == reason


def entry(lines: str, prefix: str = "x.example") -> str:
    return f"[[registry]]\nprefix = '{prefix}'\n{lines}\n"


def policy(lines: str) -> str:
    return f"[[policy]]\nprefix = '*'\n{lines}\n"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[[registri]]\n", "1: registri: there is no such key; did you mean registry?", "keys are registry, policy"),
        (
            "[registry]\nx = 1\n",
            "1: registry: expected a list of tables, not a table; each begins with [[registry]]",
            "",
        ),
        ("registry = 3\n", "1: registry: expected a list, not a number", ""),
        (
            "[[registry]]\nmirrors = []\n",
            "1: registry[0]: the key prefix is missing",
            'prefix = "docker.io" says which',
        ),
        (
            "[[policy]]\nforbid = []\n",
            "1: policy[0]: the key prefix is missing",
            'prefix = "*" would be for all images',
        ),
        (
            entry("mirors = []"),
            "3: registry[0].mirors: there is no such key; did you mean mirrors?",
            "keys are prefix, ",
        ),
        (entry("insecure = true"), "3: registry[0].insecure: there is no such key; plain = true is for HTTP, ", "keys"),
        ("[[registry]]\nprefix = 'node'\n", "2: registry[0].prefix: expected a registry, or a part of one such as", ""),
        (entry("mirrors = 'm.example'"), "3: registry[0].mirrors: expected a list, not 'm.example'", ""),
        (
            entry('mirrors = ["m.example",\n  "https://n.example"]'),
            "4: registry[0].mirrors[1]: expected a registry, or a part of one such as mirror.example:5000/hub, not"
            " 'https://n.example'; it is written without https://",
            "",
        ),
        (entry("location = '*.y.example'"), "3: registry[0].location: expected a registry, or a part of one", ""),
        (entry("blocked = 1"), "3: registry[0].blocked: expected true, or the reason, not a number", ""),
        (entry("plain = 'yes'"), "3: registry[0].plain: expected true or false, not 'yes'", ""),
        (entry("ca = [1]"), "3: registry[0].ca[0]: expected a text, not a number", ""),
        (entry("chunk = 'much'"), "3: registry[0].chunk: expected a size such as \"5MB\", not 'much'", ""),
        (entry("chunk = '0'"), "3: registry[0].chunk: expected at least a byte, not '0'", ""),
        (entry("only-mirrors = true"), "3: registry[0].only-mirrors: it goes with mirrors, which is missing", ""),
        (entry("client-cert = 'a'"), "3: registry[0].client-cert: it goes with client-key, which is missing", ""),
        (entry("client-key = 'a'"), "3: registry[0].client-key: it goes with client-cert, which is missing", ""),
        (
            entry("blocked = true\nlocation = 'y.example'"),
            "4: registry[0].location: it does not go with blocked: what is blocked is asked for nowhere",
            "",
        ),
        (
            entry("verify = false", "x.example/team"),
            "3: registry[0].verify: it is for a host, and x.example/team is a part of one",
            'prefix = "x.example" is the host',
        ),
        (
            entry("location = 'y.example/z'\nca = 'y.pem'"),
            "4: registry[0].ca: x.example is not connected to, but its location",
            'an entry with prefix = "y.example" says how',
        ),
        (entry("") + entry(""), "4: registry[1]: x.example has been said already", "at /etc/onggi/registries.toml:1"),
        (
            policy("require = ['digst']"),
            "3: policy[0].require[0]: expected digest or signature, not 'digst'; did you",
            "",
        ),
        (
            policy("require = ['signature']"),
            "3: policy[0].require: it takes a key to check a signature",
            'key = "cosign',
        ),
        (policy("key = 'a.pub'"), "3: policy[0].key: no signature is required", 'require = ["signature"] does'),
        (
            policy("require = ['signature']\nkey = 'a'\nkeys = ['b']"),
            "5: policy[0].keys: it does not go with key: ",
            "",
        ),
        (policy("forbid = ['node:latest']"), "3: policy[0].forbid[0]: expected a tag, not 'node:latest'", ""),
        (
            policy("forbid = ['a@sha256:" + "0" * 64 + "']"),
            "3: policy[0].forbid[0]: expected a tag, not 'a@sha256:",
            "",
        ),
        ("[[registry]\n", "1:11: expected ']]' at the end of an array declaration", ""),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, message: str, hint: str) -> None:
    with pytest.raises(Invalid) as caught:
        table(text, FILE)
    assert caught.value.message.startswith(f"/etc/onggi/registries.toml:{message}")
    assert caught.value.hint.startswith(hint)


WORDS = st.sampled_from(
    ["docker.io", "ghcr.io/a", "*", "*.x.example", "digest", "signature", "latest", "5MB", "", "a.pem"]
)
VALUES = st.booleans().map(lambda value: str(value).lower()) | st.integers(0, 3).map(str) | WORDS.map(repr)
LISTS = VALUES | st.lists(VALUES, max_size=2).map(lambda values: f"[{', '.join(values)}]")
OF_REGISTRIES = "mirrors only-mirrors location blocked plain verify ca client-cert client-key chunk"
KEYS = st.sampled_from(f"{OF_REGISTRIES} require forbid key keys odd".split())


@given(st.sampled_from(["registry", "policy"]), WORDS, st.dictionaries(KEYS, LISTS, max_size=4))
def test_whatever_stands_there_is_taken_or_refused_with_its_line(
    name: str, prefix: str, values: dict[str, str]
) -> None:
    lines = [f"[[{name}]]", f"prefix = '{prefix}'", *(f"{key} = {value}" for key, value in values.items())]
    try:
        table("\n".join(lines), FILE)
    except Invalid as error:
        assert re.match(r"/etc/onggi/registries\.toml:[1-6]: \w+\[0\]", error.message)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert read(None) == Table()
    file = tmp_path / "registries.toml"
    with pytest.raises(NotFound, match=f"^there are no settings of registries at {file}$") as missing:
        read(file)
    assert missing.value.hint == "ONGGI_REGISTRIES says where they are"
    with pytest.raises(Denied, match=f"^the settings of registries at {tmp_path} cannot be read: Is a directory$"):
        read(tmp_path)
    file.write_bytes(b"# \xff\n")
    with pytest.raises(Invalid, match=f"^{file} is not UTF-8: invalid start byte at byte 2$"):
        read(file)
    file.write_text("")
    assert read(file) == Table()


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("ca = ['there.pem', 'ca.pem']", "1: ca: there is no file {0}/ca.pem"),
        ("client-cert = 'there.pem'\nclient-key = 'no/me.key'", "1: client-key: there is no file {0}/no/me.key"),
        ("client-cert = 'me.cert'\nclient-key = 'there.pem'", "1: client-cert: there is no file {0}/me.cert"),
        ("[[policy]]\nprefix = '*'\nrequire = ['signature']\nkey = 'a.pub'", "3: key: there is no file {0}/a.pub"),
        (
            "[[policy]]\nprefix = '*'\nrequire = ['signature']\nkeys = ['there.pem', 'there.pem/b.pub']",
            "3: keys: there is no file {0}/there.pem/b.pub",
        ),
    ],
)
def test_a_file_that_is_named_and_not_there_is_told_with_its_line(tmp_path: Path, text: str, missing: str) -> None:
    (tmp_path / "there.pem").touch()
    file = tmp_path / "registries.toml"
    file.write_text(entry(text))
    with pytest.raises(NotFound) as caught:
        read(file)
    assert caught.value.message == f"{file}:{missing.format(tmp_path)}"
