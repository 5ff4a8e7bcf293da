"""The real server, over pipes, as an editor speaks with it."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from .editor import Editor, Json, editor

ZERO = {"line": 0, "character": 0}


@pytest.fixture(scope="module")
def shared() -> Iterator[Editor]:
    """For tests that each have a file of their own."""
    with editor() as made:
        made.initialize()
        yield made


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return (tmp_path / "Dockerfile").as_uri()


def codes(diagnostics: list[Json]) -> list[str]:
    return [item["code"] for item in diagnostics]


def edited(text: str, edits: list[Json]) -> str:
    """As an editor does it, for texts of the Basic Multilingual Plane."""
    lines = text.split("\n")
    for edit in sorted(edits, key=lambda edit: tuple(edit["range"]["start"].values()), reverse=True):
        begin, end = (
            sum(len(line) + 1 for line in lines[: place["line"]]) + place["character"]
            for place in (edit["range"]["start"], edit["range"]["end"])
        )
        text = text[:begin] + edit["newText"] + text[end:]
    return text


def test_it_says_what_it_can() -> None:
    with editor() as made:
        told = made.initialize()
    assert told["serverInfo"]["name"] == "onggi"
    able = told["capabilities"]
    for name in ("hover", "definition", "documentSymbol", "documentFormatting", "codeAction", "completion"):
        assert able[f"{name}Provider"]
    assert able["positionEncoding"] == "utf-16"


def test_findings_come_when_a_file_opens_changes_and_closes(shared: Editor, uri: str) -> None:
    shared.open(uri, "FROM debian:latest\n")
    (found,) = shared.diagnostics(uri)
    assert found["code"] == "DL3007" and found["source"] == "onggi" and found["severity"] == 2
    assert found["range"] == {"start": {"line": 0, "character": 5}, "end": {"line": 0, "character": 18}}
    shared.change(uri, "FROM scratch\n", 2)
    assert shared.diagnostics(uri) == []
    shared.change(uri, "FROM debian:latest\n", 3)
    assert codes(shared.diagnostics(uri)) == ["DL3007"]
    shared.tell("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert shared.diagnostics(uri) == []


def test_of_many_changes_only_the_last_is_told(shared: Editor, uri: str) -> None:
    shared.open(uri, "FROM scratch\n")
    assert shared.diagnostics(uri) == []
    for version in range(2, 20):
        shared.change(uri, "FROM debian:latest\n" * version, version)
    shared.change(uri, "FROM debian:latest\n", 20)
    assert codes(shared.diagnostics(uri)) == ["DL3007"]
    assert shared.ask("no/such/method", {})["error"]  # whatever was under way has been said by now
    assert not [note for note in shared.notes if note["params"].get("uri") == uri]


def test_shellcheck_takes_part_and_places_are_in_utf_16(shared: Editor, uri: str) -> None:
    shared.open(uri, "FROM scratch\nRUN echo 한국 😀 $x\n")
    places = {item["code"]: item["range"] for item in shared.diagnostics(uri)}
    assert places["SC2086"] == {"start": {"line": 1, "character": 15}, "end": {"line": 1, "character": 17}}


def test_an_editor_may_count_in_bytes(uri: str) -> None:
    with editor() as made:
        told = made.initialize(capabilities={"general": {"positionEncodings": ["utf-8", "utf-16"]}})
        encoding = told["capabilities"]["positionEncoding"]
        made.open(uri, "FROM scratch\nRUN echo 한국 😀 $x\n")
        (found,) = (item for item in made.diagnostics(uri) if item["code"] == "SC2086")
        assert (encoding, found["range"]["start"]["character"]) in (("utf-8", 21), ("utf-16", 15))


def test_what_is_found_can_be_ignored(shared: Editor, uri: str) -> None:
    text = "FROM debian:latest\nRUN echo $x\n"
    shared.open(uri, text)
    before = codes(shared.diagnostics(uri))
    for action in shared.result("codeAction", uri, range={"start": ZERO, "end": ZERO}, context={"diagnostics": []}):
        assert action["title"] != "Ignore DL3007 here"
    place = {"line": 0, "character": 8}
    offered = shared.result("codeAction", uri, range={"start": place, "end": place}, context={"diagnostics": []})
    (ignore,) = (action for action in offered if action["title"] == "Ignore DL3007 here")
    assert codes(ignore["diagnostics"]) == ["DL3007"]
    after = edited(text, ignore["edit"]["changes"][uri])
    assert after == "# hadolint ignore=DL3007\n" + text
    shared.change(uri, after, 2)
    assert codes(shared.diagnostics(uri)) == [code for code in before if code != "DL3007"]


def test_only_the_wanted_kinds_of_action(shared: Editor, uri: str) -> None:
    shared.open(uri, "FROM debian:latest\n")
    place = {"line": 0, "character": 8}
    about = {"diagnostics": [], "only": ["source"]}
    offered = shared.result("codeAction", uri, range={"start": place, "end": place}, context=about)
    assert {action["kind"] for action in offered} <= {"source.fixAll"}


def test_formatting(shared: Editor, uri: str) -> None:
    text = "FROM a\r\nrun  b   \r\n\r\n\r\nUSER 한국"
    shared.open(uri, text)
    edits = shared.result("formatting", uri, options={"tabSize": 8, "insertSpaces": False})
    assert edited(text, edits) == "FROM a\r\nRUN b\r\n\r\nUSER 한국\r\n"
    shared.change(uri, "FROM a\nNOPE", 2)
    assert shared.result("formatting", uri, options={"tabSize": 8, "insertSpaces": False}) is None


def test_hover_completion_symbols_and_definition(shared: Editor, uri: str, tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    shared.open(uri, "FROM a:1 AS base\nFROM base\nCOPY a b\n")
    assert "COPY [flags]" in shared.at("hover", uri, 2, 1)["contents"]["value"]
    assert shared.at("hover", uri, 2, 6) is None or "COPY [flags]" not in str(shared.at("hover", uri, 2, 6))
    (item,) = (item for item in shared.at("completion", uri, 2, 6) if item["label"] == "api/")
    assert item["textEdit"]["range"] == {"start": {"line": 2, "character": 5}, "end": {"line": 2, "character": 6}}
    assert [symbol["name"] for symbol in shared.result("documentSymbol", uri)] == ["base", "stage 1"]
    place = shared.at("definition", uri, 1, 6)
    assert (place["uri"], place["range"]["start"]) == (uri, {"line": 0, "character": 12})


def test_completion_does_not_leave_the_context(shared: Editor, uri: str, tmp_path: Path) -> None:
    (tmp_path / "up").symlink_to("/")
    for path in ("../", "/../", "up/", "missing/"):
        shared.open(uri, f"FROM a\nCOPY {path}")
        assert shared.at("completion", uri, 1, 99) == []


def test_the_projects_configuration_counts(shared: Editor, uri: str, tmp_path: Path) -> None:
    (tmp_path / ".hadolint.yaml").write_text("ignored: [DL3007]\n")
    shared.open(uri, "FROM debian:latest\n")
    assert shared.diagnostics(uri) == []
    (tmp_path / ".hadolint.yaml").write_text("ignored: [DL3006]\n")
    shared.tell("textDocument/didSave", {"textDocument": {"uri": uri}})
    assert codes(shared.diagnostics(uri)) == ["DL3007"]
    (tmp_path / ".hadolint.yaml").write_text("ignored: [\n")
    shared.tell("textDocument/didSave", {"textDocument": {"uri": uri}})
    assert codes(shared.diagnostics(uri)) == ["DL3007"]
    assert ".hadolint.yaml" in shared.note("window/showMessage")["message"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("NOPE\n", id="no-dockerfile"),
        pytest.param("FROM a\nRUN <<EOF\n", id="heredoc-without-end"),
        pytest.param("FROM a\n\0\n", id="nul"),
        pytest.param("FROM a\n\ud800\n", id="half-a-character"),
        pytest.param("FROM a\x85b\u2028c\x0cd\n", id="odd-line-ends"),
        pytest.param("FROM a\nRUN echo " + "x" * 1_000_000 + "\n", id="a-megabyte-in-a-line"),
    ],
)
def test_any_text_gets_an_answer(shared: Editor, uri: str, text: str) -> None:
    shared.open(uri, text)
    for item in shared.diagnostics(uri):
        assert item["range"]["start"]["line"] <= text.count("\n")
    for method in ("hover", "completion", "definition"):
        for line, character in ((0, 0), (1, 4), (1, 999_999_999), (99, 99)):
            assert "error" not in shared.ask(
                f"textDocument/{method}",
                {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}},
            )
    assert isinstance(shared.result("documentSymbol", uri), list)


@pytest.mark.parametrize(
    "uri", ["untitled:Untitled-1", "git:/a/Dockerfile?x", "file:///nowhere/at/all/Dockerfile", "file:///%00/x"]
)
def test_texts_that_are_no_files(shared: Editor, uri: str) -> None:
    shared.open(uri, "FROM debian:latest\nCOPY ")
    assert "DL3007" in codes(shared.diagnostics(uri))
    assert shared.at("completion", uri, 1, 5) == []


@pytest.mark.parametrize(
    "method, more",
    [
        ("hover", {"position": ZERO}),
        ("completion", {"position": ZERO}),
        ("definition", {"position": ZERO}),
        ("documentSymbol", {}),
        ("formatting", {"options": {"tabSize": 4, "insertSpaces": True}}),
        ("codeAction", {"range": {"start": ZERO, "end": ZERO}, "context": {"diagnostics": []}}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_nobody_opened(shared: Editor, method: str, more: Json) -> None:
    answer = shared.ask(f"textDocument/{method}", {"textDocument": {"uri": "file:///nowhere/Dockerfile"}, **more})
    assert "error" not in answer and not answer["result"]


def test_it_goes_on_after_nonsense_and_says_so_in_a_line(tmp_path: Path) -> None:
    with (tmp_path / "stderr").open("wb") as stderr, editor(stderr=stderr) as made:
        made.initialize()
        made.raw(b"{nonsense")
        made.raw(b"[]")
        made.raw(json.dumps({"jsonrpc": "2.0", "id": 99, "method": "textDocument/hover", "params": 7}).encode())
        assert made.ask("no/such/method", {})["error"]["code"] == -32601
        made.open("untitled:1", "FROM debian:latest\n")
        assert codes(made.diagnostics("untitled:1")) == ["DL3007"]
    first, *others = (tmp_path / "stderr").read_text().splitlines()
    assert first.startswith("onggi: Unable to handle message: Expecting property name")
    assert all(line.startswith("onggi: ") for line in others)


def test_findings_carry_the_version_of_their_text(shared: Editor, uri: str) -> None:
    shared.open(uri, "FROM debian:latest\n", version=7)
    assert shared.note("textDocument/publishDiagnostics", uri=uri)["version"] == 7
    shared.change(uri, "FROM debian:12\n", version=9)
    assert shared.note("textDocument/publishDiagnostics", uri=uri)["version"] == 9


def test_it_speaks_the_editors_language_or_the_one_it_is_told() -> None:
    for flags, locale, has_korean in (((), "ko-KR", True), ((), "en", False), (("--lang", "en"), "ko", False)):
        with editor(*flags) as made:
            made.initialize(locale=locale)
            made.open("untitled:1", "FROM debian:latest\n")
            (found,) = made.diagnostics("untitled:1")
            assert any("가" <= letter <= "힣" for letter in found["message"]) is has_korean


def test_it_ends_with_1_where_nobody_said_shutdown() -> None:
    with editor() as made:
        made.initialize()
        made.tell("exit", None)
        assert made.process.wait(30) == 1


def test_it_ends_when_the_editor_is_gone() -> None:
    with editor() as made:
        made.initialize()
        assert made.process.stdin is not None
        made.process.stdin.close()
        assert made.process.wait(30) == 1


def test_it_leaves_nothing_in_the_folder_for_temporary_files(tmp_path: Path, uri: str) -> None:
    place = tmp_path / "tmp"
    place.mkdir()
    with editor(environ={"TMPDIR": str(place)}) as made:
        made.initialize()
        made.open(uri, "FROM a\nRUN echo $x\n")
    assert list(place.iterdir()) == []
    assert made.process.returncode != -signal.SIGKILL
