"""What a plan is made for, beside a spec: the folders of the root, the files that tell of the host, and who runs."""

from __future__ import annotations

import msgspec


class RootFs(msgspec.Struct, frozen=True, kw_only=True):
    """Host folders of an overlay mount: lowers highest first; `target` exists and is where it is mounted."""

    lowers: tuple[str, ...]
    upper: str
    work: str
    target: str


class EtcFiles(msgspec.Struct, frozen=True, kw_only=True):
    """Host paths of the files that are seen as /etc/hosts, /etc/hostname and /etc/resolv.conf; "" leaves one out."""

    hosts: str = ""
    hostname: str = ""
    resolv_conf: str = ""


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """Who the process runs as, looked up in the image. `groups` are the supplementary ones."""

    uid: int = 0
    gid: int = 0
    groups: tuple[int, ...] = ()
    home: str = "/"
