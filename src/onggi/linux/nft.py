"""The program nft: rules applied from text, all or none, and listed. In this thread's network namespace."""

from __future__ import annotations

import os
from typing import Any

from onggi import errors

PLACES = ("/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft", "/usr/local/sbin/nft")

_MEANINGS: dict[str, tuple[type[errors.OnggiError], str]] = {
    "No such file or directory": (errors.NotFound, ""),
    "File exists": (errors.Conflict, ""),
    "Device or resource busy": (errors.Conflict, ""),
    "Operation not permitted": (errors.Denied, "this needs root, or CAP_NET_ADMIN"),
    "Operation not supported": (errors.Unsupported, "this kernel lacks a part of nftables: a module, or the whole"),
    "syntax error": (errors.Unsupported, "onggi needs nft 1.0 or newer"),
}
"""What nft says, which is strerror(3) mostly, → what it means."""


def apply(text: str, doing: str) -> None:
    """All of it in one transaction. `doing` is how an error begins: "cannot make the rules of the network web". Raises
    NotFound, Conflict, Denied, and Unsupported without nft or what it needs."""
    begin(text, doing).finish()


def begin(text: str, doing: str) -> Running:
    """The same while we do other things, in the network namespace that this thread is in now."""
    return Running(("-f", "-"), doing, text)


def command(path: str, doing: str) -> tuple[str, ...]:
    """What another process runs to apply what is in the file then. Raises Unsupported without nft."""
    return _find(doing), "-f", path


def listing(table: str) -> list[dict[str, Any]]:
    """The objects in the table, as libnftables-json(5) has them. Raises NotFound."""
    return objects(begin_listing(table))


def begin_listing(table: str) -> Running:
    """The same while we do other things: `objects` are those that it finds."""
    return Running(("-j", "list", "table", "inet", table), f"cannot list the table {table}")


def objects(listing: Running) -> list[dict[str, Any]]:
    """Raises NotFound."""
    return _objects(listing.finish())


def chains() -> list[dict[str, Any]]:
    """All of this namespace, whoever made them, as libnftables-json(5) has them."""
    found = _objects(Running(("-j", "list", "chains"), "cannot list the chains of nftables").finish())
    return [each["chain"] for each in found if "chain" in each]


def chain(family: str, table: str, name: str) -> str:
    """Its rules, as nft writes them. Raises NotFound."""
    return Running(("list", "chain", family, table, name), f"cannot list the chain {family} {table} {name}").finish()


def _objects(output: str) -> list[dict[str, Any]]:
    import msgspec  # not where rules are only applied

    objects: list[dict[str, Any]] = msgspec.json.decode(output)["nftables"]
    return objects


class Running:
    """The program at work: `finish` or `wait` is called in the end. Through files in memory: nobody has to read while
    another writes."""

    def __init__(self, arguments: tuple[str, ...], doing: str, text: str = "") -> None:
        program = _find(doing)
        self._doing = doing
        self._pid = 0
        self._output = self._said = ""
        self._status = 0
        self._files = [os.memfd_create(name) for name in ("input", "output", "error")]
        try:
            os.pwrite(self._files[0], text.encode(), 0)
            actions = [(os.POSIX_SPAWN_DUP2, descriptor, number) for number, descriptor in enumerate(self._files)]
            self._pid = os.posix_spawn(program, (program, *arguments), {}, file_actions=actions)
        except BaseException:
            self.wait()
            raise

    def finish(self) -> str:
        """What it wrote; where it was refused, what `apply` raises."""
        self.wait()
        if self._status:
            raise _refusal(self._doing, self._said)
        return self._output

    def wait(self) -> None:
        """Returns when it has ended, however it did."""
        if self._pid:
            _, self._status = os.waitpid(self._pid, 0)
            self._pid = 0
            self._output, self._said = (os.pread(file, os.fstat(file).st_size, 0).decode() for file in self._files[1:])
        while self._files:
            os.close(self._files.pop())


def _find(doing: str) -> str:
    for path in PLACES:
        if os.access(path, os.X_OK):
            return path
    raise errors.Unsupported(
        f"{doing}: the program nft is not installed",
        hint="install the package nftables, or use --network host or none",
    )


def _refusal(doing: str, said: str) -> errors.OnggiError:
    """`/dev/stdin:1:46-67: Error: Could not process rule: File exists`, and below it the line with what is meant."""
    first, _, rest = said.strip().partition("\n")
    reason = first.rpartition("Error: ")[2]
    for words, (meaning, hint) in _MEANINGS.items():
        if words in reason:
            return meaning(f"{doing}: {reason}", hint=hint or rest.partition("\n")[0])
    return errors.Unavailable(f"{doing}: {reason or 'nft gave no reason'}", hint=rest.partition("\n")[0])
