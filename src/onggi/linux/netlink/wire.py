"""A socket of netlink: requests, their answers, and what was refused, as errors of ours."""

from __future__ import annotations

import errno
import os
import sys
from _socket import AF_NETLINK, SOCK_CLOEXEC, SOCK_RAW, socket

from onggi import errors
from onggi.linux.inside import Inside
from onggi.linux.netlink.messages import as_text, attributes, message, messages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from onggi.linux.netlink.messages import Message

REQUEST, ACK, DUMP, REPLACE, EXCLUSIVE, CREATE = 0x1, 0x4, 0x300, 0x100, 0x200, 0x400  # NLM_F_
_DUMP_WAS_CHANGED = 0x10  # NLM_F_DUMP_INTR: something came or went in between
_HAS_REASON = 0x200  # NLM_F_ACK_TLVS
_ERROR, _DONE = 2, 3  # NLMSG_
_REASON = 1  # NLMSGERR_ATTR_MSG
_REQUEST_HEAD = 20  # an error number, and the head of the request that it answers
_SOL_NETLINK = 270
_OPTIONS = (10, 11, 12)  # NETLINK_CAP_ACK: no echo; _EXT_ACK: with reasons; _GET_STRICT_CHK: a dump of one link only
_LARGEST = 1 << 16  # the kernel's answers are of 32 KiB at most
_ATTEMPTS = 100
ROUTE, NETFILTER = 0, 12  # NETLINK_: what is at the other end

_MEANINGS: dict[int, tuple[type[errors.OnggiError], str, str]] = {
    errno.EEXIST: (errors.Conflict, "there is one already", ""),
    errno.EBUSY: (errors.Conflict, "it is in use", ""),
    errno.ENODEV: (errors.NotFound, "there is no such link", ""),
    errno.ESRCH: (errors.NotFound, "there is no such thing", ""),
    errno.ENOENT: (errors.NotFound, "there is no such thing", ""),
    errno.EPERM: (errors.Denied, "it is not permitted", "this needs root, or CAP_NET_ADMIN"),
    errno.EACCES: (errors.Denied, "it is not permitted", "is IPv6 off on this host (sysctl net.ipv6)?"),
    errno.EOPNOTSUPP: (errors.Unsupported, "this kernel has no such thing", "it may need a module: modprobe(8)"),
    errno.EAFNOSUPPORT: (errors.Unsupported, "this kernel has no such protocol", "is IPv6 off on this host?"),
    errno.EINVAL: (errors.Invalid, "the kernel calls it invalid", ""),
    errno.ERANGE: (errors.Invalid, "the kernel calls it out of range", ""),
    errno.EADDRNOTAVAIL: (errors.Invalid, "there is no such address", ""),
    errno.ENETUNREACH: (errors.Invalid, "its gateway cannot be reached directly", ""),
    errno.EHOSTUNREACH: (errors.Invalid, "its gateway cannot be reached directly", ""),
}


class Netlink:
    """A socket of rtnetlink, or of another `protocol`, in this thread's network namespace, or in the one that the
    descriptor `namespace` names, where it stays: that namespace lives as long as the socket. Not for several threads at
    once. Raises Unsupported for a protocol that the kernel does not have."""

    def __init__(self, namespace: int = -1, protocol: int = ROUTE) -> None:
        if namespace < 0:
            self._socket = _open(protocol)
        else:
            with Inside("network", namespace):
                self._socket = _open(protocol)
        self._sequence = 0

    def __enter__(self) -> Netlink:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def change(self, doing: str, kind: int, body: bytes, flags: int = 0) -> None:
        """Have the kernel do it. `doing` is how an error begins: "cannot make the bridge ong-1"."""
        self._ask(doing, kind, body, flags | ACK)

    def get(self, doing: str, kind: int, body: bytes) -> bytes:
        """The body of the one answer. Raises NotFound, as what was refused is told."""
        answer, _ = self._ask(doing, kind, body, ACK)
        return answer.body

    def dump(self, doing: str, kind: int, body: bytes) -> list[bytes]:
        """The bodies of all answers, as they were at one moment."""
        for _ in range(_ATTEMPTS):
            answers = self._ask(doing, kind, body, DUMP)
            if not any(answer.flags & _DUMP_WAS_CHANGED for answer in answers):
                return [answer.body for answer in answers if answer.kind != _DONE]
        raise errors.Unavailable(f"{doing}: it changed all the time, {_ATTEMPTS} times", hint="try again")

    def _ask(self, doing: str, kind: int, body: bytes, flags: int) -> list[Message]:
        self._sequence += 1
        try:
            self._socket.send(message(kind, REQUEST | flags, self._sequence, body))
            return self._answers(doing)
        except OSError as error:
            raise errors.Unavailable(f"{doing}: the kernel cannot be asked: {error.strerror}") from error

    def _answers(self, doing: str) -> list[Message]:
        """To what was asked last. Those to a question before it, whose asker was told of an error, are left out."""
        answers: list[Message] = []
        while True:
            for each in messages(self._socket.recv(_LARGEST)):
                if each.sequence != self._sequence:
                    continue
                if each.kind in (_ERROR, _DONE):
                    code = int.from_bytes(each.body[:4], sys.byteorder, signed=True)
                    if code:
                        raise _refusal(doing, -code, each)
                    return [*answers, each]
                answers.append(each)


def _open(protocol: int) -> socket:
    try:
        peer = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol)
    except OSError as error:
        raise errors.Unsupported(f"this kernel has no netlink of the protocol {protocol}: {error.strerror}") from error
    for option in _OPTIONS:
        peer.setsockopt(_SOL_NETLINK, option, 1)
    return peer


def _refusal(doing: str, code: int, answer: Message) -> errors.OnggiError:
    meaning, words, hint = _MEANINGS.get(code, (errors.Unavailable, os.strerror(code), ""))
    reason = ""
    if answer.flags & _HAS_REASON:
        start = _REQUEST_HEAD if answer.kind == _ERROR else 4
        reason = as_text(attributes(answer.body[start:]).get(_REASON, b""))
    return meaning(f"{doing}: {words}" + (f" ({reason})" if reason else ""), hint=hint)
