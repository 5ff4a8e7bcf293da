"""The files that a COPY or ADD takes, and the digest that stands for them in its key.

What the patterns of --exclude match stays out. They are told paths within the folder that is copied, as in BuildKit;
of a file that a pattern of the sources found, its name. A file that is named in full is copied in any case.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterable, Iterator, Sequence

from onggi.dockerfile import glob
from onggi.dockerfile.ignore import Matcher
from onggi.dockerfile.mode import Mode
from onggi.layer import treedigest, xattr
from onggi.layer.accounts import Owner
from onggi.layer.attributes import Attributes
from onggi.layer.descent import Roots
from onggi.layer.match import Match, Tree, find, find_with_parents
from onggi.layer.node import Node
from onggi.layer.reader import InPlace, Reader, changed
from onggi.layer.stat_cache import Seen, StatCache, is_settled, look_of
from onggi.oci import digest
from onggi.oci.digest import Digest
from onggi.solve.inventory import Entry


class Selection:
    """The files that were selected from `tree`, which `reader` reads. `unpack`: tars among them are to be unpacked.
    `contents` maps a path of the tree to the digest of its content, as far as it is known: all of them once `digest`
    was asked for. What else a file has is looked up once: a copy is as its digest says, whatever happens meanwhile."""

    def __init__(
        self, tree: Tree, matches: Sequence[Match], *, unpack: bool = False, reader: Reader | None = None
    ) -> None:
        self.tree = tree
        self.matches = tuple(matches)
        self.unpack = unpack
        self.reader = reader or InPlace(are_fixed=tree.is_image)
        self.contents: dict[str, Digest] = {}
        self._xattrs: dict[str, xattr.Xattrs] = {}
        self._links: dict[str, str] = {}

    @property
    def files(self) -> int:
        """How many entries that are no folders."""
        return sum(not node.is_folder for match in self.matches for node in match.nodes)

    @property
    def bytes(self) -> int:
        """The size of all regular files."""
        return sum(node.stat.st_size for match in self.matches for node in match.nodes if node.is_file)

    def attributes(
        self, node: Node, owner: Owner | None = None, mode: Mode | None = None, epoch: int | None = None
    ) -> Attributes:
        """What the copy gets. `owner` and `mode` are those of --chown and --chmod, `epoch` is a time in seconds."""
        uid, gid, bits = self._standing(node, owner, mode)
        mtime_ns = node.stat.st_mtime_ns if epoch is None else epoch * 10**9
        return Attributes(uid, gid, bits, mtime_ns, self._xattrs_of(node))

    def _xattrs_of(self, node: Node) -> xattr.Xattrs:
        """Raises Conflict if the entry is gone."""
        xattrs = self._xattrs.get(node.path)
        if xattrs is None:
            try:
                xattrs = self._xattrs[node.path] = xattr.read(node.real) or xattr.NONE
            except OSError as error:
                raise changed(node) from error
        return xattrs

    def link_text(self, node: Node) -> str:
        """Where a selected symbolic link leads. Raises Conflict if it is gone."""
        text = self._links.get(node.path)
        if text is None:
            try:
                text = self._links[node.path] = os.readlink(node.real)
            except OSError as error:
                raise changed(node) from error
        return text

    def _standing(self, node: Node, owner: Owner | None, mode: Mode | None) -> tuple[int, int, int]:
        """User, group and permission bits of the copy."""
        status = node.stat
        uid, gid = owner or ((status.st_uid, status.st_gid) if self.tree.is_image else (0, 0))
        if node.is_link:
            return uid, gid, 0o777
        bits = stat.S_IMODE(status.st_mode)
        return uid, gid, bits if mode is None else mode(bits, node.is_folder)

    def entries(self, owner: Owner | None = None, mode: Mode | None = None) -> Iterator[Entry]:
        """What the digest, which was asked for before, stands for; extended attributes are left out."""
        leading = 0 if self.tree.is_image else 1  # a context's paths are told as people write them
        for match in self.matches:
            for node in match.copied:
                uid, gid, bits = self._standing(node, owner, None if node.path in match.passed else mode)
                yield Entry(
                    path=_shown(node.path[leading:]),
                    mode=stat.S_IFMT(node.stat.st_mode) | bits,
                    uid=uid,
                    gid=gid,
                    size=node.stat.st_size if node.is_file else 0,
                    content=self.contents[node.path] if node.is_file else "",
                    link=_shown(self.link_text(node)) if node.is_link else "",
                )

    def digest(self, stats: StatCache, owner: Owner | None = None, mode: Mode | None = None) -> Digest:
        """Equal for selections that would be copied alike: names, types, modes, owners, contents, extended
        attributes; never times. Only files that `stats` doesn't know are read. Raises Conflict for a file that
        changes meanwhile."""
        looked_at = time.time()
        unknown = self._recall(stats)
        state = hashlib.sha256()
        with Roots() as roots:
            for match in self.matches:
                state.update(b"%b\0" % os.fsencode("" if match.top.is_folder else match.name))
                for node in match.copied:
                    # Of a folder that is only passed, --chmod touches a new one only (`Upper.pass_through`).
                    standing = self._standing(node, owner, None if node.path in match.passed else mode)
                    content = self._content(node, roots) if node.is_file else ""
                    link = self.link_text(node) if node.is_link else ""
                    path = match.inner(node)
                    state.update(_record(path, node.stat, standing, content, link, self._xattrs_of(node)))
        self._remember(stats, [node for node in unknown if self.tree.is_image or is_settled(node.stat, looked_at)])
        return digest.of_hash(state)

    def _recall(self, stats: StatCache) -> list[Node]:
        """Takes from `stats` what it knows of the files that were not read yet; gives those that it doesn't know."""
        asked: dict[str, dict[str, Node]] = {}
        for node in self._unread():
            folder, _, name = node.real.rpartition("/")
            asked.setdefault(folder, {})[name] = node
        known = stats.get(asked)
        unknown = []
        for folder, nodes in asked.items():
            files = known.get(folder, {})
            for name, node in nodes.items():
                seen = files.get(name)
                if seen is None or seen.look != look_of(node.stat):
                    unknown.append(node)
                    continue
                self.contents[node.path] = seen.content
                if seen.is_bare:
                    self._xattrs[node.path] = xattr.NONE
        return unknown

    def _remember(self, stats: StatCache, nodes: Iterable[Node]) -> None:
        """Tells `stats` what these files are."""
        learned: dict[str, dict[str, Seen]] = {}
        for node in nodes:
            folder, _, name = node.real.rpartition("/")
            seen = Seen(look_of(node.stat), self.contents[node.path], not self._xattrs_of(node))
            learned.setdefault(folder, {})[name] = seen
        stats.put(learned)

    def _unread(self) -> Iterator[Node]:
        """The files whose contents are not known yet."""
        for match in self.matches:
            for node in match.nodes:
                if not node.is_file:
                    continue
                read = self.reader.expect(node)
                if read is not None:
                    self.contents[node.path] = read
                elif node.path not in self.contents:
                    yield node

    def _content(self, node: Node, roots: Roots) -> Digest:
        content = self.contents.get(node.path)
        if content is None:
            content = self.contents[node.path] = self.reader.digest(node, roots)
        return content


