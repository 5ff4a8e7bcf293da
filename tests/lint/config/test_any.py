"""Whatever a configuration says, it is taken or refused with its place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.configuration import yaml
from onggi.configuration.document import Cell
from onggi.errors import Invalid
from onggi.lint.config import hadolint, own
from onggi.lint.config.config import Changes, Config

KEYS = ("ignore", "severity", "threshold", "no-fail", "trusted-registries", "labels", "strict-labels", "base-days")
MORE_KEYS = ("pragmas", "shellcheck", "lang", "format", "exclude", "overrides", "paths", "ignored", "override")
HADOLINTS = ("error", "trustedRegistries", "label-schema", "failure-threshold", "no-color", "verbose")
WORDS = st.sampled_from([*KEYS, *MORE_KEYS, *HADOLINTS, "DL3008", "SC2086", "text", "en", "json", "**/a", "!", "[", ""])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)
PLACED = re.compile(r"a\.file:\d+: \S", re.DOTALL)


@pytest.mark.parametrize("read", [own.config, hadolint.config])
@given(value=VALUES)
def test_any_document_is_taken_or_refused(read: Callable[[Cell, Collection[str]], Config], value: Any) -> None:
    cell = yaml.document(json.dumps(value), "a.file")
    try:
        found = read(cell, ["DL3008"])
    except Invalid as error:
        assert PLACED.match(error.message)
        return
    found.policy("a/Dockerfile", Changes())
    found.excludes("a/Dockerfile")
    assert all(PLACED.match(note) for note in found.notes)
