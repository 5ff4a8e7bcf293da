"""The tables of misbehaviours: what a registry does wrong in one place while all else is as it should be.

Those who talk to it are held to a table of their own: what they say, and whether they get over it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from . import places as at
from . import wares
from .changes import (
    World,
    body,
    cut_unless_range,
    document,
    drip,
    drip_headers,
    elsewhere,
    endless,
    expire,
    hang_up,
    header,
    page,
    range_ignored,
    raw,
    reset,
    short,
    silence,
    stall,
    status,
    to,
    upload_elsewhere,
    without,
)
from .fake import Answer, Asked
from .hostile import Misbehaviour
from .wares import CONFIG, INDEX, LAYER, MANIFEST, Wares


def _with_layers(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Callable[[], Wares]:
    """The manifest's list of layers is other than it should be."""

    def make() -> Wares:
        image = wares.image()
        return image.with_manifest(layers=change([wares.descriptor(LAYER, layer) for layer in image.layers]))

    return make


def _each_layer(**fields: object) -> Callable[[], Wares]:
    return _with_layers(lambda layers: [{**layer, **fields} for layer in layers])


def _with_config_descriptor(**fields: object) -> Callable[[], Wares]:
    def make() -> Wares:
        image = wares.image()
        return image.with_manifest(config={**wares.descriptor(CONFIG, image.raw_config), **fields})

    return make


def _other_diff_ids(change: Callable[[list[str]], list[str]]) -> Callable[[], Wares]:
    def make() -> Wares:
        image = wares.image()
        diff_ids = change(list(image.config["rootfs"]["diff_ids"]))
        return image.with_config(rootfs={"type": "layers", "diff_ids": diff_ids}, history=[])

    return make


def _under(depth: int) -> Callable[[], Wares]:
    return lambda: replace(wares.image(), above=[{}] * depth)


def _for(architecture: str) -> Callable[[], Wares]:
    """An index that has nothing for this host."""

    def make() -> Wares:
        image = wares.image().with_config(architecture=architecture)
        entry = {**wares.descriptor(MANIFEST, image.raw_manifest)}
        entry["platform"] = {"os": "linux", "architecture": architecture}
        return replace(image, above=[{"manifests": [entry]}])

    return make


def _self_naming(answer: Answer, asked: Asked, world: World) -> Answer:
    """An index whose only entry is, so it says, the index: the same answer to every question."""
    raw = b'{"schemaVersion": 2, "mediaType": "%s", "manifests": [%s]}' % (
        INDEX.encode(),
        json.dumps({"mediaType": INDEX, "digest": "sha256:" + "1" * 64, "size": 300}).encode(),
    )
    return Answer(200, {"Content-Type": INDEX}, raw)


MIB = 1 << 20
_HTML = b"<!DOCTYPE html><html><title>Sign in</title><body>Welcome to the hotel's network</body></html>"
_LARGE = b'{"schemaVersion": 2, "mediaType": "%s", "x": "%s"}' % (MANIFEST.encode(), b"x" * (5 * MIB))


def _garbled(data: bytes) -> bytes:
    """As long as it was, other in the middle."""
    half = len(data) // 2
    return data[:half] + bytes([data[half] ^ 1]) + data[half + 1 :]


