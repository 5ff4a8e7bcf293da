"""The language server: keeps the texts that are open, has them linted in a thread when they rest, and translates what
the other modules decide into the protocol. The only place that knows pygls."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import msgspec
from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from onggi import __version__
from onggi.dockerfile.source import Span, line_end
from onggi.engine.lint.configuration import Configurations
from onggi.engine.lint.lint import Linted, LintFile
from onggi.errors import OnggiError, Unavailable
from onggi.lint.config.config import Changes
from onggi.lint.finding import Finding
from onggi.lint.policy import Policy
from onggi.lint.rules.table import BY_CODE
from onggi.lint.severity import Severity
from onggi.lint.violation import Edit, Language
from onggi.lsp.actions import Action, actions
from onggi.lsp.completion import Suggestion, complete
from onggi.lsp.document import Document
from onggi.lsp.formatting import formatting
from onggi.lsp.hover import hover
from onggi.lsp.navigation import Symbol, definition, symbols
from onggi.lsp.positions import Positions

Lint: TypeAlias = Callable[[Sequence[LintFile]], list[Linted]]

_REST = 0.25
"""Seconds without a change before a text is linted."""
_MOST_FILES = 1000

_SEVERITIES: Mapping[Severity, types.DiagnosticSeverity] = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
    Severity.STYLE: types.DiagnosticSeverity.Hint,
}
_ITEM_KINDS: Mapping[str, types.CompletionItemKind] = {
    "keyword": types.CompletionItemKind.Keyword,
    "flag": types.CompletionItemKind.Property,
    "value": types.CompletionItemKind.Value,
    "stage": types.CompletionItemKind.Module,
    "variable": types.CompletionItemKind.Variable,
    "file": types.CompletionItemKind.File,
    "folder": types.CompletionItemKind.Folder,
    "rule": types.CompletionItemKind.Constant,
}
_TRIGGERS = ("$", "{", "-", "=", ",", "/", '"')


class _Answer(msgspec.Struct, frozen=True):
    """What a lint found; `complaint` says what kept it from finding more."""

    findings: tuple[Finding, ...] = ()
    complaint: str = ""


class Server(LanguageServer):
    """`lint` is the engine's. Without a `language` it is that of the editor."""

    def __init__(self, lint: Lint, language: Language | None) -> None:
        # The whole text comes with each change: pygls finds lines where a Dockerfile has none.
        super().__init__("onggi", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self.language: Language = language or "en"
        self.has_language = language is not None
        self.is_shut_down = False
        self._lint = lint
        self._worker = ThreadPoolExecutor(1)  # ShellCheck alone is enough for a machine
        self._documents: dict[str, Document] = {}
        self._checks: dict[str, asyncio.Task[_Answer]] = {}
        self._complaint = ""

    def document(self, uri: str) -> Document | None:
        """The text of a file that is open."""
        return self._documents.get(uri)

    def positions(self, document: Document) -> Positions:
        return Positions(document.text, self.workspace.position_encoding or types.PositionEncodingKind.Utf16)

    def take(self, uri: str, document: Document, rest: float = 0.0) -> None:
        """A text as it is now: linted after `rest` seconds, unless another comes before."""
        self.drop(uri)
        self._documents[uri] = document
        self._checks[uri] = asyncio.get_running_loop().create_task(self._check(uri, document, rest))

    def drop(self, uri: str) -> None:
        """Forgets a text; what is still to be found in it is told to nobody."""
        self._documents.pop(uri, None)
        check = self._checks.pop(uri, None)
        if check is not None:
            check.cancel()

    async def findings(self, uri: str) -> tuple[Finding, ...]:
        """Those of the text as it is now; none if it changes meanwhile."""
        check = self._checks.get(uri)
        if check is None:
            return ()
        await asyncio.wait({check})
        return () if check.cancelled() else check.result().findings

    def end(self) -> None:
        """Waits for the lint that is at work, so that nothing of it is left behind."""
        self._worker.shutdown(cancel_futures=True)

    async def _check(self, uri: str, document: Document, rest: float) -> _Answer:
        await asyncio.sleep(rest)
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._worker, self._linted, uri, document.text)
        positions = self.positions(document)
        found = [self.diagnostic(item, positions) for item in answer.findings]
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, document.version))
        if answer.complaint != self._complaint:
            self._complaint = answer.complaint
            if answer.complaint:
                self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, answer.complaint))
        return answer

    def _linted(self, uri: str, text: str) -> _Answer:
        """In the thread of the worker."""
        path = path_of(uri)
        complaint = ""
        policy = Policy()
        try:
            policy = _policy(path)
        except OnggiError as error:
            complaint = str(error)
        name = str(path) if path is not None else "Dockerfile"
        folder = path.parent if path is not None and path.parent.is_dir() else None
        file = LintFile(name, text.encode("utf-8", "surrogatepass"), path, folder, policy)
        try:
            return _Answer(self._lint([file])[0].findings, complaint)
        except Unavailable as error:  # without ShellCheck the rules are still there
            quiet = msgspec.structs.replace(file, policy=msgspec.structs.replace(policy, has_shellcheck=False))
            return _Answer(self._lint([quiet])[0].findings, str(error))

    def diagnostic(self, finding: Finding, positions: Positions) -> types.Diagnostic:
        url = finding.rule.url
        return types.Diagnostic(
            range=positions.range(finding.span),
            message=finding.message.language(self.language),
            severity=_SEVERITIES[finding.severity],
            code=finding.rule.code,
            code_description=types.CodeDescription(url) if url else None,
            source="onggi",
        )


