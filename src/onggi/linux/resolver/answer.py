"""A question → its answer, or the wish to ask somebody else (RFC 1035, section 4). No I/O, and any bytes are taken."""

from __future__ import annotations

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
from dns.message import Message
from dns.rcode import Rcode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from onggi.linux.resolver.upstream import Upstream
    from onggi.linux.resolver.zone import Zone, Zones

HEADER = 12
SMALLEST_LIMIT = 512
LARGEST_DATAGRAM = 4096
LARGEST = 65535
_IS_ANSWER, _OPCODE = 0x80, 0x78  # of the third byte
UNREADABLE = (dns.exception.DNSException, ValueError)
"""What dnspython raises for bytes that are not a message."""


def answer(query: bytes, zone: Zone | Zones, upstream: Upstream, *, is_datagram: bool) -> bytes | None:
    """None if somebody else has to be asked; b"" for what is not a question and gets no answer."""
    if len(query) < HEADER or query[2] & _IS_ANSWER:
        return b""
    if query[2] & _OPCODE:
        return _refuse_unread(query, dns.rcode.NOTIMP)
    try:
        message = dns.message.from_wire(query, question_only=True)
    except UNREADABLE:
        return _refuse_unread(query, dns.rcode.FORMERR)
    if len(message.question) != 1:
        return _refuse(message, dns.rcode.FORMERR)
    question = message.question[0]
    if question.name in zone and question.rdclass in (dns.rdataclass.IN, dns.rdataclass.ANY):
        return _tell(query, message, zone, is_datagram)
    return None if upstream.servers else _refuse(message, dns.rcode.NXDOMAIN)


def fail(query: bytes) -> bytes:
    """That nobody could be asked. `query` is one that `answer` has read."""
    return _refuse(dns.message.from_wire(query, question_only=True), dns.rcode.SERVFAIL)


def has_same_question(reply: bytes, query: bytes) -> bool:
    """Whether `reply` is one to `query`; a server that did not understand may leave the question out."""
    if len(reply) < HEADER or reply[:2] != query[:2] or not reply[2] & _IS_ANSWER:
        return False
    try:
        message = dns.message.from_wire(reply, question_only=True)
        asked = dns.message.from_wire(query, question_only=True)
    except UNREADABLE:
        return False
    return message.question == asked.question or (not message.question and message.rcode() != dns.rcode.NOERROR)


def is_refusal(reply: bytes) -> bool:
    """Another server may know more."""
    return reply[3] & 0xF in (dns.rcode.SERVFAIL, dns.rcode.REFUSED)


def _tell(query: bytes, message: Message, zone: Zone | Zones, is_datagram: bool) -> bytes:
    has_options = query[10:HEADER] != b"\0\0"
    if has_options:
        try:
            message = dns.message.from_wire(query)
        except UNREADABLE:
            return _refuse(message, dns.rcode.FORMERR)
    response = _respond(message)
    response.flags |= dns.flags.AA
    question = message.question[0]
    response.answer += zone.find(question.name, question.rdtype)
    limit = min(max(message.payload, SMALLEST_LIMIT), LARGEST_DATAGRAM) if is_datagram else LARGEST
    return response.to_wire(max_size=limit, prefer_truncation=True)


def _refuse(message: Message, code: Rcode) -> bytes:
    response = _respond(message)
    response.set_rcode(code)
    return response.to_wire()


def _respond(message: Message) -> Message:
    return dns.message.make_response(message, recursion_available=True, our_payload=LARGEST_DATAGRAM)


def _refuse_unread(query: bytes, code: Rcode) -> bytes:
    """The header alone: the same number and opcode, and nothing in it."""
    return query[:2] + bytes((query[2] & (_OPCODE | 1) | _IS_ANSWER, 0x80 | code)) + bytes(8)
