"""What is wrong with a context is told by the name that the person gave."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from onggi.engine.build.contexts import Contexts
from onggi.engine.build.remotes import Remotes
from onggi.errors import Invalid, NotFound
from onggi.fetch.network import Network
from onggi.store.store import Store


@pytest.fixture
def contexts(tmp_path: Path) -> Iterator[Contexts]:
    with Store(tmp_path / "store") as store, ExitStack() as scope:
        yield Contexts(Remotes(network=Network(), secrets={}, agents=None, store=store, scope=scope))


def test_a_folder_that_is_not_there(contexts: Contexts) -> None:
    with pytest.raises(NotFound, match=r"^nope: no such folder") as raised:
        contexts.folder(Path("nope"))
    assert "the last argument of build" in raised.value.hint


@pytest.mark.parametrize("text", ["nope", "oci-layout://nope", "oci-layout://nope@sha256:0"])
def test_a_named_context_that_is_not_there(contexts: Contexts, text: str) -> None:
    with pytest.raises(NotFound, match=f"^--build-context ctx={text.partition('@')[0]}: no such folder") as raised:
        contexts.named({"ctx": text})
    assert "the last argument" not in raised.value.hint


def test_a_tag_of_a_layout_that_is_not_there(contexts: Contexts) -> None:
    with pytest.raises(NotFound, match=r"^--build-context ctx=oci-layout://nope: no such folder"):
        contexts.named({"ctx": "oci-layout://nope:1.0"})


def test_text_is_a_url(contexts: Contexts) -> None:
    with pytest.raises(Invalid, match=r"'examples/x' is no URL") as raised:
        contexts.folder("examples/x")
    assert "Path" in raised.value.hint
