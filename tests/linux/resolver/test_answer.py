"""What a question is answered with, without a process or a socket."""

from __future__ import annotations

import json
import os
from pathlib import Path

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdatatype
import dns.reversename
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.linux.resolver.answer import answer, fail, has_same_question
from onggi.linux.resolver.document import Document, Entry, write
from onggi.linux.resolver.upstream import Upstream
from onggi.linux.resolver.zone import Zone, ZoneFile

ZONE = Zone(
    {
        "domain": "backend",
        "upstream": (),
        "entries": [
            {"container": "c1", "names": ["web", "3f2a9c0d1e4b", "www"], "addresses": ["10.7.0.2", "fd00:7::2"]},
            {"container": "c2", "names": ["db", "my_db.example"], "addresses": ["10.7.0.3"]},
            {"container": "c3", "names": ["worker-1", "worker"], "addresses": ["10.7.0.4"]},
            {"container": "c4", "names": ["worker-2", "worker"], "addresses": ["10.7.0.5"]},
            {
                "container": "c5",
                "names": ["x" * 70, "many"],
                "addresses": [f"10.8.0.{number}" for number in range(1, 201)],
            },
            {"container": "stopped", "names": ["idle", "worker"], "addresses": ["10.7.0.6"]},
        ],
    },
    present={"c1", "c2", "c3", "c4", "c5"},
)
NOBODY = Upstream(())
SOMEBODY = Upstream(["192.0.2.1"])


def ask(name: str, kind: str = "A", **options: object) -> dns.message.Message:
    query = dns.message.make_query(name, kind, **options)  # type: ignore[arg-type]
    reply = answer(query.to_wire(), ZONE, NOBODY, is_datagram=True)
    assert reply
    message = dns.message.from_wire(reply)
    assert query.is_response(message)
    assert message.flags & dns.flags.RA
    return message


def values(message: dns.message.Message) -> list[str]:
    return [record.to_text() for answer in message.answer for record in answer]


@pytest.mark.parametrize(
    ("name", "kind", "found"),
    [
        ("web", "A", ["10.7.0.2"]),
        ("web.backend", "A", ["10.7.0.2"]),
        ("WeB.BackEnd", "A", ["10.7.0.2"]),
        ("web", "AAAA", ["fd00:7::2"]),
        ("www", "ANY", ["10.7.0.2", "fd00:7::2"]),
        ("3f2a9c0d1e4b", "A", ["10.7.0.2"]),
        ("my_db.example.backend", "A", ["10.7.0.3"]),
        ("db", "AAAA", []),
        ("db", "MX", []),
        ("2.0.7.10.in-addr.arpa", "PTR", ["web.backend."]),
        (dns.reversename.from_address("fd00:7::2").to_text(), "PTR", ["web.backend."]),
    ],
)
def test_names_of_the_network(name: str, kind: str, found: list[str]) -> None:
    message = ask(name, kind)
    assert message.rcode() == dns.rcode.NOERROR
    assert message.flags & dns.flags.AA
    assert values(message) == found


def test_each_of_several_addresses_comes_first_at_times() -> None:
    firsts = {values(ask("worker"))[0] for _ in range(100)}
    assert firsts == {"10.7.0.4", "10.7.0.5"}


def test_an_answer_that_is_too_long_for_a_datagram_says_so() -> None:
    assert ask("many").flags & dns.flags.TC
    assert len(ask("many", use_edns=0, payload=4096).answer[0]) == 200
    query = dns.message.make_query("many", "A").to_wire()
    reply = answer(query, ZONE, NOBODY, is_datagram=False)
    assert reply and len(dns.message.from_wire(reply).answer[0]) == 200


def test_who_is_not_there_has_no_names() -> None:
    for name, kind in (("idle", "A"), ("idle.backend", "AAAA"), ("6.0.7.10.in-addr.arpa", "PTR")):
        assert ask(name, kind).rcode() == dns.rcode.NXDOMAIN
    assert "10.7.0.6" not in values(ask("worker"))


def test_what_is_not_known_here() -> None:
    query = dns.message.make_query("example.org", "A").to_wire()
    assert answer(query, ZONE, SOMEBODY, is_datagram=True) is None
    assert ask("example.org").rcode() == dns.rcode.NXDOMAIN
    chaos = dns.message.make_query("web", "TXT", "CH").to_wire()
    assert answer(chaos, ZONE, SOMEBODY, is_datagram=True) is None


