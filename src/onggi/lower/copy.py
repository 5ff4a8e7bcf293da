"""COPY and ADD: a vertex that puts files on top of the stage, and those that fetch what no context has."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from onggi.dockerfile import glob, ignore, mode
from onggi.dockerfile.syntax import Add, Copy, Word
from onggi.errors import Invalid
from onggi.graph.op import Copy as CopyOp
from onggi.graph.op import GitSource, HttpSource, InlineSource, Op, Pick
from onggi.graph.vertex import Vertex
from onggi.lower import history, paths
from onggi.lower.inline import file_of
from onggi.lower.lowering import Lowering
from onggi.lower.outline import ContextRoot
from onggi.lower.state import StageState
from onggi.oci import digest

_URL = re.compile(r"https?://", re.IGNORECASE)
# What BuildKit takes for a repository in ADD (util/gitutil): other schemes, the scp form, and .git at a path's end.
_GIT = re.compile(r"(?:git|ssh)://|[\w.+-]+@[\w.-]+:|https?://[^?#]*\.git(?:[?#]|$)", re.IGNORECASE)
_UNNAMED = "__unnamed__"  # BuildKit's name for a file whose URL ends with a slash


def copy(stage: StageState, instruction: Copy, lowering: Lowering) -> StageState:
    sources = _expanded(stage, instruction, lowering)
    for word, path in zip(instruction.sources, sources, strict=True):
        if _is_git(path) or _URL.match(path):
            raise lowering.statement.error(f"COPY does not fetch {path}", at=word, hint="ADD does")
        _check_pattern(path, word, lowering)
    root = lowering.sources["" if instruction.stage is None else instruction.stage.text]
    if isinstance(root, ContextRoot):
        for word, path in zip(instruction.sources, sources, strict=True):
            _check_path(path, word, lowering)
    parents = _is_true(instruction.parents)
    taken = _Taken()
    for path in sources:
        taken.take(lowering.vertex_of(root), paths.source(path, pivot=parents))
    return _place(stage, instruction, lowering, taken, sources, parents=parents)


def add(stage: StageState, instruction: Add, lowering: Lowering) -> StageState:
    sources = _expanded(stage, instruction, lowering)
    taken = _Taken()
    fetched: list[Op] = []
    unpack = None if instruction.unpack is None else _is_true(instruction.unpack)
    for word, path in zip(instruction.sources, sources, strict=True):
        op = _remote(path, stage, instruction, lowering)
        if op is None:
            _check_path(path, word, lowering)
            _check_pattern(path, word, lowering)
            taken.take(lowering.vertex_of(lowering.sources[""]), paths.source(path), unpack=unpack is not False)
            continue
        fetched.append(op)
        fetch = lowering.builder.add(_source(op, path, stage, lowering))
        name = glob.escape(op.name) if isinstance(op, HttpSource) else "."
        taken.take(fetch, name, unpack=unpack is True)
    _check_fetch_flags(instruction, fetched, lowering)
    return _place(stage, instruction, lowering, taken, sources)


class _Taken:
    """What a COPY takes so far, and the vertices that it takes from: its inputs behind the stage."""

    def __init__(self) -> None:
        self.picks: list[Pick] = []
        self.inputs: list[int] = []

    def take(self, vertex: int, pattern: str, *, unpack: bool = False) -> None:
        if vertex not in self.inputs:
            self.inputs.append(vertex)
        self.picks.append(Pick(1 + self.inputs.index(vertex), pattern, unpack))


def _expanded(stage: StageState, instruction: Copy | Add, lowering: Lowering) -> list[str]:
    return [lowering.statement.expand(word, stage.variables) for word in instruction.sources]


def _check_pattern(path: str, word: Word, lowering: Lowering) -> None:
    try:
        for part in filter(glob.has_wildcard, paths.source(path).split("/")):
            glob.compile_part(part)
    except Invalid as error:
        raise lowering.statement.error(str(error), at=word, hint=error.hint) from error


def _is_git(path: str) -> bool:
    return _GIT.match(path) is not None


def _check_path(path: str, word: Word, lowering: Lowering) -> None:
    if paths.climbs_out(path):
        raise lowering.statement.error(
            f"{path} leads out of the build context", at=word, hint="a build sees only its context"
        )


def _remote(path: str, stage: StageState, instruction: Add, lowering: Lowering) -> HttpSource | GitSource | None:
    """What fetches a source that is none of the context's."""
    checksum = _optional(stage, instruction.checksum, lowering)
    if _is_git(path):
        return GitSource(path, _is_true(instruction.keep_git_dir), checksum)
    if not _URL.match(path):
        return None
    if checksum and not digest.is_digest(checksum):
        hint = "a digest looks like sha256:<64 hex digits>"
        raise lowering.statement.error(f"--checksum {checksum} is no sha256 digest", at=instruction.checksum, hint=hint)
    name = unquote(urlsplit(path).path).rsplit("/", 1)[-1]
    return HttpSource(path, _UNNAMED if name in ("", ".", "..") else name, checksum)