PULLS: Mapping[str, Misbehaviour] = {
    "nothing wrong": Misbehaviour(),
    # size and digest
    "layer longer than said": Misbehaviour(at.LAYER, body(lambda data: data + bytes(5000))),
    "layer shorter than said": Misbehaviour(at.LAYER, short),
    "layer in small parts": Misbehaviour(at.LAYER, body(lambda data: data[:50_000])),
    "layer empty": Misbehaviour(at.LAYER, body(lambda data: b"")),
    "layer of other bytes": Misbehaviour(at.LAYER, body(_garbled)),
    "layer of other bytes once": Misbehaviour(at.LAYER, body(_garbled), times=1),
    "layer without end, chunked": Misbehaviour(at.LAYER, endless("chunked")),
    "layer without end, no length": Misbehaviour(at.LAYER, endless("closed")),
    "config of other bytes": Misbehaviour(at.CONFIG, body(_garbled)),
    "config without end": Misbehaviour(at.CONFIG, endless("chunked")),
    "manifest under a wrong digest": Misbehaviour(at.TAG, header("Docker-Content-Digest", "sha256:" + "0" * 64)),
    "manifest without end, chunked": Misbehaviour(at.MANIFEST, endless("chunked")),
    "manifest without end, no length": Misbehaviour(at.MANIFEST, endless("closed")),
    "manifest of 5 MiB": Misbehaviour(at.MANIFEST, document(_LARGE)),
    "manifest of 5 MiB, chunked": Misbehaviour(
        at.MANIFEST, lambda *all: replace(document(_LARGE)(*all), body=[_LARGE], frame="chunked")
    ),
    # what is no manifest
    "manifest of garbage": Misbehaviour(at.MANIFEST, document(b'{"schemaVersion": 2, "media')),
    "manifest of brackets": Misbehaviour(at.MANIFEST, document(b"[" * 100_000)),
    "manifest of null": Misbehaviour(at.MANIFEST, document(None)),
    "manifest not in UTF-8": Misbehaviour(at.MANIFEST, document(b'{"mediaType": "\xff\xfe"}')),
    "manifest without layers": Misbehaviour(at.MANIFEST, document({"schemaVersion": 2, "mediaType": MANIFEST})),
    "manifest of HTML": Misbehaviour(at.MANIFEST, document(_HTML, "text/html")),
    "manifest of HTML that says it is one": Misbehaviour(at.MANIFEST, document(_HTML)),
    "manifest of schema 1": Misbehaviour(
        at.MANIFEST,
        document(
            {"schemaVersion": 1, "name": "name", "fsLayers": []},
            "application/vnd.docker.distribution.manifest.v1+prettyjws",
        ),
    ),
    "manifest of an unknown kind": Misbehaviour(
        at.MANIFEST, document({"mediaType": "application/vnd.example.thing+json"}, "application/vnd.example.thing+json")
    ),
    "layer of HTML": Misbehaviour(at.LAYER, status(200, _HTML, Content_Type="text/html")),
    "error of HTML": Misbehaviour(at.MANIFEST, status(404, _HTML, Content_Type="text/html")),
    "error without end": Misbehaviour(at.MANIFEST, lambda a, q, w: replace(endless("chunked")(a, q, w), status=404)),
    # images that lie, or that nobody knows
    "layer of unknown kind": Misbehaviour(wares=_each_layer(mediaType="application/vnd.example.layer")),
    "layer of negative size": Misbehaviour(wares=_each_layer(size=-1)),
    "layer of enormous size": Misbehaviour(wares=_each_layer(size=1 << 62)),
    "layer with a path for a digest": Misbehaviour(wares=_each_layer(digest="sha256:../../../../etc/passwd")),
    "layer with another kind of digest": Misbehaviour(wares=_each_layer(digest="md5:d41d8cd98f00b204e9800998ecf8427e")),
    "layer that is nowhere": Misbehaviour(wares=_each_layer(digest="sha256:" + "2" * 64)),
    "layers without end": Misbehaviour(wares=_with_layers(lambda layers: layers * 5_000)),
    "config that is no image's": Misbehaviour(
        wares=_with_config_descriptor(mediaType="application/vnd.cncf.helm.config.v1+json")
    ),
    "config of enormous size": Misbehaviour(wares=_with_config_descriptor(size=1 << 40)),
    "config of other size": Misbehaviour(wares=_with_config_descriptor(size=7)),
    "config with a layer less": Misbehaviour(wares=_other_diff_ids(lambda diff_ids: diff_ids[:-1])),
    "config with other diff IDs": Misbehaviour(wares=_other_diff_ids(lambda diff_ids: diff_ids[::-1])),
    "config with a diff ID that is a path": Misbehaviour(wares=_other_diff_ids(lambda its: ["sha256:../x", *its[1:]])),
    "config of garbage": Misbehaviour(wares=lambda: replace(wares.image(), config=["not", "a", "config"])),  # type: ignore[arg-type]
    "config of another architecture": Misbehaviour(wares=lambda: wares.image().with_config(architecture="s390x")),
    "index for another architecture": Misbehaviour(wares=_for("s390x")),
    "index": Misbehaviour(wares=_under(1)),
    "index of an index": Misbehaviour(wares=_under(2)),
    "index of indexes of indexes": Misbehaviour(wares=_under(8)),
    "index of itself": Misbehaviour(at.MANIFEST, _self_naming),
    "layer that unpacks to a thousand times its size": Misbehaviour(wares=lambda: wares.bomb(3000 * MIB)),
    "layer that is no tar": Misbehaviour(wares=lambda: wares.of_tars([b"not a tar, not at all" * 100])),
    # redirects
    "redirect in a circle": Misbehaviour(at.MANIFEST, to("{path}")),
    "redirect without end": Misbehaviour(at.MANIFEST, to("/v2/name/manifests/{met}")),
    "redirect to a file": Misbehaviour(at.LAYER, to("file:///etc/passwd")),
    "redirect to nowhere": Misbehaviour(at.LAYER, status(307)),
    "redirect to what is no URL": Misbehaviour(at.LAYER, to("http://[::1")),
    "redirect to another host": Misbehaviour(at.LAYER, to("{other}{path}"), is_guarded=False),
    "redirect of who has a token to another host": Misbehaviour(at.LAYER, to("{other}{path}"), is_guarded=True),
    # refusals that pass, and that do not
    "500 twice": Misbehaviour(at.MANIFEST, status(500), times=2),
    "500 for a layer twice": Misbehaviour(at.LAYER, status(500), times=2),
    "500 always": Misbehaviour(at.MANIFEST, status(500, _HTML, Content_Type="text/html")),
    "503 with a date": Misbehaviour(at.MANIFEST, status(503, Retry_After="Sun, 06 Nov 1994 08:49:37 GMT"), times=1),
    "429 once": Misbehaviour(at.MANIFEST, status(429, Retry_After="1"), times=1),
    "429 for a layer once": Misbehaviour(at.LAYER, status(429, Retry_After="1"), times=1),
    "429 always": Misbehaviour(at.MANIFEST, status(429, Retry_After="0")),
    "429 until tomorrow": Misbehaviour(at.MANIFEST, status(429, Retry_After="86400")),
    "429 until nobody knows": Misbehaviour(at.MANIFEST, status(429, Retry_After="soon"), times=1),
    "204 for a layer": Misbehaviour(at.LAYER, status(204)),
    # connections that break
    "reset at once, once": Misbehaviour(at.MANIFEST, reset(0), times=1),
    "reset at once, always": Misbehaviour(at.MANIFEST, reset(0)),
    "reset in a layer once": Misbehaviour(at.LAYER, reset(0.5), times=1),
    "reset in a layer always": Misbehaviour(at.LAYER, reset(0)),
    "reset in a layer, again and again": Misbehaviour(at.LAYER, reset(0.5), times=6),
    "reset, and parts are not known": Misbehaviour(at.LAYER, cut_unless_range(range_ignored)),
    "reset, and parts are refused": Misbehaviour(at.LAYER, cut_unless_range(status(416)), times=2),
    "reset, and the part is another": Misbehaviour(at.LAYER, cut_unless_range(body(_garbled))),
    "reset, and the part is said to be another": Misbehaviour(
        at.LAYER, cut_unless_range(header("Content-Range", "bytes 0-9/10")), times=2
    ),
    "reset, and the part has no end": Misbehaviour(at.LAYER, cut_unless_range(endless("chunked"))),
    "no HTTP": Misbehaviour(at.ALL, raw(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")),
    "headers without end": Misbehaviour(at.ALL, raw(b"HTTP/1.1 200 OK\r\n", *[b"X-More: and more\r\n"] * 100_000)),
    "a header without end": Misbehaviour(at.ALL, raw(b"HTTP/1.1 200 OK\r\nX-More: ", *[b"more" * 1000] * 100)),
    "chunks of garbage": Misbehaviour(
        at.LAYER, raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a number\r\n")
    ),
    "a length that is no number": Misbehaviour(at.LAYER, raw(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n")),
    # time
    "silence": Misbehaviour(at.MANIFEST, silence),
    "silence in a layer": Misbehaviour(at.LAYER, stall(0.5)),
    "silence in a layer once": Misbehaviour(at.LAYER, stall(0.5), times=1),
    "layer byte by byte": Misbehaviour(at.LAYER, drip(1, 0.2)),
    "headers byte by byte": Misbehaviour(at.ALL, drip_headers),
    # tokens
    "tokens": Misbehaviour(is_guarded=True),
    "token that lapses": Misbehaviour(at.LAYER, expire, times=1, is_guarded=True),
    "token that is never good": Misbehaviour(
        at.ALL, lambda answer, asked, world: world.server.fake.answer(replace(asked, headers={})), is_guarded=True
    ),
    "tokens of another host": Misbehaviour(at.ALL, elsewhere, is_guarded=True),
    "token of garbage": Misbehaviour(at.TOKEN, document(b"{", "application/json"), is_guarded=True),
    "token without end": Misbehaviour(at.TOKEN, endless("chunked"), is_guarded=True),
    "token with a line break": Misbehaviour(at.TOKEN, document({"token": "a\r\nX-Evil: 1"}), is_guarded=True),
    "token refused": Misbehaviour(at.TOKEN, status(401), is_guarded=True),
    "token server down": Misbehaviour(at.TOKEN, status(500), is_guarded=True),
    "token server that asks for a token": Misbehaviour(
        at.TOKEN, status(401, WWW_Authenticate='Bearer realm="/token"'), is_guarded=True
    ),
    "token server in a circle": Misbehaviour(at.TOKEN, to("{path}"), is_guarded=True),
    "challenge without a realm": Misbehaviour(at.ALL, status(401, WWW_Authenticate="Bearer")),
    "challenge of a kind nobody knows": Misbehaviour(at.ALL, status(401, WWW_Authenticate="Negotiate")),
    "401 without a challenge": Misbehaviour(at.ALL, status(401)),
    # tags
    "pages": Misbehaviour(at.TAGS, lambda answer, asked, world: answer, tags=("1", "2", "3")),
    "pages in a circle": Misbehaviour(at.TAGS, header("Link", '<{path}?n=1>; rel="next"')),
    "pages without end": Misbehaviour(at.TAGS, page),
    "pages of another host": Misbehaviour(at.TAGS, header("Link", '<{other}{path}>; rel="next"'), is_guarded=True),
    "tags of garbage": Misbehaviour(at.TAGS, document({"tags": [1, 2]})),
    "tags with a path": Misbehaviour(at.TAGS, document({"name": "name", "tags": ["../../evil", "1"]})),
    "no tags": Misbehaviour(at.TAGS, document({"name": "name", "tags": None})),
}


DENIED = b'{"errors": [{"code": "DIGEST_INVALID"}]}'
FORGOTTEN = b'{"errors": [{"code": "BLOB_UPLOAD_UNKNOWN"}]}'

PUSHES: Mapping[str, Misbehaviour] = {
    "nothing wrong": Misbehaviour(),
    "tokens": Misbehaviour(is_guarded=True),
    # the way to an upload
    "500 for a look twice": Misbehaviour(at.LOOK, status(500), times=2),
    "500 at the beginning twice": Misbehaviour(at.BEGIN, status(500), times=2),
    "500 at the beginning always": Misbehaviour(at.BEGIN, status(500, _HTML, Content_Type="text/html")),
    "429 at the beginning once": Misbehaviour(at.BEGIN, status(429, Retry_After="1"), times=1),
    "not allowed": Misbehaviour(
        at.BEGIN, status(403, b'{"errors": [{"code": "DENIED", "message": "requested access is denied"}]}')
    ),
    "upload at another host": Misbehaviour(at.BEGIN, upload_elsewhere, is_guarded=True),
    "upload at a file": Misbehaviour(at.BEGIN, header("Location", "file:///etc/passwd")),
    "upload at what is no URL": Misbehaviour(at.BEGIN, header("Location", "http://[::1")),
    "upload nowhere": Misbehaviour(at.BEGIN, without("Location")),
    "upload that is done before it began": Misbehaviour(at.BEGIN, status(200)),
    "redirect of the beginning in a circle": Misbehaviour(at.BEGIN, to("{path}")),
    "blobs said to be there": Misbehaviour(at.LOOK, status(200)),
    # the bytes
    "500 behind the bytes once": Misbehaviour(at.BYTES, status(500), times=1, is_lost=True),
    "500 behind the bytes always": Misbehaviour(at.BYTES, status(500), is_lost=True),
    "500 behind the bytes, which are there": Misbehaviour(at.BYTES, status(500)),
    "reset behind the bytes once": Misbehaviour(at.BYTES, hang_up, times=1, is_lost=True),
    "reset behind the bytes always": Misbehaviour(at.BYTES, hang_up, is_lost=True),
    "reset behind the bytes, which are there": Misbehaviour(at.BYTES, hang_up),
    "silence behind the bytes once": Misbehaviour(at.BYTES, silence, times=1, is_lost=True),
    "silence behind the bytes": Misbehaviour(at.BYTES, silence, is_lost=True),
    "upload forgotten once": Misbehaviour(at.BYTES, status(404, FORGOTTEN), times=1, is_lost=True),
    "upload forgotten always": Misbehaviour(at.BYTES, status(404, FORGOTTEN), is_lost=True),
    "redirect of an upload in a circle": Misbehaviour(at.BYTES, to("{path}"), is_lost=True),
    "too large": Misbehaviour(at.BYTES, status(413, b"<html>413 Request Entity Too Large</html>"), is_lost=True),
    # the end
    "digest denied once": Misbehaviour(at.END, status(400, DENIED), times=1, is_lost=True),
    "digest denied always": Misbehaviour(at.END, status(400, DENIED), is_lost=True),
    "other digest stored": Misbehaviour(at.END, status(201, Docker_Content_Digest="sha256:" + "0" * 64), is_lost=True),
    "token that lapses": Misbehaviour(at.END, expire, times=1, is_lost=True, is_guarded=True),
    # the manifest
    "429 for the manifest once": Misbehaviour(at.PUT_MANIFEST, status(429, Retry_After="1"), times=1, is_lost=True),
    "500 for the manifest twice": Misbehaviour(at.PUT_MANIFEST, status(500), times=2, is_lost=True),
    "500 for the manifest always": Misbehaviour(at.PUT_MANIFEST, status(500), is_lost=True),
    "manifest denied": Misbehaviour(
        at.PUT_MANIFEST, status(400, b'{"errors": [{"code": "MANIFEST_INVALID", "message": "no"}]}'), is_lost=True
    ),
    "refusal without end": Misbehaviour(
        at.PUT_MANIFEST, lambda a, q, w: replace(endless("chunked")(a, q, w), status=400), is_lost=True
    ),
    "no HTTP": Misbehaviour(at.ALL, raw(b"220 mail.example.test ESMTP\r\n"), is_lost=True),
}
"""What a registry does wrong while something is sent to it."""
