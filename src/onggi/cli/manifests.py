"""Manifests as `docker manifest inspect` prints them, down to the blanks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from onggi.oci import digest as digests
from onggi.oci import mediatype
from onggi.store.manifest_lists import ListEntry

_LIST_INDENT = 3
_KEYS = {mediatype.OCI_MANIFEST: "OCIManifest", mediatype.DOCKER_MANIFEST: "SchemaV2Manifest"}
_ESCAPED = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}
"""What Go's encoding/json escapes in what it encodes, and leaves as it is in what it indents."""


def indent(raw: bytes, *, is_list: bool) -> str:
    """A document with its own keys and values, in their order: lists with three blanks, manifests with tabs. What is
    behind its end, a new line for most, stays, as in Docker."""
    if is_list:
        return msgspec.json.format(raw, indent=_LIST_INDENT).decode()
    text = raw.decode()
    return _with_tabs(raw) + text[len(text.rstrip(" \t\r\n")) :]


def describe(entries: Sequence[ListEntry], *, is_list: bool) -> str:
    """What is known of manifests besides what they say themselves."""
    found = [_description(each) for each in entries]
    return _with_tabs(msgspec.json.encode(found if is_list else found[0])).translate(_ESCAPED)


def _description(entry: ListEntry) -> Mapping[str, Any]:
    descriptor = {
        "mediaType": entry.media_type,
        "digest": digests.of(entry.raw),
        "size": len(entry.raw),
        "platform": entry.platform,
    }
    found = {"Ref": entry.name, "Descriptor": descriptor, "Raw": entry.raw}
    if entry.media_type in _KEYS:
        found[_KEYS[entry.media_type]] = msgspec.Raw(entry.raw)
    return found


def _with_tabs(raw: bytes) -> str:
    text = msgspec.json.format(raw, indent=1).decode()
    return re.sub("^ +", lambda blanks: "\t" * len(blanks[0]), text, flags=re.MULTILINE)
