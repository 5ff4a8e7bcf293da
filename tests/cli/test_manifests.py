from __future__ import annotations

import base64
import json

import pytest

from onggi.cli.manifests import describe, indent
from onggi.oci import digest, mediatype
from onggi.oci.manifest_list import ListPlatform
from onggi.store.manifest_lists import ListEntry

RAW = b'{"z":1.0e5,"a":{ },"list" : [],"text":"a<b>&\\u003c\xe2\x80\xa8\\/","deep":[{"x":[1,2]}]}'
INDENTED = """\
{
\t"z": 1.0e5,
\t"a": {},
\t"list": [],
\t"text": "a<b>&\\u003c\u2028\\/",
\t"deep": [
\t\t{
\t\t\t"x": [
\t\t\t\t1,
\t\t\t\t2
\t\t\t]
\t\t}
\t]
}"""


@pytest.mark.parametrize("ending", ["", "\n", "\r\n \t"], ids=["nothing", "line", "blanks"])
def test_a_manifest_keeps_its_words_and_its_ending(ending: str) -> None:
    assert indent(RAW + ending.encode(), is_list=False) == INDENTED + ending


def test_a_list_has_blanks_for_tabs() -> None:
    assert indent(RAW + b"\n", is_list=True) == INDENTED.replace("\t", "   ")


def test_what_is_told_of_a_manifest_is_escaped_as_go_does() -> None:
    entry = ListEntry(
        name="localhost:5000/x:1",
        media_type=mediatype.OCI_MANIFEST,
        raw=RAW,
        platform=ListPlatform("arm64", "linux", variant="v8"),
    )
    inner = INDENTED.replace("\n", "\n\t")
    for letter, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("\u2028", "\\u2028")):
        inner = inner.replace(letter, escaped)
    assert describe([entry], is_list=False) == (
        '{\n\t"Ref": "localhost:5000/x:1",\n\t"Descriptor": {\n'
        f'\t\t"mediaType": "{mediatype.OCI_MANIFEST}",\n\t\t"digest": "{digest.of(RAW)}",\n\t\t"size": {len(RAW)},\n'
        '\t\t"platform": {\n\t\t\t"architecture": "arm64",\n\t\t\t"os": "linux",\n\t\t\t"variant": "v8"\n\t\t}\n\t},\n'
        f'\t"Raw": "{base64.b64encode(RAW).decode()}",\n\t"OCIManifest": {inner}\n}}'
    )


def test_several_are_a_list_and_an_index_among_them_has_no_manifest() -> None:
    entry = ListEntry(name="x", media_type=mediatype.OCI_INDEX, raw=b"{}", platform=ListPlatform("", ""))
    (found,) = json.loads(describe([entry], is_list=True))
    assert list(found) == ["Ref", "Descriptor", "Raw"]