class _Line(logging.Formatter):
    """What went wrong as one line, without Python's traceback."""

    def format(self, record: logging.LogRecord) -> str:
        reason = record.exc_info[1] if record.exc_info else None
        told = f"{record.getMessage()}: {reason}" if reason is not None else record.getMessage()
        return f"onggi: {' '.join(told.split())}"


def _log_in_lines() -> None:
    """Editors keep what comes on stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Line())
    logging.getLogger("pygls").addHandler(handler)


def serve(lint: Lint, language: Language | None, *, debug: bool = False) -> int:
    """Speaks with the editor at standard input and output until it says exit. The exit code: 0 if it said shutdown
    before, as the protocol has it, else 1. What goes wrong is told in a line on stderr, with `debug` also where it came
    from."""
    if not debug:
        _log_in_lines()
    server = Server(lint, language)
    for feature, options, handler in _FEATURES:
        server.feature(feature, options)(handler)
    try:
        with open(os.dup(sys.stdout.fileno()), "wb") as out:  # which pygls closes
            server.start_io(sys.stdin.buffer, out)
    finally:
        server.end()
    return 0 if server.is_shut_down else 1


def path_of(uri: str) -> Path | None:
    """None for what is no file: a text that has never been saved, one in an archive."""
    path = to_fs_path(uri)
    return Path(path) if path and "\0" not in path else None


def _policy(path: Path | None) -> Policy:
    """What the project's configuration says of the file. It is read anew each time, for it may have been edited. Raises
    Invalid."""
    if path is None:
        return Policy()
    return Configurations(BY_CODE.keys()).of(path.parent).policy(path, Changes())


def _initialize(server: Server, params: types.InitializeParams) -> None:
    if not server.has_language and (params.locale or "").lower().startswith("ko"):
        server.language = "ko"


def _shutdown(server: Server, params: None) -> None:
    server.is_shut_down = True


async def _opened(server: Server, params: types.DidOpenTextDocumentParams) -> None:
    opened = params.text_document
    server.take(opened.uri, Document(opened.text, opened.version))


async def _changed(server: Server, params: types.DidChangeTextDocumentParams) -> None:
    uri, version = params.text_document.uri, params.text_document.version
    server.take(uri, Document(server.workspace.get_text_document(uri).source, version), _REST)


async def _saved(server: Server, params: types.DidSaveTextDocumentParams) -> None:
    """What is around the file may have changed with it."""
    document = server.document(params.text_document.uri)
    if document is not None:
        server.take(params.text_document.uri, document)


async def _closed(server: Server, params: types.DidCloseTextDocumentParams) -> None:
    server.drop(params.text_document.uri)
    server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(params.text_document.uri, []))


async def _code_actions(server: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    uri = params.text_document.uri
    findings = await server.findings(uri)
    document = server.document(uri)
    if document is None:
        return []
    positions = server.positions(document)
    found = actions(document, findings, positions.span(params.range), server.language)
    wanted = params.context.only
    return [
        _code_action(server, uri, document, positions, action)
        for action in found
        if wanted is None or any(action.kind == kind or action.kind.startswith(f"{kind}.") for kind in wanted)
    ]


def _code_action(
    server: Server, uri: str, document: Document, positions: Positions, action: Action
) -> types.CodeAction:
    return types.CodeAction(
        title=action.title,
        kind=action.kind,
        diagnostics=[server.diagnostic(finding, positions) for finding in action.findings],
        is_preferred=action.is_preferred or None,
        edit=types.WorkspaceEdit(changes={uri: list(_text_edits(document, positions, action.edits))}),
    )


def _text_edits(document: Document, positions: Positions, edits: Iterable[Edit]) -> Iterator[types.TextEdit]:
    end = line_end(document.text)
    for edit in edits:
        yield types.TextEdit(positions.range(edit.span), edit.text.replace("\n", end))


async def _hover(server: Server, params: types.HoverParams) -> types.Hover | None:
    uri = params.text_document.uri
    findings = await server.findings(uri)
    document = server.document(uri)
    if document is None:
        return None
    positions = server.positions(document)
    found = hover(document, findings, *positions.place(params.position), server.language)
    if found is None:
        return None
    text = types.MarkupContent(types.MarkupKind.Markdown, found.text)
    return types.Hover(text, positions.range(found.span))


def _completion(server: Server, params: types.CompletionParams) -> list[types.CompletionItem]:
    document = server.document(params.text_document.uri)
    if document is None:
        return []
    positions = server.positions(document)
    line, column = positions.place(params.position)
    files = _Folder(path_of(params.text_document.uri))
    found = complete(document, line, column, files.names, server.language)
    return [
        _item(positions.range(Span(line, item.column, line, column)), number, item) for number, item in enumerate(found)
    ]


def _item(range: types.Range, number: int, item: Suggestion) -> types.CompletionItem:
    return types.CompletionItem(
        label=item.text,
        kind=_ITEM_KINDS[item.kind],
        detail=item.detail or None,
        documentation=types.MarkupContent(types.MarkupKind.Markdown, item.help) if item.help else None,
        sort_text=f"{number:04}",
        text_edit=types.TextEdit(range, item.text),
    )


class _Folder:
    """The files around a Dockerfile, which is what it is most often built with."""

    def __init__(self, dockerfile: Path | None) -> None:
        self._context = dockerfile.parent if dockerfile is not None else None

    def names(self, path: str) -> list[str]:
        """What is in a folder of it; nothing for one that leads out, or is not there."""
        if self._context is None or "\0" in path:
            return []
        folder = os.path.realpath(self._context / path)
        if not Path(folder).is_relative_to(os.path.realpath(self._context)):
            return []
        try:
            with os.scandir(folder) as entries:
                found = [entry.name + ("/" if entry.is_dir() else "") for entry in entries]
        except OSError:
            return []
        return sorted(found)[:_MOST_FILES]


def _formatting(server: Server, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
    document = server.document(params.text_document.uri)
    edit = formatting(document) if document is not None else None
    if document is None or edit is None:
        return None
    return list(_text_edits(document, server.positions(document), [edit]))


def _symbols(server: Server, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
    document = server.document(params.text_document.uri)
    if document is None:
        return []
    positions = server.positions(document)
    return [_symbol(positions, symbol) for symbol in symbols(document)]


def _symbol(positions: Positions, symbol: Symbol) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        name=symbol.name,
        detail=symbol.detail,
        kind=types.SymbolKind.Namespace if symbol.children else types.SymbolKind.Property,
        range=positions.range(symbol.span),
        selection_range=positions.range(symbol.name_span),
        children=[_symbol(positions, child) for child in symbol.children],
    )


def _definition(server: Server, params: types.DefinitionParams) -> types.Location | None:
    document = server.document(params.text_document.uri)
    if document is None:
        return None
    positions = server.positions(document)
    span = definition(document, *positions.place(params.position))
    return types.Location(params.text_document.uri, positions.range(span)) if span is not None else None


_FEATURES: tuple[tuple[str, object, Callable[..., object]], ...] = (
    (types.INITIALIZE, None, _initialize),
    (types.SHUTDOWN, None, _shutdown),
    (types.TEXT_DOCUMENT_DID_OPEN, None, _opened),
    (types.TEXT_DOCUMENT_DID_CHANGE, None, _changed),
    (types.TEXT_DOCUMENT_DID_SAVE, None, _saved),
    (types.TEXT_DOCUMENT_DID_CLOSE, None, _closed),
    (
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(["quickfix", "source.fixAll"]),
        _code_actions,
    ),
    (types.TEXT_DOCUMENT_HOVER, None, _hover),
    (types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=_TRIGGERS), _completion),
    (types.TEXT_DOCUMENT_FORMATTING, None, _formatting),
    (types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, None, _symbols),
    (types.TEXT_DOCUMENT_DEFINITION, None, _definition),
)
