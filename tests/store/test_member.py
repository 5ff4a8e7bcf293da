"""By which names others in a network find a container."""

from __future__ import annotations

import pytest

from onggi.container.network.attachment import Endpoint
from onggi.store.networks import Member

ID = "4fa6e0f0c6786287e131c3852c58a2e01cc697a68231826813597e4994f1d6e2"


@pytest.mark.parametrize(
    ("aliases", "hostname", "names"),
    [
        ((), "", "web 4fa6e0f0c678"),
        (("shop", "api"), "", "web shop api 4fa6e0f0c678"),
        ((), "till.example.org", "web 4fa6e0f0c678 till.example.org"),
        (("web", "shop"), "shop", "web shop 4fa6e0f0c678"),
    ],
)
def test_names_in_dockers_order(aliases: tuple[str, ...], hostname: str, names: str) -> None:
    endpoint = Endpoint(container=ID, network="n", aliases=aliases)
    assert " ".join(Member("web", endpoint, hostname).names) == names
