"""The options of `lint` that say what a project demands, named as hadolint's, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import reduce
from typing import Any, TypeVar

import click

from onggi.cli.command import in_section
from onggi.errors import Invalid
from onggi.lint.codes import is_known
from onggi.lint.config.config import Changes
from onggi.lint.policy import LabelKind
from onggi.lint.severity import Severity
from onggi.suggest import did_you_mean

_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])

_LEVELS = ("error", "warning", "info", "style")
_THRESHOLDS = (*_LEVELS, "ignore", "none")
_policy = in_section("What counts")

_OPTIONS = (
    _policy("--ignore", "ignored", multiple=True, metavar="CODE", help="Do not tell of this rule."),
    *(_policy(f"--{level}", multiple=True, metavar="CODE", help=f"Take this rule for {level}.") for level in _LEVELS),
    _policy(
        "-t",
        "--failure-threshold",
        "--threshold",
        "threshold",
        type=click.Choice(_THRESHOLDS),
        metavar="LEVEL",
        help="Exit with 1 for what is at least as bad: error, warning, info, style (which hadolint also calls none and "
        "ignore).  [default: info]",
    ),
    _policy("--no-fail", is_flag=True, help="Exit with 0 whatever is found."),
    _policy(
        "--trusted-registry",
        "registries",
        multiple=True,
        metavar="REGISTRY",
        help="FROM may name no others; see DL3026.",
    ),
    _policy(
        "--require-label",
        "labels",
        multiple=True,
        metavar="NAME:KIND",
        help="Images have this label, and it is a text, url, semver, rfc3339, spdx, hash or email.",
    ),
    _policy("--strict-labels", is_flag=True, help="Labels that are not required may not be there."),
    _policy("--disable-ignore-pragma", is_flag=True, help="Comments in a Dockerfile cannot switch rules off."),
    _policy("--shellcheck/--no-shellcheck", default=None, help="Have ShellCheck look at the scripts.  [default: yes]"),
)


def policy_options(command: _Decorated) -> _Decorated:
    return reduce(lambda decorated, option: option(decorated), reversed(_OPTIONS), command)


def changes(options: Mapping[str, Any]) -> Changes:
    """What the options change of a project's policy. Raises Invalid."""
    given: dict[str, Any] = {}
    if options["threshold"] is not None:
        given["threshold"] = Severity(options["threshold"]) if options["threshold"] in _LEVELS else Severity.STYLE
    if options["no_fail"]:
        given["threshold"] = None
    if options["registries"]:
        given["registries"] = options["registries"]
    if options["labels"]:
        given["labels"] = _labels(options["labels"])
    if options["strict_labels"]:
        given["has_only_labels"] = True
    if options["disable_ignore_pragma"]:
        given["has_pragmas"] = False
    if options["shellcheck"] is not None:
        given["has_shellcheck"] = options["shellcheck"]
    severities = {code: Severity(level) for level in _LEVELS for code in codes(options[level])}
    return Changes(ignored=frozenset(codes(options["ignored"])), severities=severities, **given)


def codes(texts: Sequence[str]) -> list[str]:
    """One in each option, or several with commas."""
    return [code for text in texts for part in text.split(",") if (code := part.strip())]


def unknown_codes(options: Mapping[str, Any], known: Collection[str]) -> list[str]:
    """What to tell of codes that no rule has."""
    return [
        f"--{name}: there is no rule {code}{did_you_mean(code, known)}"
        for name, field in (("ignore", "ignored"), *((level, level) for level in _LEVELS))
        for code in codes(options[field])
        if not is_known(code, known)
    ]


def _labels(texts: Sequence[str]) -> dict[str, LabelKind]:
    kinds = {kind.value: kind for kind in LabelKind}
    found: dict[str, LabelKind] = {}
    for text in texts:
        name, _, kind = text.rpartition(":")
        if not name or kind not in kinds:
            raise Invalid(
                f"--require-label {text} is not NAME:KIND{did_you_mean(kind, kinds) if name else ''}",
                hint=f"kinds are {', '.join(kinds)}",
            )
        found[name] = kinds[kind]
    return found
