"""What all our servers do alike."""

from __future__ import annotations

import asyncio
import threading

import pytest

from onggi.serving import Serving


class Broken(Serving):
    """It serves, and then something goes wrong."""

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        until_end = asyncio.create_task(self._until_end())
        await asyncio.sleep(0)
        until_end.cancel()
        raise ZeroDivisionError


def test_one_that_cannot_go_on_says_so() -> None:
    has_failed = threading.Event()
    with pytest.raises(ZeroDivisionError), Broken("broken", has_failed.set):
        assert has_failed.wait(60)


class Unable(Serving):
    """It cannot begin."""

    def _run(self) -> None:
        raise ZeroDivisionError


def test_one_that_cannot_begin_raises_it_at_once() -> None:
    with pytest.raises(ZeroDivisionError), Unable("unable", pytest.fail):
        pytest.fail("it has begun")
