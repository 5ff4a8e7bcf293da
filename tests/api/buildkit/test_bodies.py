"""A context that comes by another request than its build."""

from __future__ import annotations

import io
import threading

import pytest

from onggi.api.buildkit.bodies import Bodies
from onggi.errors import Invalid, NotFound
from onggi.solve.ports import Abandoned, Cancel


def test_a_context_by_another_request() -> None:
    bodies, cancel = Bodies(), Cancel()
    offers = threading.Thread(target=bodies.offer, args=("a", io.BytesIO(b"tar"), cancel))
    offers.start()
    with bodies.take("a") as body:
        assert body.read() == b"tar"
        assert offers.is_alive()
    offers.join()


def test_a_context_that_nobody_waits_for_any_more() -> None:
    bodies, cancel = Bodies(patience=0), Cancel()
    cancel.set()
    with pytest.raises(Abandoned):
        bodies.offer("a", io.BytesIO(), cancel)
    with pytest.raises(NotFound, match="no build a"):
        bodies.offer("a", io.BytesIO(), Cancel())
    with pytest.raises(NotFound, match="the build a"), bodies.take("a"):
        pass


def test_contexts_of_builds_without_a_name_are_not_mistaken_for_each_other() -> None:
    with pytest.raises(Invalid, match="names its build"):
        Bodies().offer("", io.BytesIO(), Cancel())
    with pytest.raises(Invalid, match="names its build"), Bodies().take(""):
        pass


def test_a_context_whose_client_goes() -> None:
    bodies, cancel = Bodies(), Cancel()
    seen: list[type[BaseException]] = []

    def offer() -> None:
        try:
            bodies.offer("a", io.BytesIO(), cancel)
        except Abandoned:
            seen.append(Abandoned)

    offers = threading.Thread(target=offer)
    offers.start()
    with bodies.take("a"):
        cancel.set()
        offers.join()
    assert seen == [Abandoned]
