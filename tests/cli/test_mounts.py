"""-v, --mount and --tmpfs."""

from __future__ import annotations

from pathlib import Path

import pytest

from onggi.cli import mounts
from onggi.container.spec import Bind, Tmpfs
from onggi.errors import Invalid, NotFound, OnggiError, Unsupported


@pytest.mark.parametrize(
    ("text", "bind"),
    [
        ("/a:/b", Bind("/a", "/b")),
        ("/a:/b:ro", Bind("/a", "/b", read_only=True)),
        ("/a:/b:rw", Bind("/a", "/b")),
        ("/a:/b:ro,rslave", Bind("/a", "/b", read_only=True, propagation="rslave")),
        ("/a:/b:cached", Bind("/a", "/b")),
        ("./src:/app", Bind("/work/src", "/app")),
        (".:/app/", Bind("/work", "/app")),
        ("../x:/app", Bind("/x", "/app")),
        ("/a/../b/:/c/../d", Bind("/b", "/d")),
    ],
)
def test_volume(text: str, bind: Bind) -> None:
    assert mounts.parse_volume(text, "/work") == bind


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("data:/b", Unsupported, "-v data:/b asks for a volume named data"),
        ("/b", Unsupported, "-v /b asks for an anonymous volume"),
        ("/a:b", Invalid, "mount path 'b' is not absolute"),
        ("/a:/", Invalid, "the container's root cannot be mounted over"),
        ("/a:/b:rx", Invalid, "unknown option 'rx'"),
        ("/a:/b:z", Unsupported, "does not relabel files"),
        ("/a:/b:ro:x", Invalid, "invalid volume specification"),
        (":/b", Invalid, "invalid volume specification"),
        ("", Unsupported, "anonymous"),
    ],
)
def test_wrong_volume(text: str, kind: type[OnggiError], message: str) -> None:
    with pytest.raises(kind, match=message):
        mounts.parse_volume(text, "/work")


def test_mount(tmp_path: Path) -> None:
    folder = str(tmp_path)
    (tmp_path / "a,b").mkdir()
    assert mounts.parse_mount(f"type=bind,source={folder},target=/b", "/") == Bind(folder, "/b")
    assert mounts.parse_mount(f"type=bind,src={folder},dst=/b,ro", "/") == Bind(folder, "/b", read_only=True)
    assert mounts.parse_mount("type=bind,src=.,destination=/b,readonly=false,bind-propagation=shared", folder) == Bind(
        folder, "/b", propagation="shared"
    )
    assert mounts.parse_mount(f'type=bind,"src={folder}/a,b",dst=/b', "/") == Bind(f"{folder}/a,b", "/b")
    assert mounts.parse_mount("type=tmpfs,dst=/t,tmpfs-size=64m,tmpfs-mode=1777", "/") == Tmpfs(
        "/t", ("size=67108864", "mode=1777")
    )


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("source=data,target=/b", Unsupported, "asks for a volume"),
        ("type=npipe,target=/b", Unsupported, "type npipe is not known here"),
        ("type=bind,target=/b", Invalid, "source is missing"),
        ("type=bind,source=/", Invalid, "target is missing"),
        ("type=bind,source=/nowhere/at/all,target=/b", NotFound, "bind source path does not exist: /nowhere/at/all"),
        ("type=bind,source=etc,target=/b", Invalid, "source 'etc' is not absolute"),
        ("type=bind,source=/etc,target=/b,tmpfs-size=1", Invalid, "'tmpfs-size' is no key of type bind"),
        ("type=bind,source=/etc,target=/b,readonly=maybe", Invalid, "readonly is true or false"),
        ("type=bind,source=/etc,target=/b,bind-propagation=x", Invalid, "unknown propagation 'x'"),
        ("type=tmpfs,target=/b,tmpfs-mode=888", Invalid, "mode '888' is not octal"),
        ("type=tmpfs,target=/b,tmpfs-size=big", Invalid, "invalid size: 'big'"),
        ("type=tmpfs,/b", Invalid, "'/b' is not key=value"),
        ('type=tmpfs,"target=/b', Invalid, "is not a line of CSV"),
    ],
)
def test_wrong_mount(text: str, kind: type[OnggiError], message: str) -> None:
    with pytest.raises(kind, match=message):
        mounts.parse_mount(text, "/")


def test_tmpfs() -> None:
    assert mounts.parse_tmpfs("/run") == Tmpfs("/run")
    assert mounts.parse_tmpfs("/run:rw,size=64k") == Tmpfs("/run", ("rw", "size=64k"))


def test_two_on_one_place() -> None:
    with pytest.raises(Invalid, match="Duplicate mount point: /b"):
        mounts.parse_all(["/a:/b"], [], ["/b/"], "/")
