"""A push to a registry that does one thing wrong: what is said of it, in bounded time, and that the tag means nothing
then; or that it is got over, and all is there. The things are those of tests/registries/misbehaviours.py."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.registries import hostile, wares
from tests.registries.fake import Fake
from tests.registries.hostile import Hostile
from tests.registries.misbehaviours import PULLS, PUSHES
from tests.registries.wares import digest

from onggi.layer import removal

from .conftest import Onggi, clone

MIB = 1 << 20
RECOVERED = (
    "nothing wrong",
    "tokens",
    "500 for a look twice",
    "500 at the beginning twice",
    "429 at the beginning once",
    "upload at another host",
    "500 behind the bytes once",
    "500 behind the bytes, which are there",
    "reset behind the bytes once",
    "reset behind the bytes, which are there",
    "silence behind the bytes once",
    "upload forgotten once",
    "digest denied once",
    "token that lapses",
    "429 for the manifest once",
    "500 for the manifest twice",
)
_LAYER = r"(a )?layer (of HOST/image|sha256:\w{64})|HOST/image@sha256:\w{64}"
REFUSED = {
    "500 at the beginning always": "cannot send a layer of HOST/image: HOST answered 500\nhint: tried 6",
    "not allowed": "a push to HOST/image is not for us: it answered 403, requested access is denied\nhint: `onggi",
    "upload at a file": r"file:///etc/passwd\S* is no http or https URL",
    "upload at what is no URL": r"http://\[::1 is no URL",
    "upload nowhere": "HOST does not say where a push to HOST/image goes",
    "upload that is done before it began": "a push to HOST/image cannot be had: it answered 200",
    "redirect of the beginning in a circle": "a push to HOST/image cannot be had: it answered 307",
    "blobs said to be there": "HOST/image:1 names something that is not there: it answered 404, manifest blob unknown",
    "500 behind the bytes always": f"cannot send ({_LAYER}): HOST answered 500\n",
    "reset behind the bytes always": f"cannot send ({_LAYER}): the connection to HOST broke: ",
    "silence behind the bytes": f"cannot send ({_LAYER}): HOST has gone silent\n",
    "upload forgotten always": f"cannot send ({_LAYER}): .*was forgotten while it was sent",
    "redirect of an upload in a circle": f"({_LAYER}) cannot be had: it answered 307",
    "too large": rf"({_LAYER}) is too large for it: it answered 413\nhint: .*`chunk`",
    "digest denied always": f"cannot send ({_LAYER}): .*did not arrive as it was sent",
    "other digest stored": "HOST has stored sha256:0{64} where sha256:",
    "500 for the manifest always": "cannot send HOST/image:1: HOST answered 500\nhint: tried 6 times in a row",
    "manifest denied": "HOST/image:1 is not taken: it answered 400, no\n",
    "refusal without end": "HOST/image:1 is not understood: it answered 400\n",
    "no HTTP": "cannot send HOST/image:1: the connection to HOST broke: it spoke no HTTP but 220 mail.example.test",
}
IMPATIENT = {name for name in PUSHES if "silence" in name}
"""Here a time-out is what has to come; elsewhere none may."""
KINDS = ("kept", "squeezed")
"""Of images: `kept` has two small layers whose compressed bytes are in the store; `squeezed` has one large layer that
is compressed while it is sent."""


@pytest.fixture(scope="module")
def goods(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store with both kinds of images."""
    folder = tmp_path_factory.mktemp("goods")
    onggi = Onggi(folder / "store")
    with hostile.serve(PULLS["nothing wrong"]) as registry:
        onggi("pull", "-q", registry.name)
        onggi("tag", registry.name, "kept:1")
        onggi("rmi", registry.name)
    files = {"noise": random.Random(5).randbytes(3 * MIB), "text": b"a line of text\n" * 100_000}
    onggi("import", "-", "squeezed:1", stdin=wares.tar(files))
    yield onggi.root
    removal.remove(str(onggi.root))


@pytest.fixture
def onggi(goods: Path, tmp_path: Path) -> Iterator[Onggi]:
    """A store like that, and nobody is logged in anywhere."""
    program = Onggi(clone(goods))
    program.env |= {"DOCKER_CONFIG": str(tmp_path / "nobody"), "ONGGI_REGISTRIES": str(tmp_path / "registries.toml")}
    try:
        yield program
        program.tidy()
    finally:
        removal.remove(str(program.root))


def prepare(onggi: Onggi, kind: str, name: str, registry: Hostile) -> list[str]:
    """The words of the push."""
    silence, attempts = ("500ms", 3) if name in IMPATIENT else ("30s", 6)
    patience = f'[patience]\nsilence = "{silence}"\nattempts = {attempts}\npause = "10ms"\n'
    Path(onggi.env["ONGGI_REGISTRIES"]).write_text(patience)
    with onggi.engine() as engine:
        engine.images.tag(f"{kind}:1", f"{registry.host}/image:1")
    return ["push", "-q", f"{registry.host}/image:1"]


def check_whole(fake: Fake) -> None:
    """The tag means an image that is there with all its bytes."""
    _, raw = fake.manifests["image", "1"]
    manifest = json.loads(raw)
    for each in (manifest["config"], *manifest["layers"]):
        data = fake.blobs["image", each["digest"]]
        assert (digest(data), len(data)) == (each["digest"], each["size"])


def test_each_misbehaviour_is_here() -> None:
    assert sorted([*RECOVERED, *REFUSED]) == sorted(PUSHES)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", REFUSED)
def test_refused(onggi: Onggi, kind: str, name: str) -> None:
    with hostile.serve(PUSHES[name]) as registry:
        said = onggi.fails(*prepare(onggi, kind, name, registry), timeout=100)
        said = said.replace(registry.host, "HOST").replace(registry.other.host, "OTHER")
        assert re.search(REFUSED[name], said), said
        assert said.replace("\n", "").isprintable()
        assert ("image", "1") not in registry.server.fake.manifests
        assert not any("authorization" in asked.headers for asked in registry.other.asked)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", RECOVERED)
def test_recovered(onggi: Onggi, kind: str, name: str) -> None:
    with hostile.serve(PUSHES[name]) as registry:
        onggi(*prepare(onggi, kind, name, registry), timeout=100)
        check_whole(registry.server.fake)
        assert not any("authorization" in asked.headers for asked in registry.other.asked)


@pytest.mark.parametrize("kind", KINDS)
def test_after_a_failure_only_what_is_missing_is_sent(onggi: Onggi, kind: str) -> None:
    with hostile.serve(PUSHES["500 for the manifest always"]) as registry:
        words = prepare(onggi, kind, "", registry)
        onggi.fails(*words)
        before = registry.count("POST", "/blobs/uploads/")
        onggi.fails(*words)
        assert registry.count("POST", "/blobs/uploads/") == before > 0
