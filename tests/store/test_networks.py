"""Networks as rows: names, subnets and addresses, none of them twice, whoever chooses at the same time."""

from __future__ import annotations

import os
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from msgspec.structs import replace

from onggi.container.network import pool
from onggi.container.network.network import NetworkSpec, Subnet
from onggi.container.network.pool import AddressTaken
from onggi.container.spec import Attachment, ContainerSpec, Networking
from onggi.errors import Conflict, Denied, Invalid, NotFound, Unavailable
from onggi.image import random
from onggi.store import fsck
from onggi.store.networks import Networks
from onggi.store.store import Store

from .helpers import exit_code, in_child, kill, name

ON_WEB = (Attachment(network="web"),)


@pytest.fixture
def networks(store: Store) -> Networks:
    return store.networks(tuple)


@pytest.fixture
def add(store: Store) -> Callable[[str], str]:
    """Makes a container, and gives its ID."""
    spec = ContainerSpec(image="a", image_id=store.images.put(random.image(1), [name("a")]))

    def add(called: str) -> str:
        return store.containers.add(spec, called).id

    return add


def test_three_are_always_there(networks: Networks) -> None:
    assert [(each.name, each.driver, len(each.subnets)) for each in networks.list()] == [
        ("bridge", "bridge", 1),
        ("host", "host", 0),
        ("none", "null", 0),
    ]
    assert networks.list() == networks.list()
    assert networks.get("bridge").subnets == (Subnet("172.17.0.0/16", "172.17.0.1", is_ours=True),)


def test_a_subnet_of_our_choice_leaves_alone_what_the_host_reaches(store: Store) -> None:
    networks = store.networks(lambda: ["0.0.0.0/0", "172.17.0.0/17", "172.16.0.0/12", "192.168.7.0/24", "::/0"])
    assert networks.create(NetworkSpec(name="web")).subnets == (
        Subnet("192.168.32.0/20", "192.168.32.1", is_ours=True),
    )
    assert networks.get("bridge").subnets == (Subnet("192.168.16.0/20", "192.168.16.1", is_ours=True),)


def test_none_is_left(networks: Networks) -> None:
    for number in range(30):
        networks.create(NetworkSpec(name=f"n{number}"))
    with pytest.raises(Unavailable, match="all predefined address pools have been fully subnetted"):
        networks.create(NetworkSpec(name="one-more"))
    assert "one-more" not in [each.name for each in networks.list()]
    assert len({subnet.network for each in networks.list() for subnet in each.subnets}) == 31


def test_names_and_ids(networks: Networks) -> None:
    web = networks.create(NetworkSpec(name="web"))
    assert networks.get("web") == networks.get(web.id) == networks.get(web.id[:12]) == web
    with pytest.raises(Conflict, match="network with name web already exists"):
        networks.create(NetworkSpec(name="web"))
    for absent in ("we", "", "*", "g" * 12):
        with pytest.raises(NotFound, match="not found"):
            networks.get(absent)


def test_the_beginning_of_several_ids(networks: Networks) -> None:
    for number in range(14):  # with the three, more than there are digits
        networks.create(NetworkSpec(name=f"network-{number}"))
    starts = [each.id[0] for each in networks.list()]
    twice = next(start for start in starts if starts.count(start) > 1)
    with pytest.raises(Invalid, match="is the beginning of several network IDs"):
        networks.get(twice)


def test_networks_by_container(networks: Networks, add: Callable[[str], str]) -> None:
    ids = {name: networks.create(NetworkSpec(name=name)).id for name in ("web", "back")}
    one, two, alone = add("one"), add("two"), add("alone")
    networks.attach(one, [Attachment(network="web"), Attachment(network="back")])
    networks.attach(two, [Attachment(network="bridge")])
    found = networks.by_container()
    assert list(found[one].items()) == [("web", ids["web"]), ("back", ids["back"])]
    assert found[two] == {"bridge": networks.get("bridge").id}
    assert alone not in found


