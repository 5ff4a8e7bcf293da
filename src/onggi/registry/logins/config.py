"""Docker's config.json on disk: read by everything that asks a registry, written by login and logout.

Several programs may write it at once. Ours take turns, by a lock in a file beside it; the file is written beside its
place and renamed, so that a reader, Docker among them, sees it whole. A file that is a link is followed, and stays one.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from onggi.errors import Denied, Invalid, OnggiError, Unavailable
from onggi.registry.logins.accounts import spellings
from onggi.registry.logins.document import Document, parse
from onggi.registry.logins.helper import Helper
from onggi.registry.logins.login import HelperFailed, Login

_PRIVATE = 0o600


class LoginFile:
    """The logins of a file that is only read, such as podman's auth.json; it need not be there."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, account: str) -> Login | None:
        """Raises Invalid for a file that makes no sense, Denied for one that may not be read, HelperFailed."""
        document = self._read()
        helper = document.helper(account)
        if not helper:
            return document.get(account)
        with self._naming_itself():
            return Helper(helper).get(account)

    def _read(self) -> Document:
        try:
            return parse(self.path.read_bytes(), str(self.path))
        except FileNotFoundError:
            return Document(str(self.path))
        except OSError as error:
            raise _refused("read", self.path, error) from error

    @contextmanager
    def _naming_itself(self) -> Iterator[None]:
        """A helper that fails is one that this file names."""
        try:
            yield
        except HelperFailed as error:
            hint = f"{self.path} names it, in credsStore or credHelpers"
            raise HelperFailed(error.message, hint=hint) from error


class DockerConfig(LoginFile):
    """config.json in `folder`, as Docker keeps it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "config.json")

    def put(self, account: str, login: Login) -> Path | None:
        """Keep a login, with the helper of the account or in the file: the file, if the password can be read there.
        Raises as `get`, and Invalid for a user that the file cannot hold."""
        if ":" in login.username:
            raise Invalid(f"{login.username!r} is no user name: there is a colon in it")
        helper = self._read().helper(account)
        if helper:
            with self._naming_itself():
                Helper(helper).store(account, login)
        self._change(lambda document: document.with_entry(account, None if helper else login))
        return self.path if login.password and not helper else None

    def remove(self, account: str) -> bool:
        """Forget a login, with the helper and in the file, in whatever spelling it was kept; whether there was one.
        Raises as `get`."""
        document = self._read()
        names = spellings(document.auths, account)
        helper = document.helper(account)
        was_kept = any(name in document.auths for name in names)
        if helper:
            with self._naming_itself():
                was_kept = _erase(Helper(helper), names) or was_kept
        self._change(lambda document: document.without(account))
        return was_kept

    def _change(self, change: Callable[[Document], Document]) -> None:
        document = self._read()
        if change(document).auths == document.auths and self._is_private():
            return
        path = os.path.realpath(self.path)
        try:
            os.makedirs(self.path.parent, 0o700, exist_ok=True)
            with _alone(path):
                _replace(path, change(self._read()).encode())
        except OSError as error:
            raise _refused("write", self.path, error) from error

    def _is_private(self) -> bool:
        try:
            return not self.path.stat().st_mode & 0o077
        except FileNotFoundError:
            return True


def _erase(helper: Helper, names: tuple[str, ...]) -> bool:
    """Whether one of these names was known to it."""
    kept = [name for name in names if helper.get(name) is not None]
    for name in kept:
        helper.erase(name)
    return bool(kept)


@contextmanager
def _alone(path: str) -> Iterator[None]:
    """The lock is a file of its own, since `path` is replaced, and it stays: whoever waits for it has it open."""
    descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace(path: str, data: bytes) -> None:
    """Nobody else may read it, whatever mode it had; an owner's own mode may be less than that."""
    draft = f"{path}.{os.urandom(8).hex()}"
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE), "wb") as file:
            file.write(data)
            with suppress(FileNotFoundError):
                _make_like(file.fileno(), os.stat(path))
            file.flush()
            os.fsync(file.fileno())
        os.rename(draft, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(draft)
        raise


def _make_like(file: int, old: os.stat_result) -> None:
    with suppress(PermissionError):  # it is another user's, and becomes ours
        os.fchown(file, old.st_uid, old.st_gid)
    os.fchmod(file, old.st_mode & _PRIVATE)


def _refused(verb: str, path: Path, error: OSError) -> OnggiError:
    kind = Denied if isinstance(error, PermissionError) else Unavailable
    return kind(
        f"cannot {verb} {path}: {error.strerror}", hint="DOCKER_CONFIG and REGISTRY_AUTH_FILE say where logins are kept"
    )
