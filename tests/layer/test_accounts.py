from __future__ import annotations

from pathlib import Path

import pytest

from onggi.errors import Invalid
from onggi.layer.accounts import Account, resolve_owner, resolve_user
from onggi.layer.union import Union

PASSWD = """\
root:x:0:0:root:/root:/bin/bash
# a comment
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin

node:x:1000:1000:Node:/home/node:/bin/sh
0123:x:77:78::/home/digits:/bin/sh
broken
homeless:x:5:6:::
"""
GROUP = """\
root:x:0:
docker:x:999:node,daemon
node:x:1000:
audio:x:29:node
"""


@pytest.fixture
def image(tmp_path: Path) -> Union:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text(PASSWD)
    (tmp_path / "etc" / "group").write_text(GROUP)
    return Union([str(tmp_path)])


@pytest.mark.parametrize(
    ("user", "account"),
    [
        ("", Account(0, 0, (), "/root")),
        ("root", Account(0, 0, (), "/root")),
        ("node", Account(1000, 1000, (999, 29), "/home/node")),
        ("1000", Account(1000, 1000, (999, 29), "/home/node")),
        ("node:docker", Account(1000, 999, (), "/home/node")),
        ("node:12345", Account(1000, 12345, (), "/home/node")),
        ("4242", Account(4242, 0, (), "/")),
        ("4242:4243", Account(4242, 4243, (), "/")),
        ("4242:docker", Account(4242, 999, (), "/")),
        ("0123", Account(123, 0, (), "/")),  # digits are always an ID, never a name
        ("homeless", Account(5, 6, (), "/")),
        (":docker", Account(0, 999, (), "/root")),
    ],
)
def test_resolve_user(image: Union, user: str, account: Account) -> None:
    assert resolve_user(image, user) == account


@pytest.mark.parametrize(
    ("owner", "ids"),
    [
        ("", (0, 0)),
        ("node", (1000, 1000)),
        ("daemon:docker", (1, 999)),
        ("55", (55, 55)),
        ("1000", (1000, 1000)),
        ("55:66", (55, 66)),
        ("55:docker", (55, 999)),
        ("node:0", (1000, 0)),
    ],
)
def test_resolve_owner(image: Union, owner: str, ids: tuple[int, int]) -> None:
    assert resolve_owner(image, owner) == ids


def test_names_must_be_there(image: Union) -> None:
    with pytest.raises(Invalid, match="unable to find user ghost: no matching entries in passwd file"):
        resolve_user(image, "ghost")
    with pytest.raises(Invalid, match="unable to find group ghosts: no matching entries in group file"):
        resolve_user(image, "node:ghosts")
    with pytest.raises(Invalid, match="unable to find user ghost"):
        resolve_owner(image, "ghost:0")
    with pytest.raises(Invalid, match="unable to find group ghosts"):
        resolve_owner(image, "0:ghosts")


@pytest.mark.parametrize("user", ["-1", "2147483648", "0:-5", "9" * 5000])
def test_ids_out_of_range(image: Union, user: str) -> None:
    with pytest.raises(Invalid, match="must be in the range 0-2147483647"):
        resolve_user(image, user)


@pytest.mark.parametrize("uid", ["", "-1", "x", "²", "4294967295", "9" * 5000])
def test_an_entry_without_an_id_is_none(tmp_path: Path, uid: str) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text(f"app:x:{uid}:7::/home/app:/bin/sh\n")
    (tmp_path / "etc" / "group").write_text(f"app:x:{uid}:\n")
    with pytest.raises(Invalid, match="unable to find user app"):
        resolve_user(Union([str(tmp_path)]), "app")
    with pytest.raises(Invalid, match="unable to find group app"):
        resolve_owner(Union([str(tmp_path)]), "0:app")


def test_an_image_without_the_files() -> None:
    assert resolve_user(Union([]), "") == Account(0, 0, (), "/")
    assert resolve_user(Union([]), "33:44") == Account(33, 44, (), "/")
    with pytest.raises(Invalid):
        resolve_user(Union([]), "www-data")
