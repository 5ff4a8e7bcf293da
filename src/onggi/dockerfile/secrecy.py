"""What looks like a secret: by its name (as BuildKit's check SecretsUsedInArgOrEnv has it), or by itself."""

from __future__ import annotations

import re

_NAME = r"(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)"
_HARMLESS = r"(?:_|^)(?:public|file|version)(?:_|$)"
# The password of a URL; keys and tokens that begin with the mark of who gave them out; a JSON Web Token.
_VALUE = (
    r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
    r"|\b(?:gh[pousr]_|github_pat_|glpat-|npm_|pypi-|xox[abprs]-|sk-|AKIA|ASIA)[A-Za-z0-9_\-]{12,}"
    r"|\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?"
)
_HIDDEN = "***"


def is_secret_name(name: str) -> bool:
    """Whether a variable of that name would hold something that nobody else should read."""
    return bool(re.search(_NAME, name, re.IGNORECASE)) and not re.search(_HARMLESS, name, re.IGNORECASE)


def redact(text: str) -> str:
    """`text` with `***` in place of what looks like a password, a key or a token."""
    return re.sub(_VALUE, _HIDDEN, text)