def test_a_member_has_the_hostname_that_was_asked_for(store: Store, networks: Networks) -> None:
    image = store.images.put(random.image(1), [name("a")])
    web = networks.create(NetworkSpec(name="web"))
    for called, hostname in (("named", "till"), ("plain", ""), ("torn", "gone")):
        spec = ContainerSpec(image="a", image_id=image, hostname=hostname)
        networks.attach(store.containers.add(spec, called).id, ON_WEB)
    with store.disk.db.write("damaging a spec") as transaction:
        transaction.execute("UPDATE containers SET spec = ? WHERE name = 'torn'", (b'{"image":"a',))
    members = networks.members()[web.id]
    assert [(member.name, member.hostname) for member in members] == [("named", "till"), ("plain", ""), ("torn", "")]


def test_addresses_and_what_is_kept(networks: Networks, add: Callable[[str], str], store: Store) -> None:
    spec = NetworkSpec(name="web", has_ipv6=True, subnets=(Subnet("10.88.0.0/16", reserved={"printer": "10.88.0.2"}),))
    web = networks.create(spec)
    first, second = add("one"), add("two")
    (one,) = networks.attach(first, [Attachment(network="web", aliases=("db",))])
    (two,) = networks.attach(second, [Attachment(network=web.short_id, mac="02:00:00:00:00:01")])
    assert (one.ipv4, one.mac, one.aliases) == ("10.88.0.3", "02:42:0a:58:00:03", ("db",))
    assert one.ipv6.startswith("fd") and one.ipv6.endswith("::2")
    assert (two.ipv4, two.mac) == ("10.88.0.4", "02:00:00:00:00:01")
    assert networks.endpoints(first) == (one,)
    assert [member.name for member in networks.members()[web.id]] == ["one", "two"]
    with Store(store.root) as again:
        assert again.networks(tuple).endpoints(first) == (one,)
    store.containers.remove(first)
    assert networks.endpoints(first) == ()
    assert networks.attach(add("three"), ON_WEB)[0].ipv4 == "10.88.0.3"


def test_several_networks_in_order(networks: Networks, add: Callable[[str], str]) -> None:
    for each in ("web", "db", "admin"):
        networks.create(NetworkSpec(name=each))
    container = add("shop")
    first = networks.attach(container, [Attachment(network="web"), Attachment(network="db")])
    third = networks.attach(container, [Attachment(network="admin")])
    assert networks.endpoints(container) == (*first, *third)
    with pytest.raises(Conflict, match="endpoint with name shop already exists in network db"):
        networks.attach(container, [Attachment(network="db")])


def test_a_network_is_one_whatever_it_is_called(networks: Networks, add: Callable[[str], str]) -> None:
    web = networks.create(NetworkSpec(name="web"))
    container = add("shop")
    with pytest.raises(Invalid, match='network "web" is specified multiple times'):
        networks.attach(container, [Attachment(network="web"), Attachment(network=web.id[:12])])
    assert networks.endpoints(container) == ()


def test_an_address_of_ones_choice_needs_a_subnet_of_ones_choice(networks: Networks, add: Callable[[str], str]) -> None:
    ours = networks.create(NetworkSpec(name="ours")).subnets[0].gateway.removesuffix("1") + "9"
    mixed = NetworkSpec(name="mixed", has_ipv6=True, subnets=(Subnet("fd00:8::/64"),))
    networks.create(mixed)
    container = add("shop")
    for asked in (Attachment(network="ours", ipv4=ours), Attachment(network="mixed", ipv4="172.18.0.9")):
        with pytest.raises(Invalid, match="only when connecting to networks with user configured subnets"):
            networks.attach(container, [asked])
    with pytest.raises(Invalid, match="user specified IP address is supported on user defined networks only"):
        networks.attach(container, [Attachment(network="bridge", ipv4="172.17.0.9")])
    (endpoint,) = networks.attach(container, [Attachment(network="mixed", ipv6="fd00:8::9")])
    assert endpoint.ipv6 == "fd00:8::9"