def _check_fetch_flags(instruction: Add, fetched: list[Op], lowering: Lowering) -> None:
    """--checksum and --keep-git-dir are promises about what is fetched: they must apply to all there is."""
    of_git = sum(isinstance(op, GitSource) for op in fetched)
    if instruction.keep_git_dir is not None and not of_git:
        raise lowering.statement.error("--keep-git-dir is for git repositories", at=instruction.keep_git_dir)
    if instruction.checksum is None:
        return
    if len(instruction.sources) > 1:
        raise lowering.statement.error("--checksum takes one source only", at=instruction.checksum)
    if not fetched:
        raise lowering.statement.error(
            "--checksum is for sources that are fetched; these are files of the context", at=instruction.checksum
        )


def _source(op: Op, path: str, stage: StageState, lowering: Lowering) -> Vertex:
    return Vertex(op=op, stage=stage.name, text=f"fetch {path}", line=lowering.statement.line)


def _place(
    stage: StageState,
    instruction: Copy | Add,
    lowering: Lowering,
    taken: _Taken,
    sources: list[str],
    *,
    parents: bool = False,
) -> StageState:
    """`sources` are those of `taken` as the history tells them; heredocs come behind."""
    destination = lowering.statement.expand(instruction.destination, stage.variables)
    target = paths.destination(stage.config.working_dir or "/", destination)
    if instruction.heredocs:
        source = _heredocs(stage, instruction, lowering)
        vertex = lowering.builder.add(Vertex(op=source, stage=stage.name, text="heredocs"))
        for file in source.files:
            taken.take(vertex, glob.escape(file.name))
    if len(taken.picks) > 1 and not target.endswith("/"):
        target += "/"
    owner = _optional(stage, instruction.chown, lowering)
    bits = _optional(stage, instruction.chmod, lowering)
    op = CopyOp(
        sources=tuple(taken.picks),
        destination=target,
        owner=owner,
        mode=_mode(bits, instruction.chmod, lowering),
        exclude=tuple(_exclusion(word, stage, lowering) for word in instruction.exclude),
        parents=parents,
        link=_is_true(instruction.link) and not bits,  # as in BuildKit
        epoch=lowering.request.epoch,
    )
    vertex = lowering.add(stage, op, *taken.inputs)
    shown = [*sources, *(f"<<{heredoc.name}" for heredoc in instruction.heredocs)]
    return stage.after(history.copy(instruction.keyword, owner, bits, shown, destination, parents=parents), vertex)


def _heredocs(stage: StageState, instruction: Copy | Add, lowering: Lowering) -> InlineSource:
    """Heredocs as files; variables in them are expanded unless their names are quoted."""
    files = []
    for heredoc in instruction.heredocs:
        text = heredoc.body()
        if heredoc.expand:
            text = lowering.statement.expand_text(text, stage.variables)
        files.append(file_of(heredoc, text, lowering.statement))
    return InlineSource(tuple(files))


def _is_true(word: Word | None) -> bool:
    return word is not None and word.text == "true"


def _optional(stage: StageState, word: Word | None, lowering: Lowering) -> str:
    return "" if word is None else lowering.statement.expand(word, stage.variables)


def _exclusion(word: Word, stage: StageState, lowering: Lowering) -> str:
    pattern = lowering.statement.expand(word, stage.variables)
    try:
        ignore.Matcher([pattern])
    except Invalid as error:
        raise lowering.statement.error(f"--exclude: {error}", at=word, hint=error.hint) from error
    return pattern


def _mode(text: str, word: Word | None, lowering: Lowering) -> str:
    """Normal form: octal digits without leading zeros, or symbols as they are."""
    if not text:
        return ""
    try:
        mode.parse(text)
    except Invalid as error:
        raise lowering.statement.error(f"--chmod: {error}", at=word, hint=error.hint) from error
    return f"{int(text, 8):o}" if text.isdecimal() else text
