"""Credential helpers: programs called `docker-credential-NAME` that keep logins in a keychain or make them for a cloud.

The protocol is of docker-credential-helpers: one word as the argument (get, store, erase, list), the account or JSON on
standard input, JSON or a sentence on standard output. What a helper says on standard error goes where ours goes: some
ask there for a password of their own.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import msgspec

from onggi.decoders import decoder
from onggi.errors import Invalid
from onggi.registry.logins.login import HelperFailed, Login

T = TypeVar("T")

_NOT_FOUND = "credentials not found in native keychain"
_TOKEN_USERNAME = "<token>"  # the secret is an identity token
_LIMIT = 1 << 20  # bytes of an answer
_SHOWN = 200  # characters of what a helper says of a failure
_SECONDS = 60.0  # enough for a person to unlock a keychain


class _Credentials(msgspec.Struct, frozen=True):
    account: str = msgspec.field(default="", name="ServerURL")
    username: str = msgspec.field(default="", name="Username")
    secret: str = msgspec.field(default="", name="Secret")


class Helper:
    """The helper of that name; `seconds` is how long an answer may take. All raises HelperFailed for a program that is
    not there, fails, or answers something else."""

    def __init__(self, name: str, seconds: float = _SECONDS) -> None:
        self.program = f"docker-credential-{name}"
        self._seconds = seconds

    def get(self, account: str) -> Login | None:
        code, said = self._run("get", account.encode())
        if code and said.strip() == _NOT_FOUND.encode():
            return None
        self._check("get", code, said)
        found = self._decode(said, _Credentials)
        if found.username == _TOKEN_USERNAME:
            return Login(identity_token=found.secret)
        return Login(found.username, found.secret) if found.username or found.secret else None

    def store(self, account: str, login: Login) -> None:
        username, secret = login.username, login.password
        if login.identity_token:
            username, secret = _TOKEN_USERNAME, login.identity_token
        try:
            said = msgspec.json.encode(_Credentials(account, username, secret))
        except UnicodeEncodeError as error:
            raise Invalid(f"{self.program} takes only text as user and password, not other bytes") from error
        self._check("store", *self._run("store", said))

    def erase(self, account: str) -> None:
        self._check("erase", *self._run("erase", account.encode()))

    def list(self) -> dict[str, str]:
        """The accounts that it keeps logins for, each with its user."""
        code, said = self._run("list", b"")
        self._check("list", code, said)
        return self._decode(said, dict[str, str])

    def _check(self, action: str, code: int, said: bytes) -> None:
        if code:
            words = " ".join(said.decode("utf-8", "replace").split())[:_SHOWN] or f"exit code {code}"
            raise HelperFailed(f"{self.program} {action} failed: {words}")

    def _decode(self, said: bytes, kind: type[T]) -> T:
        try:
            return decoder(kind).decode(said)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            # What was said instead may have a secret in it.
            raise HelperFailed(f"{self.program} answered something that is no login") from error

    def _run(self, action: str, question: bytes) -> tuple[int, bytes]:
        """Exit code and answer."""
        ends = time.monotonic() + self._seconds
        with _in_memory(question) as stdin, self._started(action, stdin) as process:
            try:
                said = self._read(process, ends)
                return process.wait(max(ends - time.monotonic(), 0)), said
            except (_Late, subprocess.TimeoutExpired) as error:
                raise HelperFailed(f"{self.program} {action} did not answer for {self._seconds:g} seconds") from error

    @contextmanager
    def _started(self, action: str, stdin: int) -> Iterator[subprocess.Popen[bytes]]:
        """The program, in a group of its own, which is ended where its answer is not waited for."""
        if "/" in self.program:
            raise HelperFailed(f"{self.program} is not the name of a program")
        try:
            process = subprocess.Popen([self.program, action], stdin=stdin, stdout=subprocess.PIPE, process_group=0)
        except FileNotFoundError as error:
            raise HelperFailed(f"{self.program} is not installed") from error
        except OSError as error:
            raise HelperFailed(f"{self.program} does not start: {error.strerror}") from error
        with process:
            try:
                yield process
            except BaseException:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise

    def _read(self, process: subprocess.Popen[bytes], ends: float) -> bytes:
        assert process.stdout is not None
        said = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while True:
                if not selector.select(max(ends - time.monotonic(), 0)):
                    raise _Late
                chunk = os.read(process.stdout.fileno(), _LIMIT)
                if not chunk:
                    return bytes(said)
                said += chunk
                if len(said) > _LIMIT:
                    raise HelperFailed(f"{self.program} answered more than {_LIMIT} bytes")


class _Late(Exception):
    pass


@contextmanager
def _in_memory(data: bytes) -> Iterator[int]:
    """A file that is on no disk: it may hold a password, and whoever is to read it may not do so."""
    descriptor = os.memfd_create("login", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, data)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)
