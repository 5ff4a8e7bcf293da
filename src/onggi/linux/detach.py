"""The keys by which a person leaves a container without ending it."""

from __future__ import annotations

from onggi.errors import Invalid


def detach_sequence(text: str) -> bytes:
    """ "ctrl-p,ctrl-q" → the bytes that these keys send; "" for none."""
    sequence = bytearray()
    for key in text.split(",") if text else ():
        if len(key) == 1 and key.isascii():
            sequence += key.encode()
        elif key.startswith("ctrl-") and len(key) == 6 and "@" <= key[5].upper() <= "_":
            sequence.append(ord(key[5].upper()) - 64)
        else:
            raise Invalid(f"invalid detach key {key!r}", hint='write keys as in "ctrl-p,ctrl-q" or "a"')
    return bytes(sequence)


class DetachKeys:
    """Looks for the sequence in what is typed; an empty one is never found."""

    def __init__(self, sequence: bytes) -> None:
        self.were_pressed = False
        self._sequence = sequence
        self._matched = 0  # how many of them were pressed just now

    def without(self, data: bytes) -> bytes:
        """What goes to the container. The first keys of the sequence are kept back until the next one tells."""
        if not self._sequence:
            return data
        passed = bytearray()
        for byte in data:
            if byte != self._sequence[self._matched]:
                passed += self._sequence[: self._matched]
                self._matched = 0
            if byte != self._sequence[self._matched]:
                passed.append(byte)
                continue
            self._matched += 1
            if self._matched == len(self._sequence):
                self.were_pressed = True
                break
        return bytes(passed)
