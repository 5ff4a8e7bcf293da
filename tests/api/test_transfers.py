"""Pulls and pushes as Docker's lines, and why they fail in its words."""

from __future__ import annotations

from typing import Any

import pytest

from onggi.api.transfers import Pull, Push, pull_refusal, push_refusal
from onggi.engine.registry.progress import Began, Ended, Event, Layers, Moved, PassedOver
from onggi.errors import NotFound, OnggiError, Unauthorized, Unavailable
from onggi.oci.descriptor import Descriptor
from onggi.oci.reference import parse

LAYER = "sha256:" + "ab" * 32
DIGEST = "sha256:" + "cd" * 32
NAME = parse("shop/api:1")
LAYERS = Layers(layers=(Descriptor("application/vnd.oci.image.layer.v1.tar+gzip", LAYER, 10),))


def told(kind: type[Pull] | type[Push], *events: Event) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    listener = kind(lines.append)
    for event in events:
        listener(event)
    return lines


def test_a_pull() -> None:
    lines = told(
        Pull,
        Began(reference=NAME, host="docker.io"),
        LAYERS,
        Moved(digest=LAYER, state="moving", done=5, total=10),
        Moved(digest=LAYER, state="done", done=10, total=10),
        PassedOver(tags=("sig",)),
        Ended(reference=NAME, digest=DIGEST, is_new=True),
    )
    layer = {"id": "abababababab", "progressDetail": {}}
    assert lines == [
        {"status": "Pulling from shop/api", "id": "1"},
        {"status": "Pulling fs layer", **layer},
        {
            "status": "Downloading",
            "progressDetail": {"current": 5, "total": 10},
            "progress": "[=========================>                         ]  5B/10B",
            "id": "abababababab",
        },
        {"status": "Pull complete", **layer},
        {"status": f"Digest: {DIGEST}"},
        {"status": "Status: Downloaded newer image for shop/api:1"},
    ]


def test_an_image_that_is_there() -> None:
    lines = told(Pull, Ended(reference=NAME, digest=DIGEST, is_new=False))
    assert lines[-1] == {"status": "Status: Image is up to date for shop/api:1"}


def test_a_push() -> None:
    lines = told(
        Push,
        Began(reference=NAME, host="docker.io"),
        LAYERS,
        Moved(digest=LAYER, state="mounted"),
        Ended(reference=NAME, digest=DIGEST, is_new=True, size=7),
    )
    layer = {"id": "abababababab", "progressDetail": {}}
    assert lines == [
        {"status": "Preparing", **layer},
        {"status": "Mounted from another repository", **layer},
        {"status": f"1: digest: {DIGEST} size: 7"},
        {"progressDetail": {}, "aux": {"Tag": "1", "Digest": DIGEST, "Size": 7}},
    ]


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (NotFound("it is not there"), NotFound, "manifest for shop/api:1 not found: it is not there"),
        (
            Unauthorized("who are you"),
            NotFound,
            "pull access denied for shop/api, repository does not exist or may require 'docker login': who are you",
        ),
        (Unavailable("the registry is down"), Unavailable, "the registry is down"),
    ],
)
def test_why_a_pull_failed(error: OnggiError, kind: type[OnggiError], words: str) -> None:
    said = pull_refusal(NAME, error)
    assert type(said) is kind
    assert said.message == words


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("a push to x needs a login: it answered 401", "unauthorized: authentication required: a push to x needs"),
        ("x refuses it: it answered 403, DENIED", "denied: requested access to the resource is denied: x refuses"),
    ],
)
def test_pushes_that_are_refused_have_the_words_of_registries(said: str, words: str) -> None:
    refused = push_refusal(Unauthorized(said))
    assert isinstance(refused, Unauthorized)
    assert refused.message.startswith(words)
