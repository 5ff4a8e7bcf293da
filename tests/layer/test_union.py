from __future__ import annotations

import os
from pathlib import Path

import pytest

from onggi.errors import Invalid, NotFound
from onggi.layer import whiteout
from onggi.layer.union import Union


@pytest.fixture
def layers(tmp_path: Path) -> tuple[Path, Path]:
    upper, lower = tmp_path / "upper", tmp_path / "lower"
    upper.mkdir()
    lower.mkdir()
    return upper, lower


def union(*folders: Path) -> Union:
    return Union([str(folder) for folder in folders])


def test_the_highest_layer_wins_and_folders_are_merged(layers: tuple[Path, Path]) -> None:
    upper, lower = layers
    for layer, name in ((upper, "new"), (lower, "old")):
        (layer / "app").mkdir()
        (layer / "app" / name).write_text(name)
        (layer / "app" / "both").write_text(name)
    (upper / "app").chmod(0o700)
    view = union(upper, lower)
    assert view.listdir("/app") == ["both", "new", "old"]
    assert view.read_text("app/both") == "new"
    assert view.read_text("/app/old") == "old"
    folder = view.lookup("/app")
    assert folder is not None
    assert folder.stat.st_mode & 0o777 == 0o700
    assert folder.real == str(upper / "app")


def test_a_whiteout_hides_what_is_below(layers: tuple[Path, Path]) -> None:
    upper, lower = layers
    (lower / "gone").mkdir()
    (lower / "gone" / "x").touch()
    (lower / "kept").touch()
    whiteout.make_whiteout(str(upper / "gone"))
    view = union(upper, lower)
    assert view.listdir("/") == ["kept"]
    assert view.lookup("/gone") is None
    assert view.lookup("/gone/x") is None


def test_an_opaque_folder_hides_what_is_below(layers: tuple[Path, Path]) -> None:
    upper, lower = layers
    for layer, name in ((upper, "new"), (lower, "old")):
        (layer / "app").mkdir()
        (layer / "app" / name).touch()
    whiteout.make_opaque(str(upper / "app"))
    assert union(upper, lower).listdir("/app") == ["new"]


def test_a_file_between_two_folders_ends_the_merge(tmp_path: Path) -> None:
    top, middle, bottom = (tmp_path / name for name in ("top", "middle", "bottom"))
    (top / "x").mkdir(parents=True)
    middle.mkdir()
    (middle / "x").touch()
    (bottom / "x").mkdir(parents=True)
    (bottom / "x" / "hidden").touch()
    assert union(top, middle, bottom).listdir("/x") == []


def test_links_are_followed_across_layers_and_never_lead_out(layers: tuple[Path, Path]) -> None:
    upper, lower = layers
    (lower / "usr" / "bin").mkdir(parents=True)
    (lower / "usr" / "bin" / "sh").write_text("shell")
    (upper / "bin").symlink_to("usr/bin")
    (upper / "usr").mkdir()
    (upper / "usr" / "up").symlink_to("../../../../../usr/bin/sh")
    (upper / "absolute").symlink_to("/bin/sh")
    (upper / "outside").symlink_to("/etc/hostname")
    view = union(upper, lower)
    assert view.read_text("/bin/sh") == "shell"
    assert view.read_text("/usr/up") == "shell"
    assert view.read_text("/absolute") == "shell"
    assert view.lookup("/outside") is None
    assert view.resolve("/bin/../lib/x") == "/usr/lib/x"
    assert view.resolve("/bin/new/file") == "/usr/bin/new/file"
    assert view.resolve("/..") == "/"
    node = view.lookup("/bin", follow=False)
    assert node is not None
    assert node.is_link


def test_a_loop_of_links_is_told(layers: tuple[Path, Path]) -> None:
    upper, _ = layers
    (upper / "a").symlink_to("b")
    (upper / "b").symlink_to("a")
    with pytest.raises(Invalid, match="too many levels of symbolic links: /a/x"):
        union(upper).lookup("/a/x")
    assert union(upper).lookup("/a", follow=False) is not None


def test_what_is_missing_or_of_another_kind(layers: tuple[Path, Path]) -> None:
    upper, _ = layers
    (upper / "file").touch()
    view = union(upper)
    with pytest.raises(NotFound, match="/no"):
        view.listdir("/no")
    with pytest.raises(NotFound):
        view.open("/file/x")
    with pytest.raises(NotFound):
        list(view.walk("/no"))
    with pytest.raises(Invalid, match="not a folder"):
        view.listdir("/file")
    with pytest.raises(Invalid, match="not a regular file"):
        view.open("/")


def test_no_layers_at_all() -> None:
    view = Union([])
    assert view.lookup("/") is None
    assert view.resolve("/app/x") == "/app/x"


def test_walk_has_folders_before_contents_in_order_of_names(layers: tuple[Path, Path]) -> None:
    upper, lower = layers
    (lower / "b" / "c").mkdir(parents=True)
    (upper / "b").mkdir()
    (upper / "b" / "a").touch()
    (upper / "b-").touch()
    (upper / "a").symlink_to("b")
    assert [node.path for node in union(upper, lower).walk()] == ["/", "/a", "/b", "/b/a", "/b/c", "/b-"]
    assert [node.path for node in union(upper, lower).walk("/a")] == ["/b", "/b/a", "/b/c"]


def test_names_that_are_not_text(layers: tuple[Path, Path]) -> None:
    upper, _ = layers
    name = os.fsdecode(b"caf\xe9")
    (upper / name).write_bytes(b"\xff\xfe")
    assert union(upper).listdir("/") == [name]
    assert union(upper).read_text(name) == "��"
