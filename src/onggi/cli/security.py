"""--security-opt → the security of a container."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from onggi.boolean import parse_bool
from onggi.cli import streams
from onggi.errors import Invalid, Unsupported

# What these switch off is not there to begin with.
_WITHOUT_EFFECT = {"apparmor": "unconfined", "label": "disable"}


def parse(options: Sequence[str]) -> dict[str, Any]:
    """The fields of Security that they set; the last word counts. Raises Invalid, also for a profile that cannot be
    read, and Unsupported."""
    fields: dict[str, Any] = {}
    for text in options:
        fields |= _option(text)
    return fields


def _option(text: str) -> dict[str, Any]:
    """The fields that one --security-opt sets."""
    key, _, value = text.partition("=" if "=" in text else ":")
    if _WITHOUT_EFFECT.get(key) == value:
        return {}
    if key in _WITHOUT_EFFECT:
        raise Unsupported(f"--security-opt {text}: onggi sets no {key} profile on containers")
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


def _seccomp(value: str) -> dict[str, Any] | None:
    if not value:
        return None
    return {"seccomp": _SECCOMP.get(value) or _read_profile(value)}


def _system_paths(value: str) -> dict[str, Any] | None:
    return {"unmasked": True} if value == "unconfined" else None


def _read_profile(path: str) -> str:
    try:
        return streams.read(path, "seccomp profile").decode()
    except UnicodeDecodeError as error:
        raise Invalid(f"the seccomp profile {path} is not UTF-8 text") from error


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
    "seccomp": _seccomp,
    "systempaths": _system_paths,
    "writable-cgroups": _switch("writable_cgroups"),
}
