"""A registry that does one thing wrong: what is said of it, in bounded time, and that nothing of it is seen in the
store; or that it is got over. The things are those of tests/registries/misbehaviours.py, and each of them is here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.registries import hostile
from tests.registries.hostile import Hostile
from tests.registries.misbehaviours import PULLS
from tests.registries.tls import Authority, server_context

from onggi.oci import digest as digests

from .conftest import Onggi

MIB = 1 << 20

RECOVERED = (
    "nothing wrong",
    "layer in small parts",
    "index",
    "index of an index",
    "redirect to another host",
    "redirect of who has a token to another host",
    "500 twice",
    "500 for a layer twice",
    "503 with a date",
    "429 once",
    "429 for a layer once",
    "429 until nobody knows",
    "reset at once, once",
    "reset in a layer once",
    "reset in a layer, again and again",
    "reset, and parts are not known",
    "reset, and parts are refused",
    "reset, and the part is said to be another",
    "silence in a layer once",
    "tokens",
    "token that lapses",
    "tokens of another host",
    "config of another architecture",
    "pages",
)

_LAYER = r"(layer |HOST/name@)?sha256:\w{64}"
REFUSED = {
    "layer longer than said": f"{_LAYER} is longer than the 200278 bytes it should have",
    "layer shorter than said": f"{_LAYER}: HOST ended before all had arrived",
    "layer empty": f"{_LAYER}: HOST ended before all had arrived",
    "layer of other bytes": f"{_LAYER} has other contents: they are sha256:",
    "layer of other bytes once": f"{_LAYER} has other contents: they are sha256:",
    "layer without end, chunked": f"{_LAYER} is longer than the 200278 bytes it should have",
    "layer without end, no length": f"{_LAYER} is longer than the 200278 bytes it should have",
    "config of other bytes": r"HOST/name: sha256:\w+ has other contents",
    "config without end": f"{_LAYER} is longer than the 334 bytes that it may have",
    "manifest under a wrong digest": "HOST/name:1 came with other contents: they are sha256:.*, not sha256:0000",
    "manifest without end, chunked": "HOST/name:1 is longer than the 4194304 bytes that it may have",
    "manifest without end, no length": "HOST/name:1 is longer than the 4194304 bytes that it may have",
    "manifest of 5 MiB": "HOST/name:1 is longer than the 4194304 bytes that it may have",
    "manifest of 5 MiB, chunked": "HOST/name:1 is longer than the 4194304 bytes that it may have",
    "manifest of garbage": "HOST/name:1 is no manifest: Input data was truncated",
    "manifest of brackets": "HOST/name:1 is no manifest: ",
    "manifest of null": "HOST/name:1 is no manifest: Expected `object`, got `null`",
    "manifest not in UTF-8": "HOST/name:1 is no manifest: .*invalid start byte",
    "manifest without layers": f"{_LAYER}: not an image manifest: Object missing required field `config`",
    "manifest of HTML": "HOST answered with text/html that is no manifest\nhint: is it a registry?",
    "manifest of HTML that says it is one": "HOST/name:1 is no manifest: JSON is malformed",
    "manifest of schema 1": "HOST/name:1 is in Docker's schema 1",
    "manifest of an unknown kind": r"HOST/name:1 is application/vnd\.example\.thing\+json, not an image",
    "layer of HTML": f"{_LAYER}: HOST ended before all had arrived",
    "error of HTML": "HOST/name:1 is not there: it answered 404\n",
    "error without end": "HOST/name:1 is not there: it answered 404\n",
    "layer of unknown kind": r"HOST/name@sha256:\w+ is not an image but application/vnd\.example\.layer",
    "layer of negative size": r"HOST/name@sha256:\w+: not an image manifest: .*\.size",
    "layer of enormous size": f"{_LAYER}: HOST ended before all had arrived",
    "layer with a path for a digest": r"HOST/name@sha256:\w+: not a sha256 digest: 'sha256:\.\./.*/etc/passwd'",
    "layer with another kind of digest": r"HOST/name@sha256:\w+: not a sha256 digest: 'md5:",
    "layer that is nowhere": "HOST/name@sha256:2{64} is not there: it answered 404",
    "layers without end": r"HOST/name@sha256:\w+: there are 10000 layers, but 2 diff IDs",
    "config that is no image's": r"HOST/name@sha256:\w+ is not an image but application/vnd\.cncf\.helm\.config",
    "config of enormous size": f"{_LAYER} is said to have 1099511627776 bytes",
    "config of other size": f"{_LAYER} is longer than the 7 bytes that it may have",
    "config with a layer less": r"HOST/name@sha256:\w+: there are 2 layers, but 1 diff IDs",
    "config with other diff IDs": r"layer sha256:\w+: its contents are sha256:\w+, but the config names sha256:",
    "config with a diff ID that is a path": r"HOST/name@sha256:\w+: not a sha256 digest: 'sha256:\.\./x'",
    "config of garbage": r"HOST/name@sha256:\w+: not an image config: Expected `object`, got `array`",
    "index for another architecture": "HOST/name:1 is not for linux/.*; it is for linux/s390x\nhint: --platform",
    "index of indexes of indexes": "HOST/name:1 is an index of indexes of indexes, with no end in sight",
    "index of itself": "HOST/name@sha256:1{64} came with other contents",
    "layer that unpacks to a thousand times its size": r"layer sha256:\w+: the image is far larger than what is sent",
    "layer that is no tar": r"layer sha256:\w+: expected a tar, but the input is text",
    "redirect in a circle": "HOST/name:1 is redirected more than 10 times",
    "redirect without end": "HOST/name:1 is redirected more than 10 times",
    "redirect to a file": "file:///etc/passwd is no http or https URL",
    "redirect to nowhere": f"{_LAYER} cannot be had: it answered 307",
    "redirect to what is no URL": r"http://\[::1 is no URL",
    "500 always": "cannot fetch HOST/name:1: HOST answered 500\nhint: tried 6 times in a row",
    "429 always": "cannot fetch HOST/name:1: HOST answered 429\nhint: tried 6 times in a row",
    "429 until tomorrow": "cannot fetch HOST/name:1: HOST answered 429\nhint: it asks to be left alone for 24 hours",
    "204 for a layer": f"{_LAYER} cannot be had: it answered 204",
    "reset at once, always": "cannot fetch HOST/name:1: the connection to HOST broke: connection reset by peer",
    "reset in a layer always": f"cannot fetch {_LAYER}: the connection to HOST broke: ",
    "reset, and the part is another": f"{_LAYER} has other contents: they are sha256:",
    "reset, and the part has no end": f"{_LAYER} is longer than the 200278 bytes it should have",
    "no HTTP": "cannot fetch HOST/name:1: the connection to HOST broke: it spoke no HTTP but SSH-2.0-OpenSSH_",
    "headers without end": "cannot fetch HOST/name:1: the connection to HOST broke: got more than 100 headers",
    "a header without end": "cannot fetch HOST/name:1: the connection to HOST broke: got more than 65536 bytes",
    "chunks of garbage": f"cannot fetch {_LAYER}: the connection to HOST broke: its chunks ended",
    "a length that is no number": f"cannot fetch {_LAYER}: HOST ended before all had arrived",
    "silence": "cannot fetch HOST/name:1: HOST has gone silent\nhint: tried 3 times in a row",
    "silence in a layer": f"cannot fetch {_LAYER}: HOST (has gone silent|sends too slowly)",
    "layer byte by byte": f"cannot fetch {_LAYER}: HOST sends too slowly: ",
    "headers byte by byte": "cannot fetch HOST/name:1: HOST has gone silent\n",
    "token that is never good": "HOST does not give name to everyone: it answered 401",
    "token of garbage": "http://HOST/token answered something that is no token: ",
    "token without end": "HOST/token is longer than the 4194304 bytes that it may have",
    "token with a line break": "http://HOST/token answered without a token",
    "token refused": "HOST does not give name to everyone: it answered 401",
    "token server down": "cannot ask HOST/token: HOST answered 500",
    "token server that asks for a token": "HOST does not give name to everyone: it answered 401",
    "token server in a circle": "HOST/token is redirected more than 10 times",
    "challenge without a realm": "HOST wants a token from '', which is no URL",
    "challenge of a kind nobody knows": "HOST wants to know who asks, by negotiate\n",
    "401 without a challenge": "HOST wants to know who asks, by nothing\n",
    "pages in a circle": "the list of tags of HOST/name has no end: the registry gives the same page again",
    "pages without end": "the list of tags of HOST/name has no end: there are more than 1000 pages",
    "pages of another host": "the list of tags of HOST/name goes on at another host: http://OTHER/",
    "tags of garbage": "the list of tags of HOST/name came as something else",
    "tags with a path": "the list of tags of HOST/name holds '../../evil', which is no tag",
    "no tags": "HOST/name has no tags",
}
OF_ALL_TAGS = {name for name in PULLS if name.startswith(("page", "tags ", "no tags"))}
"""These are told by the list of tags."""
IMPATIENT = {name for name in PULLS if "silence" in name or "byte by byte" in name}
"""Here a time-out is what has to come; elsewhere none may."""

PATIENCE = '[patience]\nsilence = "{silence}"\nattempts = {attempts}\npause = "10ms"\n'


@pytest.fixture
def onggi(empty: Onggi, tmp_path: Path) -> Onggi:
    """A store that is not there yet, and nobody is logged in anywhere."""
    empty.env |= {"DOCKER_CONFIG": str(tmp_path / "nobody"), "ONGGI_REGISTRIES": str(tmp_path / "registries.toml")}
    return empty


def prepare(onggi: Onggi, name: str, registry: Hostile) -> list[str]:
    """The words of the pull."""
    is_impatient = name in IMPATIENT
    patience = PATIENCE.format(silence="500ms" if is_impatient else "30s", attempts=3 if is_impatient else 6)
    Path(onggi.env["ONGGI_REGISTRIES"]).write_text(patience)
    return ["pull", "-q", *(("-a", f"{registry.host}/name") if name in OF_ALL_TAGS else (registry.name,))]


def test_each_misbehaviour_is_here() -> None:
    assert sorted([*RECOVERED, *REFUSED]) == sorted(PULLS)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(onggi: Onggi, name: str) -> None:
    with hostile.serve(PULLS[name]) as registry:
        said = onggi.fails(*prepare(onggi, name, registry), timeout=100)
        said = said.replace(registry.host, "HOST").replace(registry.other.host, "OTHER")
        assert re.search(REFUSED[name], said), said
        assert said.replace("\n", "").isprintable()
        assert not any("authorization" in asked.headers for asked in registry.other.asked)
        assert sum(asked.sent for asked in registry.server.asked) < 32 * MIB
    with onggi.engine() as engine:
        assert engine.images.list() == []
        assert engine.system.check() == []
    assert [path for path in (onggi.root / "tmp").glob("*") if path.is_dir()] == []


@pytest.mark.parametrize("name", RECOVERED)
def test_recovered(onggi: Onggi, name: str) -> None:
    with hostile.serve(PULLS[name]) as registry:
        onggi(*prepare(onggi, name, registry), timeout=100)
        assert not any("authorization" in asked.headers for asked in registry.other.asked)
        config = registry.wares.raw_config
    with onggi.engine() as engine:
        (image,) = engine.images.list()
        assert image.id == digests.of(config)
        assert engine.system.check() == []


def test_a_token_is_not_shown_to_where_a_redirect_leads(onggi: Onggi) -> None:
    name = "redirect of who has a token to another host"
    with hostile.serve(PULLS[name]) as registry:
        onggi(*prepare(onggi, name, registry))
        assert any("authorization" in asked.headers for asked in registry.server.asked)
        assert ["authorization" in asked.headers for asked in registry.other.asked] == [False]


def test_nobody_who_asked_with_tls_is_led_to_where_there_is_none(onggi: Onggi, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tls")
    with hostile.serve(PULLS["redirect to another host"], server_context(authority.server())) as registry:
        settings = f'[[registry]]\nprefix = "{registry.host}"\nca = ["{authority.bundle}"]\nplain = false\n'
        Path(onggi.env["ONGGI_REGISTRIES"]).write_text(settings)
        said = onggi.fails("pull", "-q", registry.name)
        assert f"{registry.host} wants to be asked without TLS, at http://{registry.other.host}/v2/name/blobs/" in said
        assert registry.other.asked == []


def test_what_one_registry_lied_about_is_pulled_from_another(onggi: Onggi) -> None:
    """Nothing of the lie is left that would be in the way."""
    for name in ("layer of other bytes", "reset, and the part is another", "layer without end, chunked"):
        with hostile.serve(PULLS[name]) as registry:
            onggi.fails(*prepare(onggi, name, registry))
    with hostile.serve(PULLS["nothing wrong"]) as registry:
        onggi(*prepare(onggi, "nothing wrong", registry))
        assert registry.count("GET", "/blobs/") >= 2


def test_a_pull_goes_on_where_the_last_one_was_broken_off(onggi: Onggi) -> None:
    with hostile.serve(PULLS["reset in a layer always"]) as registry:
        onggi.fails(*prepare(onggi, "reset in a layer always", registry))
    with hostile.serve(PULLS["nothing wrong"]) as registry:
        onggi(*prepare(onggi, "nothing wrong", registry))
        assert registry.count("GET", "/blobs/") == 2  # the config, and the layer that is missing
