from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from onggi.dockerfile.source import DockerfileError
from onggi.engine.context_files import ContextFile, IgnoredPath, context_files
from onggi.errors import Invalid, NotFound


def make(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def test_files_with_sizes_and_the_lines_that_ignore_the_others(tmp_path: Path) -> None:
    ignore = "# what is made\n\nnode_modules\n*.log\n!keep.log\ndocs/*\n!docs/api/**\n"
    files = {
        ".dockerignore": ignore,
        "app.py": "12345",
        "a.log": "",
        "keep.log": "1",
        "node_modules/x/y.js": "",
        "docs/guide.md": "",
        "docs/api/a.md": "12",
        "docs/old/b.md": "",
    }
    make(tmp_path, files)
    (tmp_path / "link").symlink_to("app.py")
    found = context_files(tmp_path)
    assert found.files == (
        ContextFile(".dockerignore", len(ignore)),
        ContextFile("app.py", 5),
        ContextFile("docs/api/a.md", 2),
        ContextFile("keep.log", 1),
        ContextFile("link", 0),
    )
    assert found.ignored == (
        IgnoredPath("a.log", ".dockerignore", 4, "*.log"),
        IgnoredPath("docs/guide.md", ".dockerignore", 6, "docs/*"),
        IgnoredPath("docs/old/", ".dockerignore", 6, "docs/*"),
        IgnoredPath("node_modules/", ".dockerignore", 3, "node_modules"),
    )
    assert found.bytes == len(ignore) + 8


def test_a_folder_whose_contents_are_ignored(tmp_path: Path) -> None:
    make(tmp_path, {".dockerignore": "dist/**\n", "dist/a/b": "", "dist/c": ""})
    assert context_files(tmp_path).ignored == (IgnoredPath("dist/", ".dockerignore", 1, "dist/**"),)


def test_the_file_beside_the_dockerfile_wins(tmp_path: Path) -> None:
    make(tmp_path, {".dockerignore": "a", "build/app.dockerignore": "b", "build/app": "", "a": "", "b": ""})
    found = context_files(tmp_path, tmp_path / "build/app")
    name = f"{tmp_path}/build/app.dockerignore"
    assert found.ignored == (IgnoredPath("b", name, 1, "b"),)
    assert "a" in [file.path for file in found.files]


def test_nothing_is_ignored_without_a_file(tmp_path: Path) -> None:
    found = context_files(make(tmp_path, {"a": "1"}))
    assert (found.files, found.ignored) == ((ContextFile("a", 1),), ())


def test_sockets_and_names_of_any_bytes(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff")).touch()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        assert context_files(tmp_path).files == (ContextFile(r"\xff", 0),)


def test_what_is_no_context(tmp_path: Path) -> None:
    make(tmp_path, {"file": "", ".dockerignore": "[\n"})
    with pytest.raises(NotFound, match="nothing is not a folder"):
        context_files(tmp_path / "nothing")
    with pytest.raises(Invalid, match="file is not a folder"):
        context_files(tmp_path / "file")
    with pytest.raises(NotFound, match="no such file"):
        context_files(tmp_path, tmp_path / "Dockerfile")
    with pytest.raises(DockerfileError, match=r"\.dockerignore:1:1"):
        context_files(tmp_path)
