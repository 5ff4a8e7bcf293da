"""Users and groups by the rules of Docker: names are looked up in the image's own /etc/passwd and /etc/group, numbers
need not be there. There are two sets of rules, one for the user a process runs as, one for the owner of copied
files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import msgspec

from onggi.errors import Invalid, NotFound
from onggi.layer.union import Union

Owner: TypeAlias = tuple[int, int]
"""A user ID and a group ID."""

_MAX_ID = 2**31 - 1
"""The highest ID that may be asked for by number, as in Docker."""
_MAX_ENTRY = 2**32 - 2
"""The highest that an entry can give: the kernel has no more, and takes the next one for "leave it as it is"."""
_NUMBER = re.compile(r"-?[0-9]+")
_MAX_DIGITS = 10


class Account(msgspec.Struct, frozen=True):
    """Whom a process runs as. `groups` are supplementary; `home` is "/" where the image does not say."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str


class _User(msgspec.Struct, frozen=True):
    name: str
    uid: int
    gid: int
    home: str


class _Group(msgspec.Struct, frozen=True):
    name: str
    gid: int
    members: tuple[str, ...]


def resolve_user(union: Union, user: str) -> Account:
    """The account that `user` (of USER or --user: "", name, uid, each with an optional :group or :gid) means in
    `union`.

    A number is always an ID; one without an entry gets group 0 and home "/". Without a group of its own the account
    has the supplementary groups that list its name. Raises Invalid for a name without an entry.
    """
    who, _, group = user.partition(":")
    uid = _number(who)
    if not who:
        uid = 0
    entry = next((u for u in _users(union) if (u.name == who if uid is None else u.uid == uid)), None)
    if uid is None and entry is None:
        raise _no_entry("user", who, "passwd")
    account = entry or _User("", uid or 0, 0, "/")
    if group:
        return Account(account.uid, _group_id(union, group), (), account.home or "/")
    groups = tuple(g.gid for g in _groups(union) if account.name and account.name in g.members)
    return Account(account.uid, account.gid, groups, account.home or "/")


def resolve_groups(union: Union, groups: Iterable[str]) -> tuple[int, ...]:
    """The IDs that the names or numbers of --group-add mean in `union`. Raises Invalid for a name without an entry."""
    return tuple(_group_id(union, group) for group in groups)


def resolve_owner(union: Union, owner: str) -> Owner:
    """The IDs that `owner` (of --chown, or the USER that owns a WORKDIR) means in `union`; "" is root.

    A number without a group is the group too, a name brings the group of its entry. Raises Invalid for a name without
    an entry.
    """
    if not owner:
        return 0, 0
    who, _, group = owner.partition(":")
    uid = _number(who) if who else 0
    if uid is None:
        entry = next((user for user in _users(union) if user.name == who), None)
        if entry is None:
            raise _no_entry("user", who, "passwd")
        uid, gid = entry.uid, entry.gid
    else:
        gid = uid
    return uid, _group_id(union, group) if group else gid


def _group_id(union: Union, group: str) -> int:
    gid = _number(group)
    if gid is None:
        gid = next((entry.gid for entry in _groups(union) if entry.name == group), None)
    if gid is None:
        raise _no_entry("group", group, "group")
    return gid


def _number(text: str) -> int | None:
    """The ID that `text` is, None for a name."""
    if not _NUMBER.fullmatch(text):
        return None
    if len(text) > _MAX_DIGITS or not 0 <= int(text) <= _MAX_ID:
        raise Invalid(f"user and group IDs must be in the range 0-{_MAX_ID}: {text}")
    return int(text)


def _no_entry(kind: str, name: str, file: str) -> Invalid:
    return Invalid(
        f"unable to find {kind} {name}: no matching entries in {file} file",
        hint=f"create the {kind} in the image first, or give its number",
    )


def _users(union: Union) -> Iterator[_User]:
    for fields in _lines(union, "/etc/passwd"):
        match fields:
            case [name, _, uid, gid, _, home, *_] if _is_id(uid) and _is_id(gid):
                yield _User(name, int(uid), int(gid), home)


def _groups(union: Union) -> Iterator[_Group]:
    for fields in _lines(union, "/etc/group"):
        match fields:
            case [name, _, gid, members, *_] if _is_id(gid):
                yield _Group(name, int(gid), tuple(members.split(",")))


def _is_id(text: str) -> bool:
    """Whether a field of an entry is an ID. One that is not makes the entry none: the image is a stranger's."""
    return len(text) <= _MAX_DIGITS and text.isascii() and text.isdigit() and int(text) <= _MAX_ENTRY


def _lines(union: Union, path: str) -> Iterator[list[str]]:
    """The fields of each entry: passwd(5), group(5). An image without the file has no entries."""
    try:
        text = union.read_text(path)
    except NotFound:
        return
    for line in text.split("\n"):
        if line.strip() and not line.startswith("#"):
            yield line.strip().split(":")
