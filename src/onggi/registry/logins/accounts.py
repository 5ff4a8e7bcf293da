"""The names that logins are kept under. A key of Docker's file stands for a registry in more than one spelling: with or
without a scheme, with the path of an API, and, since Docker 29, with stars for parts of a host."""

from __future__ import annotations

import re
from collections.abc import Iterable

from onggi.errors import Invalid
from onggi.oci.reference import parse
from onggi.registry.place import DOCKER_ACCOUNT, DOCKER_HOST

_DOCKER_NAMES = ("docker.io", "index.docker.io", DOCKER_HOST)
_API_PATHS = ("", "/", "/v1", "/v1/", "/v2", "/v2/")


def account_named(server: str) -> str:
    """The account of what a person, or a key, calls a registry."""
    host = _split(server)[0]
    return DOCKER_ACCOUNT if host in _DOCKER_NAMES else host


def check_account(account: str) -> None:
    """Raises Invalid for an account that is no registry's, so that no image's name could lead to it."""
    if account == DOCKER_ACCOUNT:
        return
    try:
        is_named = parse(f"{account}/image").domain == account
    except Invalid:
        is_named = False
    if not is_named:
        raise Invalid(
            f"{account!r} is not the name of a registry", hint="write it as in the names of its images: host[:port]"
        )


def domain_of(account: str) -> str:
    """The registry, as the names of its images begin."""
    return _DOCKER_NAMES[0] if account == DOCKER_ACCOUNT else account


def find(keys: Iterable[str], account: str) -> str | None:
    """The key that stands for an account: its own name, else another spelling of it, else the closest pattern."""
    known = set(keys)
    if account in known:
        return account
    # A key of a part of a registry, which podman may write, is good for the whole where there is none for that.
    spellings = [key for key in known if account_named(key) == account]
    if spellings:
        return min(spellings, key=lambda key: (not _is_whole(key), len(key), key))
    patterns = [key for key in known if _is_match(key, account)]
    return min(patterns, key=lambda key: (key.count("*") - len(key), key), default=None)


def spellings(keys: Iterable[str], account: str) -> tuple[str, ...]:
    """All names under which a login for the whole registry may be kept, in a file with these keys or elsewhere."""
    host = domain_of(account)
    usual = _DOCKER_NAMES[:2] if account == DOCKER_ACCOUNT else (f"http://{host}", f"https://{host}")
    found = (key for key in keys if _is_whole(key) and account_named(key) == account)
    return tuple(dict.fromkeys((account, *usual, *found)))


def _is_whole(key: str) -> bool:
    return _split(key)[1] in _API_PATHS


def _split(key: str) -> tuple[str, str]:
    """Host and path; a scheme is left out."""
    host, slash, path = key.rpartition("://")[2].partition("/")
    return host, slash + path


def _is_match(pattern: str, host: str) -> bool:
    """A star stands for any characters of one label; the last two labels have none."""
    labels = pattern.split(".")
    if "*" not in pattern or "/" in pattern or len(labels) < 3 or "*" in "".join(labels[-2:]):
        return False
    return re.fullmatch(re.escape(pattern).replace(r"\*", r"[^./]*"), host) is not None
