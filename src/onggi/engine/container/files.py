"""The files of a container, as its processes see them or would see them; and those of the host, by the same rules."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager

import msgspec

from onggi.container import op
from onggi.container.mounting import by_depth
from onggi.container.spec import Bind, Tmpfs
from onggi.engine.container.binds import make_sources
from onggi.engine.container.household import Household
from onggi.engine.container.landing import Destination, Named, Source, parse
from onggi.engine.container.storage import places
from onggi.engine.rootfs import root_fs
from onggi.engine.types import PathStat
from onggi.errors import Conflict, Invalid, NotFound, Unsupported
from onggi.layer import live
from onggi.layer.refusal import refused
from onggi.layer.walk import Found
from onggi.linux import view
from onggi.linux.root import MOST_LINKS, Root, place
from onggi.store.containers import ContainerRow

_ETC = ("hosts", "hostname", "resolv.conf")


class Files:
    """What is beneath a root. Paths are absolute there; no link leads out of it. `made_up`: the devices of the kernel's
    own file systems, which are not copied. `owner` is the container whose files they are."""

    def __init__(self, root: Root, made_up: frozenset[int] = frozenset(), owner: str = "") -> None:
        self.root = root
        self._made_up = made_up
        self._owner = owner

    def stat(self, path: str) -> PathStat:
        """Raises NotFound, Invalid."""
        named = parse(path)
        status = self._status(named)
        return PathStat(
            name=named.name,
            size=status.st_size,
            mode=status.st_mode,
            mtime_ns=status.st_mtime_ns,
            link_target=self._resolved(named.path) if stat.S_ISLNK(status.st_mode) else "",
        )

    def source(self, path: str, *, follow: bool) -> Source:
        """What is to be copied; `follow`: a symbolic link stands for what it leads to. Raises NotFound, Invalid, and
        Unsupported for a socket and for what the kernel makes up: that has no size before it is read."""
        named = asked = parse(path)
        status = self._status(named)
        if follow and stat.S_ISLNK(status.st_mode):
            named = parse(self._resolved(named.path))
            status = self._status(named)
        if stat.S_ISSOCK(status.st_mode):
            raise Unsupported(f"{named.path} is a socket, which cannot be copied")
        if status.st_dev in self._made_up:
            raise self._is_made_up(named.path, "out of", f"onggi exec {self._owner} cat FILE")
        return Source(named, asked.name, stat.S_ISDIR(status.st_mode))

    def destination(self, path: str) -> Destination:
        """Where a copy to `path` would go. Raises Invalid for a device and for a loop of links."""
        named = parse(path)
        resolved = self._resolved(named.path)
        try:
            status = self._status(parse(resolved))
        except NotFound:
            return Destination(named, resolved, is_there=False, is_folder=False)
        if stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode):
            raise Invalid(f'destination "{self._shown(path)}" must be a directory or a regular file: got a device')
        return Destination(named, resolved, is_there=True, is_folder=stat.S_ISDIR(status.st_mode))

    def walk(self, named: Named, name: str) -> Iterator[Found]:
        """What is at a path and all beneath it, called `name`."""
        above, entry = (named.path, ".") if named.is_folder else posixpath.split(named.path)
        folder = self.folder(above)
        try:
            yield from live.entries(folder, os.fsencode(entry), os.fsencode(name), self._made_up)
        finally:
            os.close(folder)

    def folder(self, path: str) -> int:
        """A descriptor of the folder at `path`. Raises NotFound, Invalid."""
        return self._open(path, view.FOLDER)

    def require_writable(self, folder: int) -> None:
        """Raises Invalid for a folder that nothing can be put into, Unsupported for one that the kernel makes up."""
        if os.fstat(folder).st_dev in self._made_up:
            raise self._is_made_up(self._path_of(folder), "into", f"onggi exec {self._owner} sh -c 'echo VALUE > FILE'")
        if os.fstatvfs(folder).f_flag & os.ST_RDONLY:
            is_root = os.fstat(folder).st_dev == os.fstat(self.root.descriptor).st_dev
            raise Invalid(f"{'container rootfs' if is_root else 'mounted volume'} is marked read-only")

    def _is_made_up(self, path: str, way: str, instead: str) -> Unsupported:
        return Unsupported(
            f"{path} in container {self._owner} is made up by the kernel: nothing can be copied {way} it", hint=instead
        )

    def _status(self, named: Named) -> os.stat_result:
        found = self._open(named.path, view.FOLDER if named.is_folder else os.O_PATH | os.O_NOFOLLOW)
        try:
            return os.fstat(found)
        finally:
            os.close(found)

    def _open(self, path: str, flags: int) -> int:
        try:
            return self.root.open(path, flags)
        except FileNotFoundError as error:
            where = f" in container {self._owner}" if self._owner else ""
            raise NotFound(f"Could not find the file {path}{where}") from error
        except NotADirectoryError as error:
            raise Invalid(f"not a directory: {path}") from error
        except OSError as error:
            raise refused(path, error) from error

    def _shown(self, path: str) -> str:
        return f"{self._owner}:{path}" if self._owner else path

    def _resolved(self, path: str, links: int = 0) -> str:
        """`path` without links, the last part followed too, as far as they lead."""
        if links > MOST_LINKS:
            raise Invalid(f"too many levels of symbolic links: {path}")
        above, name = posixpath.split(path)
        is_step = name in ("", ".", "..")
        try:
            folder = self.root.open(path if is_step else above, view.FOLDER)
        except (FileNotFoundError, NotADirectoryError):
            return path
        try:
            real = self._path_of(folder)
            if is_step:
                return real
            text = os.readlink(name, dir_fd=folder)
        except OSError:  # no link, or nothing at all
            return posixpath.join(real, name)
        finally:
            os.close(folder)
        return self._resolved(posixpath.join(real, text), links + 1)

    def _path_of(self, descriptor: int) -> str:
        here, root = (os.readlink(place(each)) for each in (descriptor, self.root.descriptor))
        return "/" + here[len(root.rstrip("/")) :].lstrip("/")


@contextmanager
def host_files() -> Iterator[Files]:
    """Those of this machine."""
    root = Root()
    root.move("/")
    try:
        yield Files(root)
    finally:
        root.close()


@contextmanager
def container_files(house: Household, name: str) -> Iterator[Files]:
    """Those of a container with what is mounted in it. As long as the block lasts, one that does not run is neither
    started nor removed. Raises NotFound."""
    with _opened(house, name, view.live_root, _mounts) as files:
        yield files


@contextmanager
def own_files(house: Household, name: str) -> Iterator[Files]:
    """The same, without what is mounted on them."""
    with _opened(house, name, lambda home: (view.bare_root(home), frozenset()), lambda house, row: ()) as files:
        yield files


@contextmanager
def _opened(
    house: Household,
    name: str,
    find: Callable[[str], tuple[int, frozenset[int]]],
    mounts: Callable[[Household, ContainerRow], Iterable[op.Op]],
) -> Iterator[Files]:
    """`find` opens the root of one that runs; `mounts` tells what is mounted on the root of one that does not."""
    with ExitStack() as lock, ExitStack() as scope:
        lock.enter_context(house.store.containers.lock(house.row(name).id))
        row = house.row(name)  # it may have been removed meanwhile
        made_up: frozenset[int] = frozenset()
        try:
            descriptor, made_up = find(str(house.home(row)))
        except Conflict:
            root = root_fs(house.store, row.layers, house.home(row))
            overlay = op.Overlay(lower=root.lowers, upper=root.upper, work=root.work, target=root.target)
            ops = [msgspec.to_builtins(each) for each in (overlay, *mounts(house, row))]
            descriptor = view.mounted_root(ops, read_only=row.spec.read_only)
        else:
            lock.close()  # it is in nobody's way
        scope.callback(os.close, descriptor)
        yield Files(Root(descriptor), made_up, owner=name)


def _mounts(house: Household, row: ContainerRow) -> Iterable[op.Op]:
    """What the disk has of what is mounted when it runs; /etc/hosts and its like once it has run."""
    home, spec = house.home(row), row.spec
    make_sources(spec)
    etc = [Bind(str(home / name), f"/etc/{name}", spec.read_only) for name in _ETC if (home / name).exists()]
    kept = [mount for mount in spec.mounts if not isinstance(mount, Tmpfs)]
    return by_depth((*etc, *kept), places(house.store, spec, home))
