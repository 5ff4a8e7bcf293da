"""Images that stay for a while."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from onggi.engine.loan import Loan
from onggi.errors import Conflict
from onggi.image import random
from onggi.image.image import image_id
from onggi.oci import reference
from onggi.solve.ports import Abandoned
from onggi.store import gc
from onggi.store.store import Store

IMAGE = random.image(1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store") as opened:
        yield opened


def test_an_image_goes_with_the_loan(store: Store) -> None:
    with Loan(store) as loan:
        assert loan.take(IMAGE).id == loan.take(IMAGE).id == image_id(IMAGE)
        with pytest.raises(Conflict):
            store.images.remove(image_id(IMAGE))
        gc.prune_images(store)
        assert len(store.images.list()) == 1
    assert store.images.list() == []


def test_what_was_there_before_or_got_a_name_stays(store: Store) -> None:
    store.images.put(IMAGE)
    other = random.image(2)
    with Loan(store) as loan:
        loan.take(IMAGE)
        store.images.tag(loan.take(other).id, reference.parse("kept"))
    assert {each.id for each in store.images.list()} == {image_id(IMAGE), image_id(other)}


def test_what_another_has_begun_with_stays(store: Store) -> None:
    with store.lease() as lease:
        with Loan(store) as loan:
            store.images.get(loan.take(IMAGE).id, lease)
        assert len(store.images.list()) == 1


def test_nothing_is_lent_to_who_has_gone(store: Store) -> None:
    with Loan(store) as loan:
        pass
    with pytest.raises(Abandoned):
        loan.take(IMAGE)
    assert store.images.list() == []
