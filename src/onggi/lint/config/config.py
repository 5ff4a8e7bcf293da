"""What a project's configuration says: how its policy differs from the usual one, everywhere and for some files."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import asdict, replace

from onggi.dockerfile.ignore import Matcher
from onggi.lint.policy import LabelKind, Policy
from onggi.lint.severity import Severity
from onggi.lint.violation import Language


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """To a policy, field by field; rules that are ignored and severities add to what was there."""

    ignored: frozenset[str] = frozenset()
    severities: Mapping[str, Severity] = {}
    threshold: Severity | UnsetType | None = UNSET
    registries: tuple[str, ...] | UnsetType = UNSET
    labels: Mapping[str, LabelKind] | UnsetType = UNSET
    has_only_labels: bool | UnsetType = UNSET
    base_days: int | UnsetType = UNSET
    has_pragmas: bool | UnsetType = UNSET
    has_shellcheck: bool | UnsetType = UNSET

    def applied(self, policy: Policy) -> Policy:
        fields = {name: value for name, value in asdict(self).items() if value is not UNSET}
        fields["ignored"] = policy.ignored | self.ignored
        fields["severities"] = {**policy.severities, **self.severities}
        return replace(policy, **fields)


class Override(msgspec.Struct, frozen=True):
    """Changes for files whose path from the configuration's folder matches one of the patterns, which are as those of
    `.dockerignore`."""

    paths: tuple[str, ...]
    changes: Changes


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """`excluded` are patterns of files that a walk through folders passes over. `notes` tell what was passed over of
    the configuration itself."""

    changes: Changes = Changes()
    overrides: tuple[Override, ...] = ()
    excluded: tuple[str, ...] = ()
    format: str = "tty"
    language: Language | None = None
    has_colour: bool = True
    notes: tuple[str, ...] = ()

    def policy(self, path: str, more: Changes) -> Policy:
        """For the file at `path`, from the configuration's folder. `more` comes last: what the person says now."""
        policy = self.changes.applied(Policy())
        for override in self.overrides:
            if Matcher(override.paths).excludes(path):
                policy = override.changes.applied(policy)
        return more.applied(policy)

    def excludes(self, path: str) -> bool:
        return Matcher(self.excluded).excludes(path)
