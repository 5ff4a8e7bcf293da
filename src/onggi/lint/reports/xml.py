"""XML that stays well-formed whatever a Dockerfile holds."""

from __future__ import annotations

import re
from xml.etree import ElementTree

_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def put(parent: ElementTree.Element, tag: str, text: str = "", **attributes: str) -> ElementTree.Element:
    """A new element in `parent`."""
    element = ElementTree.SubElement(parent, tag, {name: _possible(value) for name, value in attributes.items()})
    element.text = _possible(text) or None
    return element


def document(root: ElementTree.Element) -> str:
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _possible(text: str) -> str:
    """Without characters that XML 1.0 cannot have, not even escaped (2.2 Characters)."""
    return _IMPOSSIBLE.sub("\ufffd", text)
