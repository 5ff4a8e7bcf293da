"""KEY=value as people give it, on the command line and in files (docker/cli: opts and pkg/kvfile)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from onggi.cli import streams
from onggi.errors import Invalid

_BLANKS = " \t\n\v\f\r\x85\xa0"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_files(paths: Iterable[str], what: str, environ: Mapping[str, str]) -> list[str]:
    """The pairs of all of them, in order; `what` each is, for messages. Raises Invalid."""
    return [pair for path in paths for pair in parse_file(streams.read(path, what), path, environ)]


def parse_file(raw: bytes, path: str, environ: Mapping[str, str]) -> list[str]:
    """KEY=value lines. Blank lines and comments are left out; a KEY alone takes the caller's value, and is left out if
    there is none. Values are taken as they are, quotes and trailing blanks too. Raises Invalid with the line."""
    pairs = []
    for number, line in enumerate(raw.removeprefix(_BYTE_ORDER_MARK).splitlines(), start=1):
        try:
            text = line.decode().lstrip(_BLANKS)
        except UnicodeDecodeError as error:
            raise Invalid(f"{path}:{number}: this line is not UTF-8") from error
        if not text or text.startswith("#"):
            continue
        key, equals, value = text.partition("=")
        if not key:
            raise Invalid(f"{path}:{number}: no variable name before =")
        if any(blank in key for blank in _BLANKS):
            raise Invalid(
                f"{path}:{number}: variable {key!r} contains whitespace", hint="write KEY=value, no spaces around ="
            )
        if equals:
            pairs.append(f"{key}={value}")
        elif key in environ:
            pairs.append(f"{key}={environ[key]}")
    return pairs


def variables(files: Iterable[str], texts: Iterable[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """What --env-file and -e give together; files come first, so that -e has the last word. Raises Invalid."""
    return (*read_files(files, "file of variables", environ), *environment(texts, environ))


def environment(texts: Iterable[str], environ: Mapping[str, str]) -> list[str]:
    """What -e gives. A KEY alone takes the caller's value; if there is none it stays alone, which takes the image's
    variable of this name away."""
    pairs = []
    for text in texts:
        key, equals, _ = text.partition("=")
        if not key:
            raise Invalid(f"invalid environment variable: {text}", hint="write KEY=value, or KEY for your own value")
        pairs.append(text if equals or key not in environ else f"{key}={environ[key]}")
    return pairs


def labels(texts: Iterable[str], what: str = "label") -> dict[str, str]:
    """KEY=value, or KEY for an empty value; the last of one key counts. `what` each is, for messages."""
    found = {}
    for text in texts:
        key, _, value = text.partition("=")
        if not key.strip():
            raise Invalid(f"invalid {what}: {text!r}", hint="write KEY=value")
        found[key] = value
    return found


def build_arguments(texts: Iterable[str], environ: Mapping[str, str]) -> dict[str, str]:
    """KEY=value, or KEY for the caller's value; a KEY that the caller does not have is left out."""
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not key:
            raise Invalid(f"invalid build argument: {text!r}", hint="write KEY=value, or KEY for your own value")
        if equals:
            found[key] = value
        elif key in environ:
            found[key] = environ[key]
    return found
