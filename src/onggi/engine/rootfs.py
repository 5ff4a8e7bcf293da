"""What lies under and beside a container's root: its layers, the skeleton, and the files that tell of its host."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from onggi.container.rootfs import EtcFiles, RootFs
from onggi.container.spec import ContainerSpec, Dns
from onggi.layer.union import Union
from onggi.oci.digest import Digest

if TYPE_CHECKING:
    from onggi.container.network.plan import NetPlan
    from onggi.store.store import Store

# Mount points, so that mounting leaves nothing in an upper folder (docs/decisions/0004).
_SKELETON_FOLDERS = ("dev", "proc", "sys", "etc")
_SKELETON_FILES = ("etc/hosts", "etc/hostname", "etc/resolv.conf", ".dockerenv")

_LOCAL_NAMES = """\
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
"""

_GATEWAY = "127.0.0.1"
"""The host's address as seen from its own network, the only one from which it is reached: there it listens to all."""


def skeleton(store: Store) -> str:
    """The folder of mount points that lies under every root; made on first use."""
    folder = store.root / "skeleton"
    if not folder.is_dir():
        with store.temporary() as made:
            for name in _SKELETON_FOLDERS:
                (made / name).mkdir(mode=0o755)
            for name in _SKELETON_FILES:
                (made / name).touch(mode=0o755 if name == ".dockerenv" else 0o644)
            made.chmod(0o755)
            try:
                made.rename(folder)
            except OSError:
                if not folder.is_dir():  # else another process was quicker
                    raise
    return str(folder)


def root_fs(store: Store, diff_ids: Iterable[Digest], home: Path) -> RootFs:
    """Layers (lowest first) under home/upper, mounted at home/rootfs; the folders of `home` are there."""
    return RootFs(
        lowers=lowers(store, diff_ids), upper=str(home / "upper"), work=str(home / "work"), target=str(home / "rootfs")
    )


def lowers(store: Store, diff_ids: Iterable[Digest]) -> tuple[str, ...]:
    """The folders of a root's overlay, highest first, from layers lowest first: theirs, and the skeleton."""
    return (*layer_folders(store, diff_ids), skeleton(store))


def layer_folders(store: Store, diff_ids: Iterable[Digest]) -> tuple[str, ...]:
    """Of layers, lowest first, the folders, highest first.

    A layer that comes twice (two steps that changed the same, or nothing) is there once, where it is highest: there it
    hides all that its lower twin could show, and the kernel refuses to mount one folder twice.
    """
    return tuple(dict.fromkeys(reversed([store.snapshots.path(each) for each in diff_ids])))


def union(store: Store, diff_ids: Iterable[Digest], *above: Path) -> Union:
    """The merged view of layers (lowest first), under writable folders (highest first)."""
    return Union([*(str(folder) for folder in above), *reversed([store.snapshots.path(each) for each in diff_ids])])


def write_etc_files(folder: Path, spec: ContainerSpec, plan: NetPlan | None = None) -> EtcFiles:
    """Writes a container's hosts, hostname and resolv.conf into `folder`. On the host's network the host's own hold.
    `spec` has a host name. `plan`: where it is attached to networks."""
    if plan is not None:
        return EtcFiles(
            hosts=_write(folder / "hosts", _LOCAL_NAMES + plan.hosts + _lines(spec.hosts, plan.gateway)),
            hostname=_write(folder / "hostname", f"{spec.hostname}\n"),
            resolv_conf=_write(folder / "resolv.conf", plan.resolv_conf),
        )
    on_host = spec.networking.mode == "host"
    names = _host_text("/etc/hosts") or _LOCAL_NAMES if on_host else _LOCAL_NAMES
    if not on_host or spec.domain_name or spec.hostname != os.uname().nodename:
        names += f"127.0.1.1\t{_own_names(spec.hostname, spec.domain_name)}\n"
    return EtcFiles(
        hosts=_write(folder / "hosts", names + _lines(spec.hosts)),
        hostname=_write(folder / "hostname", f"{spec.hostname}\n"),
        resolv_conf=_write(folder / "resolv.conf", _resolv_conf(spec.networking.dns, on_host=on_host)),
    )


def share_etc_files(folder: Path, home: str) -> EtcFiles:
    """Those of the container whose folder is `home`, in `folder` too: names go with the network that they are of. They
    are the same files, so what becomes of them is seen by both."""
    return EtcFiles(
        hosts=_share(folder / "hosts", home),
        hostname=_share(folder / "hostname", home),
        resolv_conf=_share(folder / "resolv.conf", home),
    )


def _share(path: Path, home: str) -> str:
    path.unlink(missing_ok=True)
    path.hardlink_to(f"{home}/{path.name}")
    return os.fspath(path)


def _resolv_conf(dns: Dns, *, on_host: bool) -> str:
    """Where there is no network, or the host's."""
    if dns == Dns():
        return _host_text("/etc/resolv.conf") if on_host else ""
    from onggi.container.network import resolving
    from onggi.engine.network.host import nameservers

    return resolving.text(resolving.over(dns, nameservers.read() if on_host else Dns()))


def _own_names(host: str, domain: str) -> str:
    """The whole name first, as `hostname -f` looks for it, then the one without domain."""
    whole = f"{host}.{domain}" if domain else host
    return " ".join(dict.fromkeys((whole, whole.partition(".")[0])))


def write_step_files(folder: Path) -> EtcFiles:
    """The same for the steps of a build: they may ask the host's name servers, but what the host calls others is no
    input of the build. What a step writes to /etc/hostname stays in the image, as in BuildKit."""
    return EtcFiles(
        hosts=_write(folder / "hosts", _LOCAL_NAMES),
        resolv_conf=_write(folder / "resolv.conf", _host_text("/etc/resolv.conf")),
    )


def with_hosts(etc: EtcFiles, hosts: Sequence[str], gateway: str, folder: Path) -> EtcFiles:
    """`etc` with further lines in /etc/hosts, as container.extra_hosts has them, by a file in `folder`. The host's
    address there is `gateway`."""
    if not hosts:
        return etc
    return replace(etc, hosts=_write(folder / "hosts", Path(etc.hosts).read_text() + _lines(hosts, gateway)))


def _lines(hosts: Sequence[str], gateway: str = _GATEWAY) -> str:
    if not hosts:
        return ""
    from onggi.container import extra_hosts

    return extra_hosts.lines(hosts, gateway)


def _write(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o644)  # whatever the caller's umask
    return os.fspath(path)


def _host_text(path: str) -> str:
    try:
        return Path(path).read_text()
    except FileNotFoundError:
        return ""
