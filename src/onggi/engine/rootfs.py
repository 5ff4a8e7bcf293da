"""What lies under and beside a container's root: its layers, the skeleton, and the files that tell of its host."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from onggi.container.plan import STEP_HOSTNAME, EtcFiles, RootFs
from onggi.layer.union import Union
from onggi.oci.digest import Digest
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


def make_folder(path: Path) -> Path:
    """A new folder as a layer's root is: 0755, whatever the umask."""
    path.mkdir()
    path.chmod(0o755)
    return path


def root_fs(store: Store, diff_ids: Iterable[Digest], home: Path) -> RootFs:
    """Layers (lowest first) under home/upper, mounted at home/rootfs; the folders of `home` are there."""
    return RootFs(
        lowers=lowers(store, diff_ids), upper=str(home / "upper"), work=str(home / "work"), target=str(home / "rootfs")
    )


def lowers(store: Store, diff_ids: Iterable[Digest]) -> tuple[str, ...]:
    """The folders of an overlay, highest first, from layers lowest first.

    A layer that comes twice (two steps that changed the same, or nothing) is there once, where it is highest: there it
    hides all that its lower twin could show, and the kernel refuses to mount one folder twice.
    """
    return tuple(dict.fromkeys((*reversed([store.snapshots.path(each) for each in diff_ids]), skeleton(store))))


def union(store: Store, diff_ids: Iterable[Digest], *above: Path) -> Union:
    """The merged view of layers (lowest first), under writable folders (highest first)."""
    return Union([*(str(folder) for folder in above), *reversed([store.snapshots.path(each) for each in diff_ids])])


def write_etc_files(folder: Path, hostname: str, network: str) -> EtcFiles:
    """Writes a container's hosts, hostname and resolv.conf into `folder`. On the host's network the host's own hold."""
    if network == "host":
        return _write(folder, _host_text("/etc/hosts") or _LOCAL_NAMES, hostname, _host_text("/etc/resolv.conf"))
    return _write(folder, f"{_LOCAL_NAMES}127.0.1.1\t{hostname}\n", hostname, "")


def write_step_files(folder: Path) -> EtcFiles:
    """The same for the steps of a build: they may ask the host's name servers, but what the host calls others is no
    input of the build."""
    return _write(folder, _LOCAL_NAMES, STEP_HOSTNAME, _host_text("/etc/resolv.conf"))


def _write(folder: Path, hosts_text: str, hostname: str, resolv_text: str) -> EtcFiles:
    hosts, name, resolv_conf = folder / "hosts", folder / "hostname", folder / "resolv.conf"
    hosts.write_text(hosts_text)
    name.write_text(f"{hostname}\n")
    resolv_conf.write_text(resolv_text)
    for path in (hosts, name, resolv_conf):
        path.chmod(0o644)  # whatever the caller's umask
    return EtcFiles(hosts=os.fspath(hosts), hostname=os.fspath(name), resolv_conf=os.fspath(resolv_conf))


def _host_text(path: str) -> str:
    try:
        return Path(path).read_text()
    except FileNotFoundError:
        return ""
