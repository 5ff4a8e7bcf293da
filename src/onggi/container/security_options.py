"""--security-opt, and SecurityOpt of Docker's API → the security of a container."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from onggi.boolean import parse_bool
from onggi.errors import Invalid, Unsupported

# What these switch off is not there to begin with.
_WITHOUT_EFFECT = {"apparmor": "unconfined", "label": "disable"}


def parse(options: Sequence[str], profile: Callable[[str], str]) -> dict[str, Any]:
    """The fields of Security that they set; the last word counts. `profile` finds the text of a seccomp profile by what
    stands for it. Raises Invalid, Unsupported, and what `profile` does."""
    fields: dict[str, Any] = {}
    for text in options:
        fields |= _option(text, profile)
    return fields


def _option(text: str, profile: Callable[[str], str]) -> dict[str, Any]:
    """The fields that one --security-opt sets."""
    key, _, value = text.partition("=" if "=" in text else ":")
    if _WITHOUT_EFFECT.get(key) == value:
        return {}
    if key in _WITHOUT_EFFECT:
        raise Unsupported(f"--security-opt {text}: onggi sets no {key} profile on containers")
    if key == "seccomp" and value:
        return {"seccomp": _SECCOMP.get(value) or profile(value)}
    fields = _OPTIONS[key](value) if key in _OPTIONS else None
    if fields is None:
        raise Invalid(
            f"unknown --security-opt: {text!r}",
            hint=f"it is one of {', '.join(_KNOWN)}",
        )
    return fields


def _switch(field: str) -> Callable[[str], dict[str, Any] | None]:
    def read(value: str) -> dict[str, Any] | None:
        on = parse_bool(value or "true")
        return None if on is None else {field: on}

    return read


def _system_paths(value: str) -> dict[str, Any] | None:
    return {"unmasked": True} if value == "unconfined" else None


_KNOWN = (
    "no-new-privileges",
    "seccomp=unconfined",
    "seccomp=FILE",
    "seccomp=builtin",
    "systempaths=unconfined",
    "writable-cgroups",
)
_SECCOMP = {"unconfined": "unconfined", "default": "default", "builtin": "default"}
# key → from its value the fields of Security, or None for a value that it does not take
_OPTIONS: Mapping[str, Callable[[str], dict[str, Any] | None]] = {
    "no-new-privileges": _switch("no_new_privileges"),
    "systempaths": _system_paths,
    "writable-cgroups": _switch("writable_cgroups"),
}
