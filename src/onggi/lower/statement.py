"""An instruction as it stands in its source, so that what goes wrong with it can be shown there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from onggi.dockerfile import words
from onggi.dockerfile.source import DockerfileError, DockerfileUnsupported, NotAllowed, Source, WrongPlatform
from onggi.dockerfile.syntax import Instruction, Run, Word

T = TypeVar("T")


class Statement(msgspec.Struct, frozen=True):
    """`source` is the Dockerfile or, for an ONBUILD trigger, the trigger's own text; `line` counts in the Dockerfile.
    `escape` is the source's escape character; `asked_by` the image that has the trigger."""

    instruction: Instruction
    source: Source
    line: int
    escape: str = "\\"
    asked_by: str = ""

    @property
    def text(self) -> str:
        """The instruction as people know it, on one line; of a heredoc's script its first line. One that does not stand
        in the Dockerfile says where it came from."""
        text = " ".join(self.instruction.origin.text.split())
        if self.asked_by:
            return f"{text} (ONBUILD of {self.asked_by})"
        if not isinstance(self.instruction, Run) or not self.instruction.heredocs:
            return text
        first, _, further = self.instruction.heredocs[0].body().strip().partition("\n")
        return f"{text} ({first}{'…' if further else ''})"

    def error(self, sentence: str, *, at: Word | None = None, hint: str = "") -> DockerfileError:
        span = self.instruction.origin.span if at is None else at.span
        return DockerfileError(sentence, self.source, span, hint=hint)

    def not_allowed(self, sentence: str, *, at: Word, hint: str) -> NotAllowed:
        return NotAllowed(sentence, self.source, at.span, hint=hint)

    def wrong_platform(self, sentence: str, *, hint: str) -> WrongPlatform:
        return WrongPlatform(sentence, self.source, self.instruction.origin.span, hint=hint)

    def unsupported(self, what: str, *, at: Word | None = None, hint: str = "") -> DockerfileUnsupported:
        span = self.instruction.origin.span if at is None else at.span
        return DockerfileUnsupported(f"{what} is not supported yet", self.source, span, hint=hint)

    def expand(self, word: Word, variables: Mapping[str, str]) -> str:
        return self._expanded(words.expand, word, variables)

    def expand_text(self, text: str, variables: Mapping[str, str]) -> str:
        """The text of a heredoc."""
        try:
            return words.expand_text(text, variables)
        except words.ExpansionError as error:
            raise self.error(f"in a heredoc: {error}", hint=error.hint) from error

    def split(self, word: Word, variables: Mapping[str, str]) -> list[str]:
        return self._expanded(words.split, word, variables)

    def _expanded(self, how: Callable[[str, Mapping[str, str], str], T], word: Word, variables: Mapping[str, str]) -> T:
        try:
            return how(word.text, variables, self.escape)
        except words.ExpansionError as error:
            raise self.error(str(error), at=word, hint=error.hint) from error
