"""Where a copy goes and what it is called there, by Docker's rules (moby, pkg/archive, PrepareArchiveCopy).

    source      destination: a folder     a file or a link    not there
    a file      into it, by its name      replaces it         made, in a folder that is there
    FOLDER      into it, by its name      an error            made, with what is in FOLDER
    FOLDER/.    what is in it, into it    an error            made, with what is in FOLDER

A destination that ends with a slash must be a folder, or become one. Pure: what is there is looked up before.
"""

from __future__ import annotations

import posixpath

import msgspec

from onggi.errors import Invalid, NotFound


class Named(msgspec.Struct, frozen=True):
    """A path as a person wrote it: `path` is absolute, without dots. is_folder: it says so, ending with `/` or `/.`;
    is_contents: it means what is in the folder, ending with `/.`."""

    path: str
    is_folder: bool
    is_contents: bool

    @property
    def name(self) -> str:
        """Its last part, "." for contents, "/" for the root."""
        return "." if self.is_contents else posixpath.basename(self.path) or "/"


class Source(msgspec.Struct, frozen=True):
    """What is to be copied. `name` is what it is called, which is the link's where one was followed."""

    named: Named
    name: str
    is_folder: bool


class Destination(msgspec.Struct, frozen=True):
    """Where to. `path` is where that is, its last part followed as far as it leads."""

    named: Named
    path: str
    is_there: bool
    is_folder: bool


class Landing(msgspec.Struct, frozen=True):
    """The folder that something is put into, which must be there, and what it is called in it: "." for what is in a
    folder."""

    folder: str
    name: str


def parse(path: str) -> Named:
    """By text, as Docker does: `a/../b` is `b` whatever `a` is. What is not absolute is taken from the root."""
    last = posixpath.basename(path)
    clean = posixpath.normpath("/" + path.lstrip("/"))
    return Named(clean, is_folder=last in ("", ".") or clean == "/", is_contents=last == ".")


def land(source: Source, destination: Destination) -> Landing:
    """Raises Invalid and NotFound for what cannot be."""
    asked = destination.named
    if destination.is_folder:
        # What is in the root, too: it has no name to go by.
        return Landing(destination.path, "." if source.named.path == "/" or source.named.is_contents else source.name)
    if destination.is_there:
        if source.is_folder:
            raise Invalid(f"cannot copy directory {source.named.path}: {asked.path} is a file")
        if asked.is_folder:
            raise Invalid(f"not a directory: {asked.path}")
    elif asked.is_contents or (asked.is_folder and not source.is_folder):
        raise NotFound(f"no such directory: {asked.path}")
    folder, name = posixpath.split(destination.path)
    return Landing(folder, name)
