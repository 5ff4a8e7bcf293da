"""Users of an htpasswd file."""

from __future__ import annotations

import base64
from pathlib import Path

import bcrypt
import pytest

from onggi.errors import Invalid, OnggiError, Unsupported
from onggi.registry_server import passwords


def line(user: str, password: str, prefix: bytes = b"2b") -> str:
    return f"{user}:{bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4, prefix)).decode()}\n"


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def read(path: Path, *lines: str) -> passwords.Passwords:
    path.write_text("".join(lines))
    return passwords.read(path)


def test_who_is_in_the_file_comes_in(tmp_path: Path) -> None:
    known = read(tmp_path / "users", "# a team\n\n", line("alice", "a:b:c"), line("bob", "ünï"), line("eve", "x" * 100))
    for user, password in (("alice", "a:b:c"), ("bob", "ünï"), ("eve", "x" * 100)):
        header = basic(user, password)
        assert known.remembers(header) is None
        assert known.check(header) == user
        assert known.remembers(header) == user
    assert known.check(basic("alice", "a:b:c").replace("Basic", "basic")) == "alice"


@pytest.mark.parametrize(
    "header",
    [
        basic("alice", "wrong"),
        basic("alice", ""),
        basic("alice", "a\0b"),
        basic("nobody", "secret"),
        basic("", "secret"),
        "Basic " + base64.b64encode(b"alice").decode(),
        "Basic !!!",
        "Basic",
        "Bearer " + base64.b64encode(b"alice:secret").decode(),
        basic("alice", "secret")[len("Basic ") :],
        "Basic \udcff",
        "Basic " + base64.b64encode(b"\xff\xfe:secret").decode(),
    ],
)
def test_others_do_not(tmp_path: Path, header: str) -> None:
    known = read(tmp_path / "users", line("alice", "secret"))
    assert known.check(header) is None
    assert known.remembers(header) is None
    assert known.check(basic("alice", "secret")) == "alice"


@pytest.mark.parametrize(
    ("hashed", "kind"),
    [
        ("$apr1$salt$hash", "MD5 (htpasswd -m)"),
        ("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "SHA-1 (htpasswd -s)"),
        ("$5$salt$hash", "SHA-256"),
        ("$6$salt$hash", "SHA-512"),
        ("$argon2id$v=19$m=1$x", "Argon2"),
        ("rl.3StKT.4T8M", "crypt or plain text"),
        ("secret", "crypt or plain text"),
    ],
)
def test_other_kinds_are_refused_by_name(tmp_path: Path, hashed: str, kind: str) -> None:
    with pytest.raises(Unsupported, match="'bob' in line 2 of") as raised:
        read(tmp_path / "users", line("alice", "secret"), f"bob:{hashed}\n")
    assert kind in raised.value.message
    assert hashed not in raised.value.message  # it may be the password itself
    assert raised.value.hint == "write the line with htpasswd -B"


@pytest.mark.parametrize(
    "lines",
    [["alice\n"], [":x\n"], ["# nobody\n"], [], ["alice:$2b$04$tooshort\n"], [line("a", "b").replace("$04$", "$99$")]],
)
def test_what_is_not_a_file_of_users(tmp_path: Path, lines: list[str]) -> None:
    with pytest.raises(Invalid):
        read(tmp_path / "users", *lines)


@pytest.mark.parametrize("prefix", [b"2a", b"2b"])
def test_forms_of_bcrypt(tmp_path: Path, prefix: bytes) -> None:
    assert read(tmp_path / "users", line("a", "b", prefix)).check(basic("a", "b")) == "a"
    by_apache = line("a", "b").replace("$2b$", "$2y$")
    assert read(tmp_path / "users", by_apache).check(basic("a", "b")) == "a"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "garbage").write_bytes(b"\xff\xfe")
    for name in ("garbage", "missing"):
        with pytest.raises(OnggiError, match=name):
            passwords.read(tmp_path / name)