@pytest.mark.parametrize(
    ("asked", "kind", "words"),
    [
        (Attachment(network="web", ipv4="10.88.0.2"), Conflict, "Address already in use: 10.88.0.2"),
        (Attachment(network="web", ipv4="10.88.0.1"), Conflict, "Address already in use: 10.88.0.1"),
        (Attachment(network="web", ipv4="10.89.0.1"), Invalid, "no configured subnet contains IP address 10.89.0.1"),
        (Attachment(network="web", ipv4="10.88.255.255"), Invalid, "stands for the whole subnet"),
        (Attachment(network="web", ipv6="fd00::2"), Invalid, "has no IPv6"),
        (Attachment(network="web", mac="02:42:0a:58:00:02"), Conflict, "the MAC address 02:42:0a:58:00:02 is taken"),
        (Attachment(network="bridge", aliases=("db",)), Invalid, "supported only for containers in user defined"),
        (Attachment(network="host"), Conflict, "cannot be connected to the network host"),
        (Attachment(network="wab"), NotFound, "network wab not found; did you mean web?"),
    ],
)
def test_what_cannot_be(
    networks: Networks, add: Callable[[str], str], asked: Attachment, kind: type[Exception], words: str
) -> None:
    networks.create(NetworkSpec(name="web", subnets=(Subnet("10.88.0.0/16"),)))
    networks.create(NetworkSpec(name="db"))
    networks.attach(add("first"), ON_WEB)
    container = add("second")
    with pytest.raises(kind, match=words):
        networks.attach(container, [Attachment(network="db"), asked])
    assert networks.endpoints(container) == (), "all of them, or none"


def test_an_address_that_is_taken_may_be_free_at_the_start(networks: Networks, add: Callable[[str], str]) -> None:
    networks.create(NetworkSpec(name="web", subnets=(Subnet("10.88.0.0/16"),)))
    networks.create(NetworkSpec(name="db"))
    asked = (Attachment(network="web", ipv4="10.88.0.9"), Attachment(network="db"))
    old, new = add("old"), add("new")
    networks.attach(old, asked)
    (only,) = networks.attach(new, asked, may_wait=True)
    assert only.position == 1
    networking = Networking(mode="web", attachments=asked)
    with pytest.raises(AddressTaken, match=r"Address already in use: 10\.88\.0\.9"):
        networks.join(new, networking)
    networks.detach(old, networks.get("web").id)
    networks.join(new, networking)
    assert next((each.position, each.ipv4) for each in networks.endpoints(new)) == (0, "10.88.0.9")
    networks.join(old, replace(networking, left=(networks.get("web").id,)))
    assert [each.network for each in networks.endpoints(old)] == [networks.get("db").id]


def test_removal(networks: Networks, add: Callable[[str], str], store: Store) -> None:
    web = networks.create(NetworkSpec(name="web"))
    container = add("shop")
    networks.attach(container, ON_WEB)
    with pytest.raises(Conflict, match="has got a container meanwhile: shop"):
        networks.remove(web.id)
    networks.remove(web.id, [container])
    assert networks.endpoints(container) == ()
    with pytest.raises(NotFound):
        networks.remove(web.id)
    with pytest.raises(Denied, match="host is a pre-defined network and cannot be removed"):
        networks.remove(networks.get("host").id)
    assert networks.create(NetworkSpec(name="web")).subnets == web.subnets


def test_a_full_network(networks: Networks, add: Callable[[str], str]) -> None:
    networks.create(NetworkSpec(name="web", subnets=(Subnet("10.88.0.0/29"),)))
    found = [networks.attach(add(f"c{number}"), ON_WEB)[0].ipv4 for number in range(5)]
    assert found == [f"10.88.0.{number}" for number in range(2, 7)]
    with pytest.raises(Unavailable, match="no available IPv4 addresses on this network's address pools: web"):
        networks.attach(add("late"), ON_WEB)


