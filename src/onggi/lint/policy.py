"""What a project demands of its Dockerfiles: which rules count, how much, and what they are to look for."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import msgspec

from onggi.lint.severity import Severity


class LabelKind(Enum):
    """What the value of a label has to be, in hadolint's words."""

    TEXT = "text"
    URL = "url"
    SEMVER = "semver"
    RFC3339 = "rfc3339"
    SPDX = "spdx"
    HASH = "hash"
    EMAIL = "email"


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """`ignored` are codes of rules that do not count anywhere; `severities` are other ones than the rules' own. What is
    at least as bad as `threshold` fails a lint; None for nothing. `registries` are those that FROM may name, () for
    all; `labels` says what the values of labels are, and if `has_only_labels`, no others may be there. A base image
    that is older than `base_days` is to be pulled again. `has_pragmas`: comments may switch rules off;
    `has_shellcheck`: scripts are given to ShellCheck."""

    ignored: frozenset[str] = frozenset()
    severities: Mapping[str, Severity] = {}
    threshold: Severity | None = Severity.INFO
    registries: tuple[str, ...] = ()
    labels: Mapping[str, LabelKind] = {}
    has_only_labels: bool = False
    base_days: int = 180
    has_pragmas: bool = True
    has_shellcheck: bool = True
