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
    """A folder of the caller's, with the ignore patterns that apply; read in place. `name` is that of a named context,
    "" is the build context."""

    ignore: tuple[str, ...] = ()
    name: str = ""


class InlineFile(msgspec.Struct, frozen=True, array_like=True):
    """A heredoc of COPY or ADD: a file of that name. `mode` is its permission bits."""

    name: str
    content: str
    mode: int = 0o644


class InlineSource(_Op, frozen=True, tag="inline"):
    """Files whose text stands in the Dockerfile; they belong to root."""

    files: tuple[InlineFile, ...]


class HttpSource(_Op, frozen=True, tag="http"):
    """One file from a URL, as `name`, mode 0600. `checksum`: the digest that its content must have, "" for any; what
    it has is part of the key."""

    url: str
    name: str
    checksum: str = ""


class GitSource(_Op, frozen=True, tag="git"):
    """A repository at a commit, as `address` names it; `keep_git_dir` leaves its `.git` in. `checksum`: what the
    commit's ID must begin with. The commit is part of the key."""

    address: str
    keep_git_dir: bool = False
    checksum: str = ""


class BindMount(_Op, frozen=True, tag="bind", kw_only=True):
    """What input `input` has at `source` ("." is its root), seen at `target`. What is written to a writable one is
    lost when the step ends."""

    target: str
    input: int
    source: str = "."
    writable: bool = False


class CacheMount(_Op, frozen=True, tag="cache", kw_only=True):
    """A folder that outlives the build, the same for every step that names its `id`. A new one begins with what input
    `input` has at `source`, or empty, with `mode`, `uid` and `gid`. sharing: whether two steps may have it at once;
    "locked" waits, "private" takes another folder."""

    target: str
    id: str
    sharing: Literal["shared", "private", "locked"] = "shared"
    input: int | None = None
    source: str = "."
    mode: int = 0o755
    uid: int = 0
    gid: int = 0
    read_only: bool = False


class TmpfsMount(_Op, frozen=True, tag="tmpfs", kw_only=True):
    """Memory, of at most `size` bytes; 0 is half of the machine's."""

    target: str
    size: int = 0


class SecretMount(_Op, frozen=True, tag="secret", kw_only=True):
    """A secret of the caller's, as a file at `target` (unless that is "") and as the variable `env` (unless that is
    ""). One that is not `required` may be missing."""

    id: str
    target: str = ""
    env: str = ""
    required: bool = False
    mode: int = 0o400
    uid: int = 0
    gid: int = 0


class SshMount(_Op, frozen=True, tag="ssh", kw_only=True):
    """The socket of an SSH agent of the caller's."""

    id: str
    target: str
    required: bool = False
    mode: int = 0o600
    uid: int = 0
    gid: int = 0


Mount: TypeAlias = BindMount | CacheMount | TmpfsMount | SecretMount | SshMount


class Exec(_Op, frozen=True, tag="exec", kw_only=True):
    """Run a process on input 0; what it changed becomes a layer. `env` is complete: KEY=value in order. `ambient_env`
    comes on top of it, the caller's proxy settings, and names no variable that `env` has. `epoch` as in Copy.

    insecure: with all of the host's rights. hosts: lines for /etc/hosts, "name:address". shm_size: bytes of /dev/shm,
    0 is Docker's 64 MiB. ulimits: "nofile=1024:2048". platform: what the process's program is for, if not for this
    machine. realm: who is believed in what no field tells of, such as a secret, and with whom caches are shared.
    """

    argv: tuple[str, ...]
    env: tuple[str, ...] = ()
    ambient_env: tuple[str, ...] = ()
    working_directory: str = "/"
    user: str = ""
    network: Literal["default", "host", "none"] = "default"
    mounts: tuple[Mount, ...] = ()
    insecure: bool = False
    hosts: tuple[str, ...] = ()
    shm_size: int = 0
    ulimits: tuple[str, ...] = ()
    platform: str = ""
    realm: str = ""
    epoch: int | None = None


class Pick(msgspec.Struct, frozen=True, array_like=True):
    """The files of input `input` that `pattern` names, relative to its root ("." is the root itself), without a
    leading slash and with `..` resolved away; a /./ in it says which folders --parents keeps. unpack: a tar among them
    is unpacked instead."""

    input: int
    pattern: str
    unpack: bool = False


class Copy(_Op, frozen=True, tag="copy", kw_only=True):
    """Place files of further inputs (context, stages, what was fetched) on top of input 0.

    destination: absolute; ends with / when it must be a folder (also given several sources). owner: "" (0:0),
    "user[:group]", names looked up in input 0. mode: "", octal digits, or symbolic as in chmod(1). exclude: patterns
    of what to leave out. parents: the folders that lead to a source come along. link: nothing of input 0 is looked at,
    so its links are not followed and the layer is the same on any other. epoch: later file times in the new layer are
    set to it, in seconds; None leaves times as they are.
    """

    sources: tuple[Pick, ...]
    destination: str
    owner: str = ""
    mode: str = ""
    exclude: tuple[str, ...] = ()
    parents: bool = False
    link: bool = False
    epoch: int | None = None

    def patterns(self, position: int) -> tuple[str, ...]:
        """What is taken from input `position`."""
        return tuple(pick.pattern for pick in self.sources if pick.input == position)

    @property
    def stands_alone(self) -> bool:
        """Whether the layer it makes is the same whatever input 0 is."""
        return self.link and all(part.isdecimal() for part in self.owner.split(":") if part)


class MakeDirectory(_Op, frozen=True, tag="mkdir", kw_only=True):
    """WORKDIR: make `path` and missing parents on input 0, owned by `owner` (a USER value). No layer if it is there.
    `epoch` as in Copy."""

    path: str
    owner: str = ""
    epoch: int | None = None


Source: TypeAlias = ImageSource | ContextSource | InlineSource | HttpSource | GitSource
Op: TypeAlias = Source | Exec | Copy | MakeDirectory