def select(
    tree: Tree,
    sources: Sequence[str],
    *,
    exclude: Sequence[str] = (),
    parents: bool = False,
    unpack: bool = False,
    reader: Reader | None = None,
) -> Selection:
    """What `sources` name in `tree`, but for what the patterns of `exclude` match. Without a `reader`, files are opened
    whenever they are asked for. Raises NotFound for a path that is
    not there, Invalid for a malformed pattern or one that leads out of a context."""
    search = find_with_parents if parents else find
    matches = [match for source in sources for match in _without(search(tree, source), source, exclude)]
    return Selection(tree, matches, unpack=unpack, reader=reader)


def _without(matches: Iterator[Match], source: str, exclude: Sequence[str]) -> Iterator[Match]:
    if not exclude:
        yield from matches
        return
    is_pattern = glob.has_wildcard(source)
    excluded = Matcher(exclude)
    for match in matches:
        if match.top.is_folder:
            yield match.only(lambda path: not excluded.excludes(path))
        elif not (is_pattern and excluded.excludes(match.name)):
            yield match


def _shown(path: str) -> str:
    """As text, whatever bytes it has."""
    return os.fsencode(path).decode(errors="backslashreplace")


def _record(
    path: str,
    status: os.stat_result,
    standing: tuple[int, int, int],
    content: Digest,
    link: str,
    xattrs: xattr.Xattrs,
) -> bytes:
    uid, gid, bits = standing
    return treedigest.record(
        os.fsencode(path.lstrip("/")),
        stat.S_IFMT(status.st_mode) | bits,
        uid,
        gid,
        content=digest.hex_of(content),
        link=os.fsencode(link),
        device=status.st_rdev,
        xattrs=xattrs,
    )
