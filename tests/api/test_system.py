"""What is told of the engine as a whole, as documents."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from onggi.container.host import Cgroups, Finding, Host
from onggi.engine.information import describe_engine, describe_host, describe_registries
from onggi.linux.machine import Machine, file_system_of, read_release
from onggi.registry.settings import file

MACHINE = Machine(
    system="Debian GNU/Linux 12 (bookworm)",
    system_version="12",
    name="shop",
    kernel="6.1.0",
    architecture="x86_64",
    processors=2,
    memory=1 << 30,
    forwards=True,
    file_system="ext4",
)
HOST = Host(machine="x86_64", kernel=(6, 1), cgroups=Cgroups(layout="v2"), runtimes={"runc": "/usr/sbin/runc"})


def test_limits_are_those_that_containers_get() -> None:
    found = describe_host(HOST, MACHINE, ["memory", "pids", "cpu_quota"], ())
    said = {name: found[name] for name in ("MemoryLimit", "SwapLimit", "PidsLimit", "CpuCfsQuota", "CPUShares")}
    assert said == {
        "MemoryLimit": True,
        "SwapLimit": False,
        "PidsLimit": True,
        "CpuCfsQuota": True,
        "CPUShares": False,
    }
    assert (found["CgroupVersion"], found["NCPU"], found["MemTotal"]) == ("2", 2, 1 << 30)
    assert found["Runtimes"] == {"onggi": {"path": "onggi"}, "runc": {"path": "/usr/sbin/runc"}}


def test_what_doctor_complains_of_is_a_warning() -> None:
    findings = [Finding("overlay", True, "overlay mounts"), Finding("nftables", False, "there is no nft")]
    assert describe_host(HOST, MACHINE, [], findings)["Warnings"] == ["WARNING: there is no nft"]


def test_a_store_has_an_id_and_passwords_of_proxies_are_nobodys() -> None:
    proxies = {"HTTP_PROXY": "http://joe:secret@proxy:3128", "no_proxy": "localhost"}
    found = describe_engine("/store", "0123456789abcdef" * 4, ("bridge",), proxies, 1.5)
    assert found["ID"] == "01234567-89ab-cdef-0123-456789abcdef"
    assert (found["HttpProxy"], found["HttpsProxy"], found["NoProxy"]) == ("http://***@proxy:3128", "", "localhost")
    assert (found["Swarm"]["LocalNodeState"], found["SystemTime"]) == ("inactive", "1970-01-01T00:00:01.500000Z")


def test_registries_are_those_of_the_settings(tmp_path: Path) -> None:
    settings = tmp_path / "registries.toml"
    settings.write_text(
        '[[registry]]\nprefix = "docker.io"\nmirrors = ["mirror.example"]\n'
        '[[registry]]\nprefix = "plain.example:5000"\nplain = true\n'
        '[[registry]]\nprefix = "ghcr.io/team"\nlocation = "ghcr.io/other"\n'
    )
    found = describe_registries(file.read(settings))
    assert found["Mirrors"] == ["https://mirror.example/"]
    indexes = {name: (index["Secure"], index["Official"]) for name, index in found["IndexConfigs"].items()}
    assert indexes == {"docker.io": (True, True), "plain.example:5000": (False, False)}
    assert describe_registries(file.read(None))["IndexConfigs"]["docker.io"]["Mirrors"] == []


def test_a_release_is_read_as_a_shell_reads_it() -> None:
    lines = ["# made by hand\n", 'PRETTY_NAME="A \\"B\\" C"\n', "VERSION_ID=12\n", "\n", "NAME='x'\n", "EMPTY=\n"]
    assert read_release(lines) == {"PRETTY_NAME": 'A "B" C', "VERSION_ID": "12", "NAME": "x", "EMPTY": ""}


@pytest.mark.parametrize(("device", "kind"), [((8, 1), "ext4"), ((0, 31), "tmpfs"), ((9, 9), "<unknown>")])
def test_a_file_system_is_found_by_its_number(device: tuple[int, int], kind: str) -> None:
    lines = [
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
        "23 22 0:31 / /tmp rw - tmpfs tmpfs rw,size=1g",
    ]
    assert file_system_of(os.makedev(*device), lines) == kind
