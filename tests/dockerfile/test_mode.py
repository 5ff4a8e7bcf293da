"""--chmod against the real chmod(1), on files and folders, with a umask of 0."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onggi.dockerfile.mode import parse
from onggi.errors import Invalid

bits = st.integers(0, 0o7777)
permissions = st.one_of(st.text("rwxXst", max_size=4), st.sampled_from("ugo"))
actions = st.tuples(st.sampled_from("+-="), permissions).map("".join)
clauses = st.tuples(st.text("ugoa", max_size=3), st.lists(actions, min_size=1, max_size=3).map("".join)).map("".join)
symbolic = st.lists(clauses, min_size=1, max_size=3).map(",".join)


def changed_by_chmod(text: str, modes: list[int], folder: Path, *, is_folder: bool) -> list[int]:
    """What chmod(1) makes of each mode."""
    paths = [folder / str(number) for number in range(len(modes))]
    for path, mode in zip(paths, modes, strict=True):
        path.mkdir() if is_folder else path.touch()
        path.chmod(mode)
    subprocess.run(["chmod", "--", text, *paths], check=True, umask=0)
    return [path.stat().st_mode & 0o7777 for path in paths]


@settings(max_examples=60)
@given(text=symbolic, modes=st.lists(bits, min_size=1, max_size=8), is_folder=st.booleans())
def test_symbolic_modes_are_those_of_chmod(
    tmp_path_factory: pytest.TempPathFactory, text: str, modes: list[int], is_folder: bool
) -> None:
    change = parse(text)
    expected = changed_by_chmod(text, modes, tmp_path_factory.mktemp("modes"), is_folder=is_folder)
    assert [oct(change(mode, is_folder)) for mode in modes] == [oct(mode) for mode in expected]


@pytest.mark.parametrize(
    ("text", "old", "is_folder", "new"),
    [
        ("755", 0o600, False, 0o755),
        ("0755", 0o600, False, 0o755),
        ("4755", 0, False, 0o4755),
        ("0", 0o6777, True, 0),  # chmod(1) would leave the set-ID bits of a folder; Docker's number is the mode
        ("+x", 0o644, False, 0o755),
        ("u=rwX,go=rX", 0o600, True, 0o755),
        ("u=rwX,go=rX", 0o600, False, 0o644),
        ("u=rwX,go=rX", 0o700, False, 0o755),
        ("g=u", 0o640, False, 0o660),
        ("a-w", 0o666, False, 0o444),
        ("u=rw,go=", 0o777, False, 0o600),
        ("+t", 0o777, True, 0o1777),
        ("g+s", 0o755, True, 0o2755),
        ("u+x-w", 0o600, False, 0o500),
    ],
)
def test_modes(text: str, old: int, is_folder: bool, new: int) -> None:
    assert oct(parse(text)(old, is_folder)) == oct(new)


@pytest.mark.parametrize("text", ["", "8", "77777", "-1", "u", "x", "u=rw, g=r", "u=rw;", "+rwz", "u=ug", ",", "0o755"])
def test_what_is_no_mode(text: str) -> None:
    with pytest.raises(Invalid, match="is not a mode"):
        parse(text)


def test_numbers_are_those_of_chmod_for_files(tmp_path: Path) -> None:
    modes = [0, 0o644, 0o7777]
    for text in ("644", "0", "04755"):
        folder = tmp_path / text
        folder.mkdir()
        assert [parse(text)(mode, False) for mode in modes] == changed_by_chmod(text, modes, folder, is_folder=False)
