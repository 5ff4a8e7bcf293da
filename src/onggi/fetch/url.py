"""URLs as people give them: what may be shown of one, whose credentials it has, what file it names."""

from __future__ import annotations

import base64
import posixpath
import re
from urllib.parse import SplitResult, unquote, urljoin, urlsplit, urlunsplit

from onggi.errors import Invalid

UNNAMED = "download"
"""What BuildKit calls a file for which neither the server nor the URL has a usable name (source/util/pathutil)."""

_PORTS = {"http": 80, "https": 443}
_USER_INFO = re.compile(r"(?<=://)[^/?#\s]*@")


def redacted(text: str) -> str:
    """A URL, or a message with URLs in it, without user names and passwords: a token may be either."""
    return _USER_INFO.sub("***@", text)


def split(url: str) -> SplitResult:
    """The parts of an absolute http or https URL; raises Invalid for anything else."""
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in _PORTS and parts.hostname and port(parts)
    except ValueError as error:
        raise Invalid(f"{redacted(url)} is no URL: {error}") from error
    if not is_usable:
        raise Invalid(f"{redacted(url)} is no http or https URL", hint="write it as in https://example.com/file.tar")
    return parts


def join(base: str, target: str) -> str:
    """Where a URL of the answer from `base` leads, which may be relative; raises Invalid."""
    try:
        return urljoin(base, target)
    except ValueError as error:
        raise Invalid(f"{redacted(target)} is no URL: {error}") from error


def port(parts: SplitResult) -> int:
    return parts.port or _PORTS[parts.scheme]


def server(parts: SplitResult) -> str:
    """The host as messages name it: with its port, where that is not the usual one."""
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return host if port(parts) == _PORTS[parts.scheme] else f"{host}:{port(parts)}"


def without_credentials(parts: SplitResult) -> str:
    """The URL that a server is asked for: no user, and no fragment, which is never sent."""
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))


def basic_authorization(parts: SplitResult) -> str:
    """The header's value for the user and password in a URL; "" if there are none (RFC 7617)."""
    if not parts.username and not parts.password:
        return ""
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def may_share_credentials(first: SplitResult, second: SplitResult) -> bool:
    """Whether what was meant for the first server may go to the second: it is the same one, or the same host on the
    usual ports with TLS instead of without."""
    here, there = (first.scheme, port(first)), (second.scheme, port(second))
    return first.hostname == second.hostname and (here == there or (here, there) == (("http", 80), ("https", 443)))


def file_name(url: str, disposition: str = "") -> str:
    """What to call the file: the Content-Disposition's name, else the last part of the URL's path (BuildKit,
    source/http)."""
    given = _disposition_name(disposition)
    if given and not given.endswith("/"):
        return _safe(posixpath.basename(given))
    return _safe(posixpath.basename(posixpath.normpath(unquote(urlsplit(url).path))))


def _disposition_name(disposition: str) -> str:
    """The header's file name, also in its extended and continued forms (RFC 6266, RFC 2231)."""
    if not disposition:
        return ""
    from email.message import Message
    from email.utils import collapse_rfc2231_value

    message = Message()
    message["Content-Disposition"] = disposition
    value = message.get_param("filename", "", "content-disposition")
    return collapse_rfc2231_value(value) if value else ""


def _safe(name: str) -> str:
    name = name.strip()
    return name if name not in ("", ".", "..", "/") and name.isprintable() else UNNAMED
