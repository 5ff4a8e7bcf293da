from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from onggi.container.stdio import Stdio
from onggi.errors import Conflict, Invalid
from onggi.linux import attach
from onggi.linux.attach import connect, detach_sequence


@pytest.mark.parametrize(
    ("text", "sequence"),
    [("ctrl-p,ctrl-q", b"\x10\x11"), ("a,ctrl-@,ctrl-[", b"a\x00\x1b"), ("ctrl-\\", b"\x1c"), ("", b"")],
)
def test_detach_keys(text: str, sequence: bytes) -> None:
    assert detach_sequence(text) == sequence


@pytest.mark.parametrize("text", ["ctrl-", "ctrl-pp", "ctrl-1", "alt-x", "ab", "a,,b"])
def test_keys_that_are_none(text: str) -> None:
    with pytest.raises(Invalid, match="invalid detach key"):
        detach_sequence(text)


def test_a_container_that_does_not_run(tmp_path: object) -> None:
    with pytest.raises(Conflict, match="not running"):
        connect(str(tmp_path))


def test_no_signal_is_lost_while_the_handlers_are_put_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = signal.signal

    def install_and_send(number: int, handler: Any) -> Any:
        before = installed(number, handler)
        if handler is attach._wake_only:
            signal.raise_signal(number)
        return before

    ours, its = attach.pair()
    with ours, its:
        session = attach._Session("/nowhere", ours, Stdio(), b"")
        with monkeypatch.context() as patched:
            patched.setattr(signal, "signal", install_and_send)
            with attach._signals(session):
                seen = os.read(session.wakeup, 64)
        session.close()
    assert set(seen) == {*attach.PROXIED, signal.SIGWINCH}
