"""Which requests of a conversation an answer is wrong for."""

from __future__ import annotations

from collections.abc import Callable

from . import wares
from .fake import Asked

Place = Callable[[Asked], bool]


def _on(methods: str, part: str, *, with_body: bool = False) -> Place:
    return lambda asked: asked.method in methods.split() and part in asked.path and (not with_body or bool(asked.body))


_IMAGE = wares.image()
LAYER = _on("GET", f"/blobs/{wares.digest(_IMAGE.layers[-1])}")
"""The last one, of the image that is there unless a misbehaviour brings one of its own."""
CONFIG = _on("GET", f"/blobs/{wares.digest(_IMAGE.raw_config)}")
MANIFEST = _on("GET HEAD", "/manifests/")
TAG = _on("GET HEAD", "/manifests/1")
TAGS = _on("GET", "/tags/list")
ALL = _on("GET HEAD POST PUT PATCH DELETE", "/v2/")
TOKEN = _on("GET POST", "/token")
BEGIN = _on("POST", "/blobs/uploads/")
BYTES = _on("PATCH PUT", "/blobs/uploads/", with_body=True)
"""Where a blob arrives, whichever way it is sent."""
END = _on("PUT", "/blobs/uploads/")
PUT_MANIFEST = _on("PUT", "/manifests/")
LOOK = _on("HEAD", "/blobs/")
