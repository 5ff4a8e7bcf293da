"""What a build may ask of a person's SSH agent: to list its keys and to sign, nothing that changes it.

As BuildKit's read-only agent. The messages are those of draft-miller-ssh-agent: four bytes of length and as many of
content, the first of which says what it is. An answer follows each request, in order.
"""

from __future__ import annotations

ALLOWED = frozenset((11, 13))  # SSH_AGENTC_REQUEST_IDENTITIES, SSH_AGENTC_SIGN_REQUEST
REFUSAL = b"\0\0\0\1\5"  # SSH_AGENT_FAILURE
LONGEST = 256 << 10  # bytes of a message, as OpenSSH's agent takes them

_LENGTH = 4


class Malformed(Exception):
    """A message that no agent would take; the conversation cannot go on."""


class AgentFilter:
    """One conversation, without its sockets: bytes that came in go to `asked` and `answered`; what to send is taken
    from `to_agent` and `to_client`. One request is under way at a time, so that our refusals are in order too."""

    def __init__(self) -> None:
        self.to_agent = bytearray()
        self.to_client = bytearray()
        self._requests = bytearray()
        self._answers = bytearray()
        self._is_waiting = False

    @property
    def wants_requests(self) -> bool:
        """Whether the client should be read: it is not, while it does not take its answers."""
        return not self._is_waiting and not self.to_client

    def asked(self, data: bytes) -> None:
        """Raises Malformed."""
        self._requests += data
        self._go_on()

    def answered(self, data: bytes) -> None:
        """Raises Malformed, also for an answer to nothing."""
        self._answers += data
        message = _first(self._answers)
        if not self._is_waiting or (message and len(self._answers) > len(message)):
            raise Malformed
        if message:
            del self._answers[:]
            self.to_client += message
            self._is_waiting = False
            self._go_on()

    def _go_on(self) -> None:
        while not self._is_waiting and (message := _first(self._requests)):
            del self._requests[: len(message)]
            if message[_LENGTH] in ALLOWED:
                self.to_agent += message
                self._is_waiting = True
            else:
                self.to_client += REFUSAL


def _first(data: bytearray) -> bytes:
    """The first message of what has arrived; b"" if a part of it is missing."""
    if len(data) < _LENGTH:
        return b""
    length = int.from_bytes(data[:_LENGTH], "big")
    if not 0 < length <= LONGEST:
        raise Malformed
    end = _LENGTH + length
    return bytes(data[:end]) if len(data) >= end else b""
