"""Where a secret must not be."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.engine.secrets import LARGEST, Secret, check_config, check_layer
from onggi.errors import Denied, Invalid, NotFound

TOKEN = {"token": Secret(b"opensesame-42\n"), "other": Secret(b"something else")}


def test_it_does_not_show_itself() -> None:
    assert "opensesame" not in repr(TOKEN)
    assert "opensesame" not in str(TOKEN["token"])


def test_reading(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"\0binary\xff")
    assert Secret.read(tmp_path / "token") == Secret(b"\0binary\xff")
    with pytest.raises(NotFound, match="/gone to read a secret from"):
        Secret.read(tmp_path / "gone")
    with pytest.raises(Invalid, match="is a folder"):
        Secret.read(tmp_path)


def test_too_large() -> None:
    Secret(b"x" * LARGEST)
    with pytest.raises(Invalid, match="at most 500 kB"):
        Secret(b"x" * (LARGEST + 1))


def test_a_layer_without_it(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/file").write_text("opensesam")
    (tmp_path / "link").symlink_to("/run/secrets/token")
    os.mkfifo(tmp_path / "pipe")
    check_layer(tmp_path, TOKEN)


@pytest.mark.parametrize("text", ["opensesame-42\n", "key: opensesame-42", "x" * 5000 + "opensesame-42"])
def test_a_file_with_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root/.npmrc").write_text(text)
    with pytest.raises(Denied) as caught:
        check_layer(tmp_path, TOKEN)
    assert caught.value.message == "the secret token is in /root/.npmrc, which would be part of the image"
    assert "opensesame" not in caught.value.message + caught.value.hint


def test_a_link_with_it(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/opensesame-42")
    with pytest.raises(Denied, match="/link"):
        check_layer(tmp_path, TOKEN)


def test_short_ones_are_not_looked_for(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("abc 1234567 ")
    check_layer(tmp_path, {"short": Secret(b" 1234567 "), "empty": Secret(b"")})


@given(st.integers(0, 3 * 2**20))
def test_it_is_found_wherever_it_begins(tmp_path_factory: pytest.TempPathFactory, begin: int) -> None:
    folder = tmp_path_factory.mktemp("layer")
    with open(folder / "file", "wb") as file:
        file.truncate(3 * 2**20)
        file.seek(begin)
        file.write(b"opensesame-42")
    with pytest.raises(Denied):
        check_layer(folder, TOKEN)


@pytest.mark.parametrize("value", ["opensesame-42", 'with "quotes" and\nlines', "grüße, alle"])
def test_configuration(value: str) -> None:
    secrets = {"token": Secret(value.encode())}
    check_config(msgspec.json.encode({"Env": ["A=1"]}), secrets)
    with pytest.raises(Denied, match="the secret token is in the configuration"):
        check_config(msgspec.json.encode({"Env": [f"A={value}"]}), secrets)
