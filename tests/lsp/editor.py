"""An editor: speaks plain JSON-RPC with a real `onggi lsp`, and waits for what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any, BinaryIO

ONGGI = Path(sys.executable).with_name("onggi")
Json = dict[str, Any]

_LIMIT = 600.0


class Editor:
    """`notes` are the notifications that came and nobody took yet."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None and process.stdout is not None
        self.process = process
        self._in: BinaryIO = process.stdin  # type: ignore[assignment]
        self._out: BinaryIO = process.stdout  # type: ignore[assignment]
        self._last = 0
        self.notes: list[Json] = []

    def initialize(self, **params: Any) -> Json:
        answer = self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}, **params})
        self.tell("initialized", {})
        found: Json = answer["result"]
        return found

    def tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def ask(self, method: str, params: Any) -> Json:
        """The whole answer: its `result`, or its `error`."""
        self._last += 1
        self._send({"id": self._last, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == self._last:
                return message
            self.notes.append(message)

    def result(self, method: str, uri: str, **params: Any) -> Any:
        return self.ask(f"textDocument/{method}", {"textDocument": {"uri": uri}, **params})["result"]

    def at(self, method: str, uri: str, line: int, character: int) -> Any:
        return self.result(method, uri, position={"line": line, "character": character})

    def open(self, uri: str, text: str, version: int = 1) -> None:
        document = {"uri": uri, "languageId": "dockerfile", "version": version, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})

    def change(self, uri: str, text: str, version: int) -> None:
        about = {"uri": uri, "version": version}
        self.tell("textDocument/didChange", {"textDocument": about, "contentChanges": [{"text": text}]})

    def diagnostics(self, uri: str) -> list[Json]:
        """The next that are published for the file."""
        found: list[Json] = self.note("textDocument/publishDiagnostics", uri=uri)["diagnostics"]
        return found

    def note(self, method: str, **wanted: str) -> Json:
        """The parameters of the next notification with these among them."""
        while True:
            for number, message in enumerate(self.notes):
                if message.get("method") == method and wanted.items() <= message["params"].items():
                    params: Json = self.notes.pop(number)["params"]
                    return params
            self.notes.append(self._read())

    def raw(self, data: bytes) -> None:
        self._in.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self._in.flush()

    def _send(self, message: Json) -> None:
        self.raw(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def _read(self) -> Json:
        length = 0
        while (line := self._out.readline()) != b"\r\n":
            assert line, "the server ended"
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        found: Json = json.loads(self._out.read(length))
        return found


@contextmanager
def editor(*flags: str, environ: Mapping[str, str] = {}, stderr: BinaryIO | None = None) -> Iterator[Editor]:
    """With a server that is asked to end afterwards, and must. One that says nothing any more is ended, so that no test
    waits for it forever. `stderr` gets what the server writes there."""
    process = subprocess.Popen(
        [ONGGI, "lsp", *flags],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **environ},
    )
    limit = Timer(_LIMIT, process.kill)
    limit.start()
    with process:
        try:
            made = Editor(process)
            yield made
            if process.poll() is None:
                made.ask("shutdown", None)
                made.tell("exit", None)
                assert process.wait(30) == 0
        finally:
            limit.cancel()
            process.kill()
