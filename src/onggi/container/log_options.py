"""A container's log: which options a driver has, and what its monitor and its readers are told.

As in Docker (moby, daemon/logger: factory.go, loginfo.go, jsonfilelog, local), but for what is not asked for: then the
driver is `local`, and it keeps 10 MB in each of three files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import get_args

import msgspec

from onggi import patterns
from onggi.amounts import bytes_of
from onggi.boolean import parse_bool
from onggi.container.spec import ContainerSpec, LogConfig, LogDriver
from onggi.errors import Invalid, Unsupported

DRIVERS: tuple[LogDriver, ...] = get_args(LogDriver)
DEFAULT: LogDriver = "local"
_ELSEWHERE = ("awslogs", "etwlogs", "fluentd", "gcplogs", "gelf", "journald", "splunk", "syslog")
"""Docker's drivers that send a log away."""
_UNSAID: Mapping[LogDriver, Mapping[str, str]] = {
    "local": {"max-size": "10m", "max-file": "3", "compress": "true"},
    "json-file": {"max-file": "1", "compress": "false"},
    "none": {},
}
_NON_BLOCKING = "non-blocking"
_MODES = ("blocking", _NON_BLOCKING)
_BUFFER = "max-buffer-size"
_FIELD = re.compile(r"\{\{([^{}]*+)\}\}")


def driver(name: str) -> LogDriver:
    """The driver of that name. Raises Invalid, or Unsupported for one of Docker's that is not here."""
    if name in _ELSEWHERE:
        raise Unsupported(
            f"the log driver {name} is not there: onggi keeps logs in files",
            hint="those of json-file are in the form that other programs read and send on",
        )
    for known in DRIVERS:
        if name == known:
            return known
    from onggi.suggest import did_you_mean

    raise Invalid(f"there is no log driver {name!r}{did_you_mean(name, DRIVERS)}", hint=f"use {', '.join(DRIVERS)}")


def decided(asked: LogConfig) -> LogConfig:
    """With its driver. Raises Invalid or Unsupported for options that it does not have."""
    config = LogConfig(asked.driver or DEFAULT, asked.options)
    if config.driver == "none":  # which may be asked anything, as in Docker
        return config
    for key, text in config.options.items():
        if key not in _CHECKS:
            from onggi.suggest import did_you_mean

            raise Invalid(
                f"unknown log opt '{key}' for {config.driver} log driver{did_you_mean(key, _CHECKS)}",
                hint=f"its options are {', '.join(_CHECKS)}",
            )
        _CHECKS[key](text)
    if _BUFFER in config.options and config.options.get("mode") != _NON_BLOCKING:
        raise Invalid(f"{_BUFFER} option is only supported with 'mode={_NON_BLOCKING}'")
    said = _said(config)
    if parse_bool(config.options.get("compress", "")) and (int(said["max-file"]) < 2 or "max-size" not in said):
        raise Invalid(
            "compress cannot be true when max-file is less than 2 or max-size is not set",
            hint="only files that are full are compressed: add --log-opt max-size=10m --log-opt max-file=3",
        )
    return config


def for_journal(spec: ContainerSpec, id: str, name: str) -> tuple[str, dict[str, str]]:
    """Driver and options as the monitor's journal takes them. The log of a container that is removed when it ends is
    not compressed for nobody."""
    config = decided(spec.log)
    said = _said(config)
    options = {}
    if "max-size" in said:
        options["max-size"] = str(bytes_of(said["max-size"], 1000))
    if "max-file" in said:
        options["max-file"] = said["max-file"]
        options["compress"] = "true" if parse_bool(said["compress"]) and not spec.auto_remove else "false"
    if config.driver == "json-file" and (attributes := attributes_of(spec, id, name)):
        options["attrs"] = msgspec.json.encode(attributes).decode()
    return config.driver, options


def attributes_of(spec: ContainerSpec, id: str, name: str) -> dict[str, str]:
    """What labels, env and tag say about each line."""
    options = spec.log.options
    environment = dict(text.split("=", 1) for text in spec.process.environment if "=" in text)
    found = {
        **_chosen(spec.labels, options.get("labels", ""), options.get("labels-regex")),
        **_chosen(environment, options.get("env", ""), options.get("env-regex")),
    }
    if tag := options.get("tag", ""):
        fields = _tag_fields(spec, id, name)
        found["tag"] = _FIELD.sub(lambda field: fields[field[1].strip()], tag)
    return dict(sorted(found.items()))


def _said(config: LogConfig) -> dict[str, str]:
    return {**_UNSAID[config.driver or DEFAULT], **config.options}


def _chosen(pairs: Mapping[str, str], names: str, pattern: str | None) -> dict[str, str]:
    wanted = names.split(",")
    return {
        key: value
        for key, value in pairs.items()
        if key in wanted or (pattern is not None and patterns.found(pattern, key))
    }


def _tag_fields(spec: ContainerSpec, id: str, name: str) -> dict[str, str]:
    image_id = spec.image_id.removeprefix("sha256:")
    return {
        ".ID": id[:12],
        ".FullID": id,
        ".Name": name,
        ".ImageID": image_id[:12],
        ".ImageFullID": image_id,
        ".ImageName": spec.image,
    }


def _check_size(option: str, text: str) -> None:
    try:
        size = bytes_of(text, 1000)
    except Invalid as error:
        raise Invalid(f"{option}={text}: {error.message}", hint=error.hint) from error
    if size <= 0:
        raise Invalid(f"{option} must be a positive number", hint=f"write for example {option}=10m")


def _check_count(text: str) -> None:
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise Invalid(
            f"max-file={text}: it is how many files there are, at least 1", hint="write for example max-file=3"
        )


def _check_truth(text: str) -> None:
    if parse_bool(text) is None:
        raise Invalid(f"compress={text}: it is neither true nor false")


def _check_pattern(text: str) -> None:
    try:
        patterns.require_valid(text)
    except Invalid as error:
        raise Invalid(f"{text!r} is not a regular expression: {error.message}") from error


def _check_tag(text: str) -> None:
    known = _tag_fields(ContainerSpec(image=""), "", "")
    for field in map(str.strip, _FIELD.findall(text)):
        if field not in known:
            raise Invalid(f"tag={text}: there is no {{{{{field}}}}}", hint=f"there are {_braced(known)}")


def _braced(fields: Iterable[str]) -> str:
    return ", ".join(f"{{{{{field}}}}}" for field in fields)


def _check_mode(text: str) -> None:
    """Of a log in a file both are the same: it holds nobody up, and loses nothing."""
    if text not in _MODES:
        raise Invalid(f"logging mode not supported: {text}", hint=f"use {' or '.join(_MODES)}")


def _anything(text: str) -> None:
    """Names of what may be there or not."""


_CHECKS: Mapping[str, Callable[[str], None]] = {
    "max-size": partial(_check_size, "max-size"),
    "max-file": _check_count,
    "compress": _check_truth,
    "labels": _anything,
    "labels-regex": _check_pattern,
    "env": _anything,
    "env-regex": _check_pattern,
    "tag": _check_tag,
    "mode": _check_mode,
    _BUFFER: partial(_check_size, _BUFFER),
}
