"""Git repositories as people name them: `URL#ref:subfolder`, `URL?ref=…&subdir=…`, user@host:path, github.com/… .

The forms are BuildKit's (util/gitutil, frontend/dockerfile/dfgitutil), with two differences, both against mistaking a
file for a repository: the scp form needs its user, and a local path or file:// is none.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

import msgspec

from onggi.boolean import parse_bool
from onggi.errors import Invalid
from onggi.fetch.url import redacted

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_HEX = re.compile(r"[0-9a-f]+")
_SCHEME = re.compile(r"(https?|ssh|git)://", re.IGNORECASE)
_SCP = re.compile(r"(?P<place>[\w-]+@[\w.-]+:[^?#]*)(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?", re.ASCII)
_SHORT = "github.com/"
_FLAGS = ("keep-git-dir", "submodules")  # true where no value is given
_KEYS = ("ref", "tag", "branch", "subdir", "checksum", *_FLAGS)
_SYNONYMS = {"commit": "checksum"}


class GitAddress(msgspec.Struct, frozen=True, kw_only=True):
    """What of which repository.

    url: what git is given. ref: a branch, a tag, a full commit ID or refs/…; "" is the default branch. subfolder: what
    becomes the root, "." is all. checksum: what the commit's ID, or the tag's, must begin with. keep_git_dir,
    submodules: None where the address does not say.
    """

    url: str
    ref: str = ""
    subfolder: str = "."
    checksum: str = ""
    keep_git_dir: bool | None = None
    submodules: bool | None = None

    @property
    def name(self) -> str:
        """What people call the repository."""
        return re.split(r"[/:]", self.url.rstrip("/"))[-1].removesuffix(".git")

    def __str__(self) -> str:
        return redacted(self.url) + (f"#{self.ref}" if self.ref else "")


def is_commit(text: str) -> bool:
    """Whether it is a whole commit ID (SHA-1 or SHA-256), which no server needs to be asked about."""
    return _COMMIT.fullmatch(text) is not None


def is_git_address(text: str) -> bool:
    """Whether it names a repository: not whether there is one, nor whether what follows its URL is right. A URL of http
    or https does if its path ends with .git."""
    if _SCHEME.match(text):
        scheme, _, rest = text.partition("://")
        path = re.split(r"[?#]", rest, maxsplit=1)[0]
        return scheme.lower() in ("ssh", "git") or path.endswith(".git")
    return text.startswith(_SHORT) or _SCP.fullmatch(text) is not None


def parse(text: str) -> GitAddress:
    """Raises Invalid for what is_git_address does not take, and for wrong or contradicting options."""
    if not is_git_address(text) or not text.isprintable():
        raise Invalid(
            f"{redacted(text)!r} names no git repository", hint="write it as in https://example.com/repository.git"
        )
    url, query, fragment = _parts(f"https://{text}" if text.startswith(_SHORT) else text)
    options = _options(text, query)
    ref, _, subfolder = fragment.partition(":")
    tag, branch = options.get("tag"), options.get("branch")
    refs = (ref, options.get("ref"), tag and _in_full("refs/tags/", tag), branch and _in_full("refs/heads/", branch))
    checksum = options.get("checksum", "").lower()
    if checksum and not _HEX.fullmatch(checksum):
        raise _wrong(text, f"a checksum is the commit's ID in hex digits, not {checksum!r}")
    chosen = _only(text, "refs", refs) or checksum
    if chosen.startswith("-"):
        raise _wrong(text, f"{chosen} is no ref")
    return GitAddress(
        url=url,
        ref=chosen,
        subfolder=_relative(_only(text, "subfolders", (subfolder, options.get("subdir")))),
        checksum=checksum,
        keep_git_dir=_boolean(text, "keep-git-dir", options),
        submodules=_boolean(text, "submodules", options),
    )


def _wrong(text: str, words: str, hint: str = "") -> Invalid:
    return Invalid(f"{redacted(text)}: {words}", hint=hint)


def _in_full(folder: str, name: str) -> str:
    return folder + name.removeprefix(folder)


def _relative(subfolder: str) -> str:
    return posixpath.normpath("/" + subfolder).lstrip("/") or "."


def _only(text: str, what: str, values: Iterable[str | None]) -> str:
    different = list(dict.fromkeys(value for value in values if value))
    if len(different) > 1:
        raise _wrong(text, f"two different {what}, {' and '.join(different[:2])}")
    return different[0] if different else ""


def _options(text: str, query: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        key = _SYNONYMS.get(key, key)
        if key not in _KEYS:
            raise _wrong(text, f"unknown option {key!r}", "there are " + ", ".join(_KEYS))
        if key in options:
            raise _wrong(text, f"{key} is given twice")
        if not value and key not in _FLAGS:
            raise _wrong(text, f"{key} has no value")
        options[key] = value
    return options


def _boolean(text: str, key: str, options: dict[str, str]) -> bool | None:
    if key not in options:
        return None
    found = parse_bool(options[key] or "true")
    if found is None:
        raise _wrong(text, f"{key} is true or false, not {options[key]!r}")
    return found


def _parts(text: str) -> tuple[str, str, str]:
    """URL, query and fragment."""
    if scp := _SCP.fullmatch(text):
        return scp["place"], scp["query"] or "", scp["fragment"] or ""
    try:
        parts: SplitResult = urlsplit(text)
        is_usable = parts.hostname and parts.port != 0 and parts.path.strip("/")
    except ValueError as error:
        raise Invalid(f"{redacted(text)} is no URL: {error}") from error
    # git would take what begins with a dash for an option of ssh.
    if not is_usable or parts.netloc.startswith("-") or (parts.hostname or "").startswith("-"):
        raise Invalid(f"{redacted(text)} names no host and path of a repository")
    return urlunsplit(parts._replace(query="", fragment="")), parts.query, unquote(parts.fragment)
