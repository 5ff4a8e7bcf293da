"""onggi's errors → how a call ends."""

from __future__ import annotations

from collections.abc import Mapping

from onggi import errors
from onggi.api.buildkit import status
from onggi.api.buildkit.status import CallError
from onggi.errors import OnggiError

_CODES: Mapping[type[OnggiError], int] = {
    errors.NotFound: status.NOT_FOUND,
    errors.Conflict: status.FAILED_PRECONDITION,
    errors.Invalid: status.INVALID_ARGUMENT,
    errors.Unauthorized: status.PERMISSION_DENIED,
    errors.Denied: status.PERMISSION_DENIED,
    errors.Unavailable: status.UNAVAILABLE,
    errors.Unsupported: status.UNIMPLEMENTED,
}


def of_error(error: OnggiError) -> CallError:
    code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), status.UNKNOWN)
    message = f"{error.message} ({error.hint})" if error.hint else error.message
    return CallError(code, message)
