from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from onggi.container.stdio import Stdio
from onggi.errors import Conflict
from onggi.linux import attach
from onggi.linux.attach import connect


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
