"""Vertices without inputs: files from the Dockerfile itself or from elsewhere become a layer on nothing."""

from __future__ import annotations

import os

from onggi.engine.build.surroundings import Surroundings
from onggi.engine.rootfs import make_folder
from onggi.graph.op import HttpSource, InlineSource
from onggi.solve.result import LayerRef, Result
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
            with self._around.store.lock(f"download {op.url}"):
                self._found[op] = self._latest(op)
        return self._found[op][0].digest

    def layer(self, op: HttpSource) -> Result:
        """The file, whose identity is known."""
        return Result((self._found[op][1],), is_own=True)

    def _latest(self, op: HttpSource) -> tuple[Download, LayerRef]:
        """What was fetched before if that is still it, else what is fetched now."""
        from onggi.fetch.http import NotModified, Validators, fetch  # late: most builds fetch nothing

        around = self._around
        known = around.store.downloads.get(op.url, op.name, around.lease)
        if known and known[0].digest == op.checksum:
            return known
        validators = None
        if known and not op.checksum:
            validators = Validators(known[0].etag, known[0].last_modified)
        with around.store.temporary() as folder:
            target = make_folder(folder / "layer")
            path = target / op.name
            with open(path, "xb+") as file:
                found = fetch(op.url, file, checksum=op.checksum, known=validators, network=around.network)
            if isinstance(found, NotModified):
                assert known is not None
                return known
            path.chmod(0o600)
            date = found.modified or 0
            os.utime(path, (date, date))
            (layer,) = around.add_layer(target, Result()).layers
        download = Download(found.digest, found.validators.etag, found.validators.last_modified)
        around.store.downloads.put(op.url, op.name, download, layer)
        return download, layer
