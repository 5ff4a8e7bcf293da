from __future__ import annotations

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from onggi.oci import manifest_list, mediatype
from onggi.oci.manifest_list import ListPlatform, Member

DIGEST = "sha256:" + "1" * 64


def member(media_type: str, platform: ListPlatform) -> Member:
    return Member(media_type, 7, DIGEST, platform)


def test_a_list_has_dockers_order_of_keys_and_blanks() -> None:
    full = ListPlatform("arm", "windows", "10.0", ("win32k",), "v7")
    media_type, raw = manifest_list.encode([member(mediatype.DOCKER_MANIFEST, full)])
    assert media_type == mediatype.DOCKER_INDEX
    document = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "manifests": [
            {
                "mediaType": mediatype.DOCKER_MANIFEST,
                "size": 7,
                "digest": DIGEST,
                "platform": {
                    "architecture": "arm",
                    "os": "windows",
                    "os.version": "10.0",
                    "os.features": ["win32k"],
                    "variant": "v7",
                },
            }
        ],
    }
    assert raw.decode() == json.dumps(document, indent=3)


def test_the_first_member_says_what_a_list_is() -> None:
    its = ListPlatform("amd64", "linux")
    both = [member(mediatype.OCI_MANIFEST, its), member(mediatype.DOCKER_MANIFEST, its)]
    assert manifest_list.encode(both)[0] == mediatype.OCI_INDEX
    assert manifest_list.encode(both[::-1])[0] == mediatype.DOCKER_INDEX


def test_what_is_not_known_of_a_platform_is_left_out_but_for_two_things() -> None:
    _, raw = manifest_list.encode([member(mediatype.OCI_MANIFEST, ListPlatform("", ""))])
    assert json.loads(raw)["manifests"][0]["platform"] == {"architecture": "", "os": ""}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["architecture", "os", "os.version", "os.features", "variant"]), inner)
        ),
    )
)
def test_a_platform_is_read_from_whatever_a_document_says(document: object) -> None:
    found = manifest_list.platform_of(document)
    assert msgspec.json.decode(msgspec.json.encode(found), type=ListPlatform) == found
