"""Names that people give to images."""

from __future__ import annotations

from onggi.errors import Invalid
from onggi.oci import reference
from onggi.oci.reference import Reference


def new_name(text: str) -> Reference:
    """A name to be given to an image. Raises Invalid, also for a digest: an image has one, it is not given one."""
    name = reference.parse(text)
    if name.digest:
        raise Invalid(f"{name.familiar()}: a digest cannot be given; write a name and a tag")
    return name
