"""What a vertex of the build graph does. Ops are values: everything that changes the result is a field. Fields whose
name begins with `ambient` are the exception: they are shown to a step, are in no key, and leave no trace in the
image."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from onggi.oci.digest import Digest


class _Op(msgspec.Struct, frozen=True, tag_field="op", omit_defaults=True):
    pass


class ImageSource(_Op, frozen=True, tag="image"):
    """The root file system of an image that is in the store. `image_id` is its config digest, "" means scratch."""

    reference: str
    image_id: Digest


class ContextSource(_Op, frozen=True, tag="context"):
    """The build context, with the ignore patterns that apply; read in place."""

    ignore: tuple[str, ...] = ()


class Exec(_Op, frozen=True, tag="exec", kw_only=True):
    """Run a process on input 0; what it changed becomes a layer. `env` is complete: KEY=value in order. `ambient_env`
    comes on top of it, the caller's proxy settings, and names no variable that `env` has. `epoch` as in Copy."""

    argv: tuple[str, ...]
    env: tuple[str, ...] = ()
    ambient_env: tuple[str, ...] = ()
    working_directory: str = "/"
    user: str = ""
    network: Literal["default", "host", "none"] = "default"
    epoch: int | None = None


class Copy(_Op, frozen=True, tag="copy", kw_only=True):
    """Place files of input 1 (context or stage) on top of input 0.

    sources: patterns relative to input 1's root ("." is the root itself), no leading slash, `..` already resolved away.
    destination: absolute; ends with / when it must be a folder (also given several sources). owner: "" (0:0),
    "user[:group]", names looked up in input 0. mode: "" or octal digits. unpack: ADD's behaviour for local tars.
    epoch: later file times in the new layer are set to it, in seconds; None leaves times as they are.
    """

    sources: tuple[str, ...]
    destination: str
    owner: str = ""
    mode: str = ""
    unpack: bool = False
    epoch: int | None = None


class MakeDirectory(_Op, frozen=True, tag="mkdir", kw_only=True):
    """WORKDIR: make `path` and missing parents on input 0, owned by `owner` (a USER value). No layer if it is there.
    `epoch` as in Copy."""

    path: str
    owner: str = ""
    epoch: int | None = None


Op: TypeAlias = ImageSource | ContextSource | Exec | Copy | MakeDirectory
