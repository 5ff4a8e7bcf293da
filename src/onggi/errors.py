"""The tree of meanings. Every error that reaches a person is one of these.

    OnggiError
      NotFound       the named thing does not exist
      Conflict       it exists but its state forbids the request (name taken, image in use, already running)
      Invalid        the request itself is wrong (a flag, a Dockerfile, a reference, a tar's structure)
      Unauthorized   credentials are missing or wrong
      Denied         the host or a policy does not let us (not root, cgroup not writable)
      Unavailable    something outside is not there now (disk full, registry down, no network)
      Unsupported    understood, but not something this version or this host does
      Corrupt        stored or received bytes are not what their digest or format says
      Failed         the person's own program ran and failed (a RUN step, a container)

Raise with one sentence that names the thing, and `hint=` with the way on. Adapters translate foreign errors at their
border with `raise … from error`.
"""

from __future__ import annotations


class OnggiError(Exception):
    """An error with a sentence for a person. `hint` says how to go on; it is shown on a line of its own."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message


class NotFound(OnggiError):
    """The named thing does not exist."""


class Conflict(OnggiError):
    """The thing exists, but its present state forbids the request."""


class Invalid(OnggiError):
    """The request or the input itself is wrong."""


class Unauthorized(OnggiError):
    """Credentials are missing or wrong."""


class Denied(OnggiError):
    """The host or a policy does not let us."""


class Unavailable(OnggiError):
    """Something outside is not there now; the same request may work later."""


class Unsupported(OnggiError):
    """Understood, but not something that this version or this host does."""


class Corrupt(OnggiError):
    """Bytes are not what their digest or their format says."""


class Failed(OnggiError):
    """The person's own program ran and failed; `exit_code` is what it returned."""

    def __init__(self, message: str, *, exit_code: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.exit_code = exit_code
