from __future__ import annotations

from pathlib import Path

import pytest

from onggi.engine.lint.configuration import Configurations
from onggi.errors import Invalid, NotFound
from onggi.lint.config.config import Changes

CODES = ("DL3007", "DL3008")


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in {".git/HEAD": "", **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def ignored(configurations: Configurations, folder: Path) -> list[str]:
    return sorted(configurations.of(folder).policy(folder / "Dockerfile", Changes()).ignored)


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "onggi.toml": "[lint]\nignore = ['A']",
            "a/.hadolint.yml": "ignored: [B]",
            "a/b/c/pyproject.toml": "[tool.onggi.lint]\nignore = ['C']",
            "a/b/d/pyproject.toml": "[tool.ruff]\nonggi = 1",
        },
    )
    found = Configurations(CODES)
    for folder, codes in {"": "A", "x/y": "A", "a": "B", "a/b": "B", "a/b/c/e": "C", "a/b/d": "B"}.items():
        assert ignored(found, root / folder) == [codes]


def test_in_one_folder_ours_comes_first(tmp_path: Path) -> None:
    files = {
        "onggi.toml": "[lint]\nignore = ['A']",
        "pyproject.toml": "[tool.onggi.lint]\nignore = ['B']",
        ".hadolint.yaml": "ignored: [C]",
        ".hadolint.yml": "ignored: [D]",
    }
    root = write(tmp_path, files)
    for name, code in zip(files, "ABCD", strict=True):
        assert ignored(Configurations(CODES), root) == [code]
        (root / name).unlink()
    assert ignored(Configurations(CODES), root) == []


def test_a_repository_is_looked_through_to_its_root(tmp_path: Path) -> None:
    write(tmp_path, {"onggi.toml": "[lint]\nignore = ['A']", "sub/.git": "gitdir: elsewhere", "sub/x/y": ""})
    assert ignored(Configurations(CODES), tmp_path / "sub/x") == []


def test_paths_are_from_the_configurations_folder(tmp_path: Path) -> None:
    text = "[lint]\nexclude = ['old']\n[[lint.overrides]]\npaths = ['a/Dockerfile']\nignore = ['A']"
    root = write(tmp_path, {"onggi.toml": text})
    found = Configurations(CODES)
    assert ignored(found, root / "a") == ["A"]
    assert ignored(found, root / "b/a") == []
    assert found.of(root / "x").excludes(root / "old/Dockerfile")
    assert not found.of(root / "x").excludes(root / "x/old/Dockerfile")


def test_one_that_is_named_counts_alone(tmp_path: Path) -> None:
    root = write(tmp_path, {"onggi.toml": "[lint]\nignore = ['A']", "c/my.yaml": "ignored: [B]"})
    assert ignored(Configurations(CODES, str(root / "c/my.yaml")), root) == ["B"]
    assert ignored(Configurations(CODES, is_looked_for=False), root) == []


@pytest.mark.parametrize(
    ("name", "text", "kind", "message"),
    [
        ("no.toml", None, NotFound, "there is no configuration file"),
        ("a.ini", "x", Invalid, "is of no known kind"),
        ("onggi.toml", "[lint]\nignore = 1", Invalid, "onggi.toml:2: lint.ignore: expected a list, not a number"),
        ("pyproject.toml", "[tool.onggi.lint]\nfoo = 1", Invalid, "pyproject.toml:2: tool.onggi.lint.foo: there is no"),
    ],
)
def test_a_file_that_is_no_good_is_refused(
    tmp_path: Path, name: str, text: str | None, kind: type[Exception], message: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(kind, match=message.replace("[", r"\[")):
        Configurations(CODES, str(tmp_path / name))


def test_what_is_wrong_in_a_pyproject_is_told(tmp_path: Path) -> None:
    root = write(tmp_path, {"pyproject.toml": "[tool.onggi.lnt]\nignore = ['A']"})
    with pytest.raises(Invalid, match=r"pyproject.toml:1: tool.onggi.lnt: there is no such key; did you mean lint\?"):
        Configurations(CODES).of(root)
    (root / "pyproject.toml").write_text("[tool.onggi.lint]\nignore = [\n")
    with pytest.raises(Invalid, match=r"pyproject\.toml:3: "):
        Configurations(CODES).of(root)


def test_a_broken_pyproject_that_is_not_about_us_is_passed_over_and_told(tmp_path: Path) -> None:
    root = write(tmp_path, {"onggi.toml": "[lint]\nignore = ['DL3007', 'X']", "a/pyproject.toml": "[project\n"})
    found = Configurations(CODES)
    assert ignored(found, root / "a/b") == ["DL3007", "X"]
    broken, unknown = found.notes
    assert "a/pyproject.toml:1:9: expected ']' at the end of a table declaration; it is passed over" in broken
    assert "onggi.toml:2: lint.ignore[1]: there is no rule X" in unknown
    with pytest.raises(Invalid, match="expected ']'"):
        Configurations(CODES, str(root / "a/pyproject.toml"))


@pytest.mark.parametrize("data", [b"\xff\xfe[\x00l\x00", b"[lint]\nx='\xff'"])
def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path, data: bytes) -> None:
    write(tmp_path, {})
    (tmp_path / "onggi.toml").write_bytes(data)
    with pytest.raises(Invalid, match="UTF-8"):
        Configurations(CODES).of(tmp_path)
