"""How a failure travels from a bare process to the client: as (class name, sentence, hint, exit code), marshalled.

marshal, because both ends are the same interpreter, and json would cost each monitor 7 ms and more than a megabyte.
"""

from __future__ import annotations

import errno
import marshal

from onggi import errors

_MEANING = {
    errno.EPERM: errors.Denied,
    errno.EACCES: errors.Denied,
    errno.EROFS: errors.Denied,
    errno.ENOENT: errors.NotFound,
    errno.ENOSYS: errors.Unsupported,
    errno.ENODEV: errors.Unsupported,
    errno.EOPNOTSUPP: errors.Unsupported,
    errno.EINVAL: errors.Invalid,
    errno.ENOTDIR: errors.Invalid,
    errno.EISDIR: errors.Invalid,
    errno.ELOOP: errors.Invalid,
    errno.EBUSY: errors.Conflict,
}


def explain(doing: str, error: OSError) -> errors.OnggiError:
    """The error of our tree that says what was being done and what the kernel answered."""
    return _MEANING.get(error.errno or 0, errors.Unavailable)(f"{doing}: {error.strerror}")


def encode(error: errors.OnggiError) -> bytes:
    exit_code = error.exit_code if isinstance(error, errors.Failed) else 0
    return marshal.dumps((type(error).__name__, error.message, error.hint, exit_code))


def decode(data: bytes) -> errors.OnggiError:
    name, message, hint, exit_code = marshal.loads(data)
    if name == "Failed":
        return errors.Failed(message, exit_code=exit_code, hint=hint)
    kind: type[errors.OnggiError] = getattr(errors, name)
    return kind(message, hint=hint)