def test_200_addresses_chosen_by_many_processes(store: Store, networks: Networks, add: Callable[[str], str]) -> None:
    web = networks.create(NetworkSpec(name="web", has_ipv6=True))
    processes, each = 8, 25
    containers = [[add("") for _ in range(each)] for _ in range(processes)]

    def attach(mine: list[str]) -> Callable[[], None]:
        def work() -> None:
            with Store(store.root) as opened:
                for container in mine:
                    opened.networks(tuple).attach(container, ON_WEB)

        return work

    children = [in_child(attach(mine)) for mine in containers]
    assert [exit_code(child) for child in children] == [0] * processes
    endpoints = [member.endpoint for member in networks.members()[web.id]]
    block = ip_network(web.subnets[0].network)
    addresses = {endpoint.ipv4 for endpoint in endpoints}
    assert len(addresses) == len({endpoint.ipv6 for endpoint in endpoints}) == processes * each
    assert len({endpoint.mac for endpoint in endpoints}) == processes * each
    assert addresses == {str(block[number]) for number in range(2, 2 + processes * each)}, "the lowest, without a gap"
    assert all(ip_address(endpoint.ipv6) in ip_network(web.subnets[1].network) for endpoint in endpoints)


def test_what_is_lent_is_taken_as_long_as_the_lease(
    store: Store, networks: Networks, add: Callable[[str], str]
) -> None:
    on_bridge = [Attachment(network="bridge")]
    networks.attach(add("one"), on_bridge)
    with store.lease() as lease:
        bridge, first = networks.lend(lease, "bridge")
        _, second = networks.lend(lease, "bridge")
        assert bridge == networks.get("bridge")
        assert (first.ipv4, first.ipv6, first.mac) == ("172.17.0.3", "", "02:42:ac:11:00:03")
        assert (second.ipv4, second.network) == ("172.17.0.4", bridge.id)
        assert first.container != second.container
        (third,) = networks.attach(add("two"), on_bridge)
        assert third.ipv4 == "172.17.0.5"
        assert {member.name for member in networks.members()[bridge.id]} == {"one", "two"}
    with store.lease() as lease:
        assert networks.lend(lease, "bridge")[1].ipv4 == "172.17.0.3"
    assert store.disk.db.all("SELECT * FROM leased_endpoints") == []


def test_what_was_lent_to_a_process_that_died_is_free(store: Store, networks: Networks, tmp_path: Path) -> None:
    networks.list()
    reader, writer = os.pipe()

    def work() -> None:
        with Store(tmp_path / "store") as mine, mine.lease() as lease:
            os.write(writer, mine.networks(tuple).lend(lease, "bridge")[1].ipv4.encode())
            os.read(os.pipe()[0], 1)

    child = in_child(work)
    assert os.read(reader, 100) == b"172.17.0.2"
    with store.lease() as lease:
        assert networks.lend(lease, "bridge")[1].ipv4 == "172.17.0.3"
        kill(child)
        assert networks.lend(lease, "bridge")[1].ipv4 == "172.17.0.2"
    assert [finding.kind for finding in fsck.check(store, repair=True) if finding.kind == "lease"] == ["lease"]
    assert store.disk.db.all("SELECT * FROM leased_endpoints") == []


def test_a_name_that_many_processes_want(tmp_path: Path) -> None:
    """In a store that none of them has opened before: the networks that are always there are made once."""
    root = tmp_path / "new"
    with Store(root) as store:
        assert store.containers.list() == []

    def create() -> None:
        with Store(root) as opened:
            opened.networks(tuple).create(NetworkSpec(name="web"))

    codes = [exit_code(child) for child in [in_child(create) for _ in range(6)]]
    assert codes.count(0) == 1
    with Store(root) as store:
        assert [each.name for each in store.networks(tuple).list()] == ["bridge", "host", "none", "web"]


