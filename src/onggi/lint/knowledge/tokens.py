"""Secrets that are told by their form: keys and tokens that begin with the mark of who gave them out, with the length
that they have, and passwords in URLs. Stricter than what `dockerfile.secrecy` keeps out of messages: a finding has to
be right."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from onggi.lint.pattern import Pattern
from onggi.lint.violation import Text


class Token(msgspec.Struct, frozen=True):
    """What it is, and where in the text: text[start:end]."""

    kind: Text
    start: int
    end: int


_KINDS = {
    "aws": Text("an AWS access key", "AWS 액세스 키"),
    "github": Text("a GitHub token", "GitHub 토큰"),
    "gitlab": Text("a GitLab token", "GitLab 토큰"),
    "npm": Text("an npm token", "npm 토큰"),
    "pypi": Text("a PyPI token", "PyPI 토큰"),
    "docker": Text("a Docker token", "Docker 토큰"),
    "slack": Text("a Slack token", "Slack 토큰"),
    "google": Text("a Google API key", "Google API 키"),
    "stripe": Text("a Stripe key", "Stripe 키"),
    "ai": Text("an API key", "API 키"),
    "jwt": Text("a JSON Web Token", "JSON 웹 토큰(JWT)"),
    "key": Text("a private key", "개인 키"),
    "url": Text("a password in a URL", "URL에 적힌 비밀번호"),
}
_TOKEN = Pattern(
    r"""
      \b(?P<aws>A(?:KI|SI)A[A-Z2-7]{16})\b
    | \b(?P<github>gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})
    | \b(?P<gitlab>glpat-[A-Za-z0-9_-]{20,})
    | \b(?P<npm>npm_[A-Za-z0-9]{36})\b
    | \b(?P<pypi>pypi-AgE[A-Za-z0-9_-]{40,})
    | \b(?P<docker>dckr_pat_[A-Za-z0-9_-]{20,})
    | \b(?P<slack>xox[abprs]-[0-9]+-[A-Za-z0-9-]{10,})
    | \b(?P<google>AIza[A-Za-z0-9_-]{35})
    | \b(?P<stripe>[sr]k_live_[A-Za-z0-9]{20,})
    | \b(?P<ai>sk-(?:ant-|proj-)[A-Za-z0-9_-]{30,}|sk-[A-Za-z0-9]{40,})
    | \b(?P<jwt>eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})
    | (?P<key>-----BEGIN\ [A-Z ]*PRIVATE\ KEY-----)
    | ://(?P<user>[^/\s:@'"$]*):(?P<url>[^/\s@'"$<>{}*%]{4,})(?=@[\w.-])
    """,
    re.VERBOSE,
)
_PLACEHOLDER = Pattern(
    r".*(?:example|changeme|change-me|placeholder|dummy|x{6,}|0{8,}|1234567).*|(?:user|pass|password|passwd|secret|token)\d*",
    re.IGNORECASE,
)


def tokens(text: str) -> Iterator[Token]:
    """Those that are no placeholders: a password that is the user's name, or says that it is to be changed."""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if not _PLACEHOLDER.fullmatch(match[kind]) and match[kind] != match["user"]:
            yield Token(_KINDS[kind], match.start(kind), match.end(kind))
