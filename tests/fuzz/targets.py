"""What a fuzzer throws bytes at: each target takes any text and holds the language to its promises."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from onggi.dockerfile import format as formatting
from onggi.dockerfile import ignore, words
from onggi.dockerfile.parse import parse
from onggi.dockerfile.source import DockerfileError, Source
from onggi.dockerfile.syntax import Dockerfile
from onggi.errors import Corrupt, OnggiError
from onggi.lint.check import check
from onggi.lint.view.facts import Facts
from onggi.oci import manifest as manifests
from onggi.oci.platform import Platform
from onggi.registry import challenge, resolve
from onggi.registry.auth import is_at
from onggi.registry.flow import Answer, Conversation
from onggi.registry.pages import next_page
from onggi.registry.place import Place
from onggi.registry.refusals import said
from onggi.registry.tags import tags
from onggi.store.shared import document

_PLACE = Place(host="reg.example", repository="app", account="reg.example")
_VARIABLES = {"a": "b c", "empty": "", "PATH": "/bin:/usr/bin", "_1": "*?[x]"}


def parser(text: str) -> None:
    """Any text is a Dockerfile or a DockerfileError with a place in it; what is one can be written and read again, and
    checked."""
    dockerfile = _parsed(text)
    if dockerfile is not None:
        written = formatting.format(text)
        assert formatting.format(written) == written
        try:
            check(dockerfile, Facts(automatic=_VARIABLES))
        except DockerfileError as error:
            _has_place(error)


def heredocs(text: str) -> None:
    """The same behind instructions that take heredocs."""
    for head in ("RUN <<A <<-'B'", 'COPY <<A <<"B" /', "ADD <<-A /x"):
        _parsed(f"FROM scratch\n{head}\n{text}\nA\nB\n")
        _parsed(f"FROM scratch\n{head}{text}")


def expansion(text: str) -> None:
    """Any word expands, or is an ExpansionError."""
    for escape in ("\\", "`"):
        for expand in (words.expand, words.split):
            try:
                expand(text, _VARIABLES, escape)
            except words.ExpansionError:
                pass
    try:
        words.expand_text(text, _VARIABLES)
    except words.ExpansionError:
        pass


def ignoring(text: str) -> None:
    """Any text is a list of patterns, which answer for every path, or a DockerfileError."""
    try:
        patterns = ignore.parse(text)
    except DockerfileError as error:
        _has_place(error)
        return
    matcher = ignore.Matcher(patterns)
    own = (line[:200] for line in text.split("\n")[:3] if line)
    for path in ("a", "a/b", ".git/config", "node_modules/x/y.js", *own):
        assert isinstance(matcher.excludes(path), bool)


def challenges(text: str) -> None:
    """Any header has challenges, perhaps none; what is one can be written and read again."""
    found = challenge.parse(text)
    written = ", ".join(
        f"{each.scheme} " + ",".join(f'{name}="{_escaped(value)}"' for name, value in each.parameters.items())
        for each in found
    )
    assert challenge.parse(written) == found


def links(text: str) -> None:
    """Any header leads on at the same host, or nowhere, or is refused."""
    for header in (text, f"<{text}>; rel=next", f'</x>; {text}; rel="next"'):
        try:
            target = next_page(
                _PLACE, Answer(status=200, url="https://reg.example/v2/", headers={"link": header}), "it"
            )
        except OnggiError:
            continue
        assert not target or is_at(_PLACE, target)


def answers(text: str) -> None:
    """Whatever a registry answers to every question, there is an end, with an error of ours."""
    for data in (text.encode(), text.encode("latin-1", "replace")):
        answer = Answer(status=200, headers={"content-type": text[:60]}, body=data)
        assert said(answer).isprintable()
        for ask in (resolve.image(_PLACE, "1", Platform("amd64", "linux")), tags(_PLACE)):
            _run(ask, answer)


def caches(text: str) -> None:
    """Any document of a shared cache is one, or Corrupt."""
    raw = text.encode()
    manifest = replace(manifests.of(document.members(b"{}")[0], ()), annotations={document.INLINE: text})
    reads: tuple[Callable[[], object], ...] = (
        lambda: document.members(raw),
        lambda: document.group(b'{"schemaVersion": 2, "config": {}, "layers": []}', raw),
        lambda: document.group(raw, b'{"diff_ids": [], "entries": []}'),
        lambda: document.inline(manifest, raw),
    )
    for read in reads:
        try:
            read()
        except Corrupt:
            pass


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _run(conversation: Conversation[object], answer: Answer) -> None:
    try:
        next(conversation)
        while True:
            conversation.send(answer)
    except (StopIteration, OnggiError):
        pass


def _parsed(text: str) -> Dockerfile | None:
    try:
        return parse(text)
    except DockerfileError as error:
        _has_place(error)
        return None


def _has_place(error: DockerfileError) -> None:
    source: Source = error.source
    assert 1 <= error.span.line <= max(len(source.lines), 1), error
    assert error.span.column >= 1
    assert str(error).startswith(f"{source.name}:{error.span.line}:"), error


TARGETS: Mapping[str, Callable[[str], None]] = {
    "parser": parser,
    "heredocs": heredocs,
    "expansion": expansion,
    "ignoring": ignoring,
    "challenges": challenges,
    "links": links,
    "answers": answers,
    "caches": caches,
}
