"""Vertices without inputs: files from the Dockerfile itself or from elsewhere become a layer on nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from onggi.engine.build.surroundings import Surroundings
from onggi.graph.op import GitSource, HttpSource, InlineSource
from onggi.oci import digest
from onggi.oci.digest import Digest
from onggi.solve.ports import Cancel
from onggi.solve.result import LayerRef, Result
from onggi.store.disk import make_folder

if TYPE_CHECKING:
    from onggi.fetch.git import Commit, Git
    from onggi.store.downloads import Download


def write_inline(op: InlineSource, around: Surroundings) -> Result:
    """Heredocs as files."""
    with around.store.temporary() as folder:
        target = make_folder(folder / "layer")
        for file in op.files:
            path = target / file.name
            path.write_text(file.content, encoding="utf-8", newline="")
            path.chmod(file.mode)
        return around.add_layer(target, Result())


class Files:
    """Files from URLs. A server is asked once a build; it cannot tell a digest, so a file that is new or has changed is
    fetched when its key is made."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._found: dict[HttpSource, tuple[Download, LayerRef]] = {}

    def identity(self, op: HttpSource) -> str:
        """The digest of what the URL has now. Raises what `fetch.http.fetch` raises."""
        if op not in self._found:
            place = digest.of(op.url.encode())  # a URL may hold a password
            with self._around.store.lock(f"download {place}"):
                self._found[op] = self._latest(op, place)
        return self._found[op][0].digest

    def layer(self, op: HttpSource) -> Result:
        """The file, whose identity is known."""
        return Result((self._found[op][1],), is_own=True)

    def _latest(self, op: HttpSource, place: Digest) -> tuple[Download, LayerRef]:
        """What was fetched before and kept at `place` if that is still it, else what is fetched now."""
        from onggi.fetch.http import NotModified, Validators  # late: most builds fetch nothing
        from onggi.store.downloads import Download

        around = self._around
        known = around.store.downloads.get(place, op.name, around.lease)
        if known and known[0].digest == op.checksum:
            return known
        validators = None
        if known and not op.checksum:
            validators = Validators(known[0].etag, known[0].last_modified)
        with around.store.temporary() as folder:
            target = make_folder(folder / "layer")
            path = target / op.name
            with open(path, "xb+") as file:
                found = around.remotes.fetch(op.url, file, checksum=op.checksum, known=validators)
            if isinstance(found, NotModified):
                assert known is not None
                return known
            path.chmod(0o600)
            date = found.modified or 0
            os.utime(path, (date, date))
            (layer,) = around.add_layer(target, Result()).layers
        download = Download(found.digest, found.validators.etag, found.validators.last_modified)
        around.store.downloads.put(place, op.name, download, layer)
        return download, layer


class Repositories:
    """Commits of git repositories."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._found: dict[GitSource, Commit] = {}

    def identity(self, op: GitSource) -> str:
        """The commit that the address means now. Raises what `fetch.git.Git.resolve` raises."""
        if op not in self._found:
            self._found[op] = self._repository(op).resolve()
        return self._found[op].id

    def layer(self, op: GitSource, cancel: Cancel) -> Result:
        """The commit's files."""
        with self._around.store.temporary() as folder:
            target = make_folder(folder / "layer")
            repository = self._repository(op, cancel)
            repository.checkout(self._found[op], target, keep_git_dir=op.keep_git_dir)
            return self._around.add_layer(target, Result())

    def _repository(self, op: GitSource, cancel: Cancel | None = None) -> Git:
        return self._around.remotes.repository(op.address, checksum=op.checksum, cancel=cancel)
