"""What a vertex yields: a chain of layers, and what is remembered of it."""

from __future__ import annotations

import msgspec

from onggi.oci import digest as digests
from onggi.oci.digest import Digest


class LayerRef(msgspec.Struct, frozen=True):
    """A snapshot in the store. `tree_digest` covers path, mode, owner, content and xattrs, never times; `size` is the
    length of its uncompressed tar in bytes."""

    diff_id: Digest
    tree_digest: Digest
    size: int


class Result(msgspec.Struct, frozen=True):
    """A root file system: layers, lowest first. `is_own`: the last layer was made by this vertex (a WORKDIR that
    existed already adds none)."""

    layers: tuple[LayerRef, ...] = ()
    is_own: bool = False

    def content(self) -> Digest:
        """Equal for equal trees, whenever and however they were made."""
        return digests.of("".join(f"{layer.tree_digest}\n" for layer in self.layers).encode())

    def on(self, base: Result) -> Result:
        """The same step's result where its input 0 is another tree of equal content."""
        return Result(base.layers + (self.layers[-1:] if self.is_own else ()), self.is_own)


class CacheEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A remembered result.

    owned: for each vertex on the line of first inputs that ends here, the source left out, whether it made a layer;
    so a hit alone tells which step of the image's history each layer belongs to. seconds: what making it took, which
    is what a hit saves. detail: as shown then ("412 files, 1.8 MB"). contents: what stood for its inputs in its
    content key; () in entries that older versions made. text: what made it ("RUN make"); "" in those.
    """

    result: Result
    owned: tuple[bool, ...]
    seconds: float
    created: float = 0.0
    detail: str = ""
    contents: tuple[Digest, ...] = ()
    text: str = ""