def test_a_place_is_given_up_and_the_next_has_its_number(networks: Networks, add: Callable[[str], str]) -> None:
    made = [networks.create(NetworkSpec(name=name)) for name in ("web", "db", "admin")]
    container = add("shop")
    networks.attach(container, [Attachment(network=network.id) for network in made])
    networks.detach(container, made[0].id)
    assert [endpoint.position for endpoint in networks.endpoints(container)] == [1, 2]
    networks.attach(container, [Attachment(network="web")])
    assert [(each.network, each.position) for each in networks.endpoints(container)] == [
        (network.id, position) for position, network in enumerate(made)
    ]
    networks.detach(container, made[1].id)
    with pytest.raises(NotFound, match="is not in the network"):
        networks.detach(container, made[1].id)


def test_ranks_are_closed(networks: Networks, add: Callable[[str], str]) -> None:
    made = [networks.create(NetworkSpec(name=name)) for name in ("web", "db", "admin")]
    container = add("shop")
    networks.attach(container, [Attachment(network=network.id) for network in made])
    networks.detach(container, made[0].id)
    networks.close_ranks(container)
    assert [(each.network, each.position) for each in networks.endpoints(container)] == [
        (made[1].id, 0),
        (made[2].id, 1),
    ]


def test_a_subnet_of_our_choice_is_chosen_again(store: Store, add: Callable[[str], str]) -> None:
    routes: list[str] = []
    networks = store.networks(lambda: routes)
    web = networks.create(NetworkSpec(name="web", has_ipv6=True))
    containers = [add(f"c{number}") for number in range(3)]
    for container, mac in zip(containers, ("", "02:00:00:00:00:07", ""), strict=True):
        networks.attach(container, [Attachment(network="web", mac=mac, aliases=("db",))])
    routes.append(web.subnets[0].network)
    networks.renumber(web.id)
    renewed = networks.get("web")
    assert (renewed.id, renewed.name, renewed.created) == (web.id, "web", web.created)
    places = [networks.endpoints(container)[0] for container in containers]
    for old, new, column in zip(web.subnets, renewed.subnets, ("ipv4", "ipv6"), strict=True):
        assert not old.block.overlaps(new.block)
        assert [getattr(place, column) for place in places] == [str(new.block[number]) for number in (2, 3, 4)]
    assert [place.mac for place in places][1:] == ["02:00:00:00:00:07", pool.mac(places[2].ipv4)]
    assert {place.aliases for place in places} == {("db",)}
    networks.attach(add("c3"), [Attachment(network="web")])


def test_a_subnet_of_ones_choice_stays(networks: Networks, add: Callable[[str], str]) -> None:
    web = networks.create(NetworkSpec(name="web", subnets=(Subnet("10.88.0.0/16"),), has_ipv6=True))
    container = add("shop")
    networks.attach(container, [Attachment(network="web", ipv4="10.88.7.7")])
    networks.renumber(web.id)
    (place,) = networks.endpoints(container)
    assert networks.get("web").subnets[0] == web.subnets[0]
    assert (place.ipv4, place.mac) == ("10.88.7.7", pool.mac("10.88.7.7"))
    assert networks.get("web").subnets[1] != web.subnets[1]


def test_no_other_subnet_is_free(store: Store, add: Callable[[str], str]) -> None:
    routes: list[str] = []
    networks = store.networks(lambda: routes)
    web = networks.create(NetworkSpec(name="web"))
    routes += ["172.16.0.0/12", "192.168.0.0/16"]
    with pytest.raises(Unavailable):
        networks.renumber(web.id)
    assert networks.get("web") == web
    with pytest.raises(NotFound):
        networks.renumber("0" * 64)
