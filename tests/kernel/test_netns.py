"""Network namespaces that are bound to a file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.waiting import eventually

from onggi.errors import Conflict, NotFound
from onggi.linux import netns
from onggi.linux.inside import Inside
from onggi.linux.netlink import Netlink, addresses, links

from .namespaces import hosts

pytestmark = pytest.mark.kernel


def namespace() -> int:
    """The number of the one that this thread is in."""
    return os.stat("/proc/thread-self/ns/net").st_ino


def mounted(path: Path) -> bool:
    return str(path) in Path("/proc/self/mountinfo").read_text()


def test_it_is_a_new_one_with_its_loopback_up(tmp_path: Path) -> None:
    path, own = tmp_path / "netns", namespace()
    netns.make(str(path))
    assert namespace() == own
    assert netns.is_bound(str(path))
    held = netns.hold(str(path))
    assert os.fstat(held).st_ino != own
    with Netlink(held) as netlink:
        (loopback,) = links.every(netlink)
        assert (loopback.name, loopback.is_up) == ("lo", True)
        assert addresses.of(netlink, "lo") == ["127.0.0.1/8", "::1/128"]
    os.close(held)
    netns.remove(str(path))
    assert not path.exists()
    assert not mounted(path)


def test_one_that_is_there_is_not_made_twice(tmp_path: Path) -> None:
    path = str(tmp_path / "netns")
    netns.make(path)
    number = os.stat(path).st_ino
    with pytest.raises(Conflict, match=r"a network namespace is bound to .*/netns already"):
        netns.make(path)
    assert os.stat(path).st_ino == number
    netns.remove(path)


def test_one_without_a_name_ends_with_its_descriptor(tmp_path: Path) -> None:
    own = namespace()
    with hosts(tmp_path, "host") as (host,):
        held = netns.new()
        assert namespace() == own != os.fstat(held).st_ino
        assert not os.get_inheritable(held)
        with Netlink(held) as netlink:
            assert [(link.name, link.is_up) for link in links.every(netlink)] == [("lo", True)]
        links.add_veth(host.netlink, "ov1", "eth0", held)
        os.close(held)
        eventually(lambda: links.find(host.netlink, "ov1") is None)


def test_who_is_inside_moves_no_other_thread(tmp_path: Path) -> None:
    """Neither its namespace nor its folder."""
    held, own, folder = netns.new(), namespace(), os.getcwd()
    here, there = threading.Event(), threading.Event()

    def be_inside() -> None:
        with Inside("network", held):
            there.set()
            here.wait()

    thread = threading.Thread(target=be_inside)
    thread.start()
    there.wait()
    os.chdir(tmp_path)
    assert namespace() == own
    here.set()
    thread.join()
    assert os.getcwd() == str(tmp_path)
    os.chdir(folder)
    os.close(held)


def test_a_file_that_nothing_is_bound_to(tmp_path: Path) -> None:
    """After a kill, or a start of the machine."""
    path = tmp_path / "netns"
    path.touch()
    with pytest.raises(NotFound, match=r"no network namespace is bound to .*/netns"):
        netns.hold(str(path))
    netns.make(str(path))
    netns.remove(str(path))
    path.touch()
    netns.remove(str(path))
    assert not path.exists()
    netns.remove(str(path))  # nothing happens
    with pytest.raises(NotFound):
        netns.hold(str(path))


def test_one_that_is_bound_twice_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "netns"
    netns.make(str(path))
    subprocess.run(["mount", "--bind", path, path], check=True)
    netns.remove(str(path))
    assert not mounted(path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    own = namespace()
    with pytest.raises(NotFound, match=r"cannot make the network namespace .*/gone/netns: No such file or directory"):
        netns.make(str(tmp_path / "gone" / "netns"))
    assert namespace() == own


def test_who_may_not_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    script = (
        "import os\n"
        "from onggi.linux import netns\n"
        "from onggi.errors import Denied\n"
        "os.setresuid(65534, 65534, 65534)\n"
        "try: netns.make('netns')\n"
        "except Denied as error: print(error, os.listdir())"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "cannot make the network namespace netns: Operation not permitted []\n", done.stderr


def test_each_thread_makes_its_own(tmp_path: Path) -> None:
    own = namespace()
    found: list[int] = []

    def make(number: int) -> None:
        netns.make(str(tmp_path / str(number)))
        found.append(namespace())

    threads = [threading.Thread(target=make, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [own] * 8
    numbers = {os.stat(tmp_path / str(number)).st_ino for number in range(8)}
    assert len(numbers) == 8
    assert own not in numbers
    for number in range(8):
        netns.remove(str(tmp_path / str(number)))


def test_with_it_go_the_links_that_lead_there(tmp_path: Path) -> None:
    with hosts(tmp_path, "host") as (host,):
        path = str(tmp_path / "netns")
        netns.make(path)
        held = netns.hold(path)
        links.add_veth(host.netlink, "ov1", "eth0", held)
        os.close(held)
        netns.remove(path)
        eventually(lambda: links.find(host.netlink, "ov1") is None)


def test_a_kill_in_the_middle_leaves_nothing_but_a_file(tmp_path: Path) -> None:
    """Right before each call that changes something."""
    for name in ("unshare", "mount", "join"):
        path = tmp_path / name
        script = (
            "import os, signal, sys\n"
            "from onggi.linux import netns, syscalls\n"
            f"syscalls.{name} = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)\n"
            "netns.make(sys.argv[1])"
        )
        done = subprocess.run([sys.executable, "-c", script, path])
        assert done.returncode == -signal.SIGKILL
        assert path.exists()
        assert not netns.is_bound(str(path))
        netns.remove(str(path))
        assert not path.exists()
    assert not mounted(tmp_path)


def test_a_socket_stays_in_the_namespace_that_it_was_made_in(tmp_path: Path) -> None:
    with hosts(tmp_path, "one", "other") as (one, other):
        links.add_bridge(one.netlink, "ong-1")
        with Inside("network", other.namespace), Netlink() as netlink:
            assert [each.name for each in links.every(netlink)] == ["lo"]
        assert {each.name for each in links.every(one.netlink)} == {"lo", "ong-1"}