def test_what_is_not_a_question() -> None:
    reply = dns.message.make_response(dns.message.make_query("web", "A")).to_wire()
    assert answer(reply, ZONE, SOMEBODY, is_datagram=True) == b""
    assert answer(b"garbage", ZONE, SOMEBODY, is_datagram=True) == b""
    update = dns.message.make_query("web", "A")
    update.set_opcode(dns.opcode.UPDATE)
    told = answer(update.to_wire(), ZONE, SOMEBODY, is_datagram=True)
    assert told and dns.message.from_wire(told, question_only=True).rcode() == dns.rcode.NOTIMP
    empty = dns.message.Message(id=7).to_wire()
    told = answer(empty, ZONE, SOMEBODY, is_datagram=True)
    assert told and dns.message.from_wire(told).rcode() == dns.rcode.FORMERR
    told = answer(dns.message.make_query("web", "A").to_wire()[:-3], ZONE, SOMEBODY, is_datagram=True)
    assert told and dns.message.from_wire(told).rcode() == dns.rcode.FORMERR


QUERY = dns.message.make_query("web.backend", "A", use_edns=True).to_wire()


@given(st.binary(max_size=600))
def test_any_bytes(data: bytes) -> None:
    check(data)


@given(st.binary(max_size=100))
def test_any_bytes_after_the_header_of_a_question(data: bytes) -> None:
    check(b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01" + data)


@given(st.lists(st.tuples(st.integers(0, len(QUERY) - 1), st.integers(0, 255)), max_size=8), st.integers(0, len(QUERY)))
def test_a_question_with_broken_bytes(changes: list[tuple[int, int]], length: int) -> None:
    data = bytearray(QUERY)
    for place, value in changes:
        data[place] = value
    check(bytes(data[:length]))


def check(data: bytes) -> None:
    reply = answer(data, ZONE, SOMEBODY, is_datagram=True)
    if reply:
        assert reply[:2] == data[:2]
        assert reply[2] & 0x80
    if reply is None:
        assert fail(data)[:2] == data[:2]
    has_same_question(data, QUERY)


def test_a_reply_to_another_question() -> None:
    query = dns.message.make_query("a.example", "A", id=1)
    assert has_same_question(dns.message.make_response(query).to_wire(), query.to_wire())
    for other in (dns.message.make_query("b.example", "A", id=1), dns.message.make_query("a.example", "A", id=2)):
        assert not has_same_question(dns.message.make_response(other).to_wire(), query.to_wire())
    assert not has_same_question(query.to_wire(), query.to_wire())


def test_the_file_is_read_again_when_it_has_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "names.json")
    file = ZoneFile(path)
    file.present = {"c1"}
    web = dns.reversename.from_address("10.7.0.2")
    assert web not in file.read()
    write(path, Document("n", (Entry("c1", ("web",), ("10.7.0.2",)),), ("192.0.2.1", "192.0.2.2#5353")))
    assert web in file.read()
    assert file.read() is file.read()
    assert file.read().upstream.servers == [("192.0.2.1", 53), ("192.0.2.2", 5353)]
    write(path, Document("n"))
    assert web not in file.read()
    assert os.listdir(tmp_path) == ["names.json"]
    known = file.read()
    (tmp_path / "names.json").write_text(json.dumps({"domain": "n"}))
    assert file.read() is known
    assert "names.json: KeyError" in capsys.readouterr().err
    (tmp_path / "names.json").unlink()
    assert file.read() is known


def test_the_file_is_read_again_when_others_are_there(tmp_path: Path) -> None:
    path = str(tmp_path / "names.json")
    write(path, Document("n", (Entry("c1", ("web",), ("10.7.0.2",)), Entry("c2", ("db",), ("10.7.0.3",)))))
    file = ZoneFile(path)
    web, db = (dns.name.from_text(name) for name in ("web", "db"))
    for present in ({"c1"}, {"c1", "c2"}, {"c2"}, set[str]()):
        file.present = present
        assert (web in file.read(), db in file.read()) == ("c1" in present, "c2" in present)
