"""A lint looks around a Dockerfile: at its context, at base images in the store; and gets along with any input."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from onggi.dockerfile.ignore import Matcher
from onggi.engine.engine import Engine
from onggi.engine.lint import context as contexts
from onggi.engine.lint import lint as linting
from onggi.engine.lint.bases import LocalImages
from onggi.engine.lint.find import dockerfiles, read
from onggi.engine.lint.lint import Linted, LintFile
from onggi.errors import Invalid, NotFound
from onggi.image import mutate, random
from onggi.image.image import Image
from onggi.lint.policy import Policy
from onggi.oci import reference
from onggi.oci.platform import Platform, of_host
from onggi.settings import Settings
from onggi.store.store import Store

POLICY = Policy(has_shellcheck=False)
NOW = 1_800_000_000.0  # 2027-01-15


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store") as opened:
        yield opened


def write(folder: Path, **files: str) -> None:
    """Names with `__` for a slash and `_dot_` for a point."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def lint(*files: LintFile, root: Path = Path("/nowhere"), platform: Platform | None = None) -> list[Linted]:
    with LocalImages(root) as images:
        return linting.lint(files, platform or of_host(), NOW, images)


def lint_text(data: str | bytes, context: Path | None = None, root: Path = Path("/nowhere")) -> Linted:
    data = data.encode() if isinstance(data, str) else data
    return lint(LintFile("Dockerfile", data, None, context, POLICY), root=root)[0]


def codes(linted: Linted, prefix: str = "OG") -> list[str]:
    return [finding.rule.code for finding in linted.findings if finding.rule.code.startswith(prefix)]


def messages(linted: Linted, code: str) -> list[str]:
    return [finding.message.en for finding in linted.findings if finding.rule.code == code]


# The context.


def test_what_a_copy_sends_is_measured(project: Path) -> None:
    write(project, server_dot_js="x" * 100, node_modules__a__i_dot_js="x" * 3000, web__b="x" * 2000, web__c="")
    (project / "link").symlink_to("web")
    found = lint_text("FROM node:22.1-slim\nCOPY . /app\n", project)
    assert messages(found, "OG6001") == [
        "COPY sends the whole folder, and there is no .dockerignore: 4 files (5.1 kB); "
        "the largest are node_modules (3 kB), web (2 kB)"
    ]
    assert messages(found, "OG6003") == [
        "COPY takes node_modules along: 1 file (3 kB); add to .dockerignore: node_modules"
    ]


def test_folders_with_next_to_nothing_are_not_called_the_largest(project: Path) -> None:
    write(project, server_dot_js="x" * 5000, cmd__empty="", conf__a="x")
    found = lint_text("FROM node:22.1-slim\nCOPY . /app\n", project)
    assert messages(found, "OG6001") == ["COPY sends the whole folder, and there is no .dockerignore: 3 files (5 kB)"]


def test_what_is_ignored_is_not_sent(project: Path) -> None:
    write(project, node_modules__a__i_dot_js="x", server_dot_js="x")
    (project / ".dockerignore").write_text("node_modules\n")
    assert codes(lint_text("FROM node:22.1-slim\nCOPY . /app\n", project), "OG6") == []


def test_the_ignore_file_of_the_dockerfile_wins(project: Path) -> None:
    write(project, node_modules__a="x", prod_dot_Dockerfile="FROM node:22.1-slim\nCOPY . /app\n")
    (project / ".dockerignore").write_text("# nothing\n")
    path = project / "prod.Dockerfile"
    file = LintFile("prod.Dockerfile", path.read_bytes(), path, project, POLICY)
    assert codes(lint(file)[0], "OG6") == ["OG6003", "OG6007"]
    (project / "prod.Dockerfile.dockerignore").write_text("node_modules\n*Dockerfile*\n")
    assert codes(lint(file)[0], "OG6") == []


def test_a_mistake_in_the_ignore_file_is_a_finding(project: Path) -> None:
    (project / ".dockerignore").write_text("ok\n[a\n")
    found = lint_text("FROM node:22.1-slim\nCOPY . /app\nWORKDIR app\n", project)
    (message,) = messages(found, "DL1000")
    assert message.startswith(".dockerignore:2") or "malformed pattern" in message
    assert "DL3000" in codes(found, "DL")


def test_without_a_context_nothing_is_said_of_one(project: Path) -> None:
    write(project, _dot_env="PASSWORD=x", package_dot_json='{"dependencies": {"a": "1"}}')
    text = "FROM node:22.1-slim\nCOPY . /app\nRUN npm install\n"
    assert {code for code in codes(lint_text(text)) if code[2] in "56"} == set()
    assert {code for code in codes(lint_text(text, project)) if code[2] in "56"} == {"OG5006", "OG6001", "OG6005"}


def test_a_context_without_any_of_the_named_files_is_another_one(project: Path) -> None:
    """docker/Dockerfile, built from the folder above."""
    write(project, _dot_env="PASSWORD=x", entrypoint_dot_sh="x")
    text = "FROM node:22.1-slim\nCOPY docker/entrypoint.sh /\nCOPY . /app\n"
    assert codes(lint_text(text, project), "OG6") == []


def test_a_context_that_no_rule_needs_is_not_walked(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walked: list[str] = []
    walk = contexts._walk

    def watched(root: str, matcher: Matcher) -> Iterator[tuple[str, int]]:
        walked.append(root)
        return walk(root, matcher)

    monkeypatch.setattr(contexts, "_walk", watched)
    write(project, package_dot_json="{}", server_dot_js="x")
    lint_text("FROM node:22.1-slim\nCOPY package*.json server.js ./\nRUN npm ci\n", project)
    assert walked == []
    text = b"FROM node:22.1-slim\nCOPY . /a\nCOPY . /b\n"
    lint(*(LintFile(name, text, None, project, POLICY) for name in ("a", "b", "c")))
    assert walked == [str(project)]


def test_odd_files_in_a_context(project: Path) -> None:
    os.mkfifo(project / ".env")
    os.mkfifo(project / "requirements.txt")
    (project / "loop").symlink_to("loop")
    (project / "out").symlink_to("/etc")
    (project / "name.key").write_text("harmless")
    (project / os.fsdecode(b"na\xffme.key")).write_text("-----BEGIN PRIVATE KEY-----")
    deep = project
    for _ in range(40):
        deep = deep / "d"
        deep.mkdir()
    text = "FROM python:3.12-slim\nCOPY requirements.txt loop out/hosts d name.key ./\nCOPY . /app\n"
    text += "RUN pip install -r requirements.txt\n"
    found = lint_text(text, project)
    (message,) = messages(found, "OG6005")
    assert "na\N{REPLACEMENT CHARACTER}me.key" in message


def test_a_large_file_is_not_read(project: Path) -> None:
    write(
        project, requirements_dot_txt="flask\n" * 200_000, key_dot_pem="-----BEGIN PRIVATE KEY-----" + "x" * 2_000_000
    )
    text = "FROM python:3.12-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\n"
    assert {code for code in codes(lint_text(text, project)) if code[2] in "56"} == {"OG6001"}


def test_triggers_copies_from_stages_and_fetched_files_send_nothing(project: Path) -> None:
    write(project, node_modules__a="x", server_dot_js="x")
    (project / ".dockerignore").write_text("")
    text = (
        "FROM node:22.1-slim AS a\nONBUILD COPY . /app\n"
        "FROM node:22.1-slim\nCOPY --from=a . /\nCOPY --from=named . /\nADD https://example.com/a/ /b/\n"
        "ADD --keep-git-dir=true git@github.com:a/b.git /c\nARG where\nCOPY $where /d\nCOPY <<e /f\nx\ne\n"
    )
    assert codes(lint_text(text, project), "OG6") == []


# Bases in the store.


def put(store: Store, name: str, image: Image) -> None:
    store.images.put(image, [reference.parse(name)])


def image(**run: object) -> Image:
    made = mutate.document(random.image(1), created="2026-01-01T00:00:00Z")
    return mutate.config(made, replace(made.config().config, **run))


def test_a_base_in_the_store_is_known(store: Store, project: Path) -> None:
    put(store, "mine:1.2", image(env=("FOO=1",), on_build=("COPY . /app",)))
    write(project, node_modules__a="x", main_dot_js="x")
    text = "FROM mine:1.2 AS a\nRUN echo\nFROM a\nCOPY $FOO$BAR /\n"
    found = lint_text(text, project, store.root)
    assert messages(found, "UndefinedVar") == ["Usage of undefined variable '$BAR'"]
    assert messages(found, "OG5004") == [
        "mine:1.2 as it is on this machine was made 379 days ago (2026-01-01): build with --pull"
    ]
    assert [finding.span.line for finding in found.findings if finding.rule.code == "OG6003"] == [1]
    unknown = lint_text(text, project)
    assert {*codes(unknown, "Undefined"), *codes(unknown, "OG5004"), *codes(unknown, "OG6")} == set()


def test_the_programs_of_a_base_are_known(store: Store) -> None:
    put(store, "mine:1.2", image(env=("PATH=/layer-1000:/nowhere",)))
    with LocalImages(store.root) as images:
        base = images.base("mine:1.2", of_host())
        assert base is not None and base.programs is not None
        assert "3" in base.programs
        assert "sh" not in base.programs
        assert images.base("other", of_host()) is None
        assert images.base("Not A Name", of_host()) is None


def test_a_base_of_another_platform_is_none(store: Store) -> None:
    put(store, "mine:1.2", image())
    with LocalImages(store.root) as images:
        assert images.base("mine:1.2", Platform("s390x")) is None
    text = "FROM --platform=linux/s390x mine:1.2\nFROM --platform=$NO mine:1.2\nFROM --platform=odd/odd mine:1.2\n"
    assert codes(lint_text(text, root=store.root), "OG5004") == []


def test_a_base_with_a_trigger_that_does_not_parse_is_not_known(store: Store) -> None:
    put(store, "mine:1.2", image(on_build=("NOSUCH thing",)))
    assert codes(lint_text("FROM mine:1.2\n", root=store.root), "OG5004") == []


def test_no_store_is_made_and_a_broken_one_is_no_matter(tmp_path: Path) -> None:
    lint_text("FROM debian:12\n", root=tmp_path / "none")
    assert not (tmp_path / "none").exists()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "onggi.db").write_text("this is no database" * 100)
    assert codes(lint_text("FROM debian:12\n", root=tmp_path / "broken"), "DL1000") == []


def test_a_store_is_opened_only_for_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("onggi.store.store.Store.__init__", lambda self, root: opened.append(root))
    (tmp_path / "onggi.db").write_text("")
    lint_text("FROM scratch AS a\nFROM a\nFROM $none\n", root=tmp_path)
    assert opened == []


def test_the_store_is_for_root_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, "mine:1.2", image())
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert codes(lint_text("FROM mine:1.2\n", root=store.root), "OG5004") == []


def test_an_engine_lints_without_a_store(tmp_path: Path) -> None:
    with Engine(Settings(root=tmp_path / "none")) as engine:
        (linted,) = engine.lint([LintFile("-", b"FROM debian\n", policy=POLICY)])
    assert "DL3006" in codes(linted, "DL")
    assert not (tmp_path / "none").exists()


# Any input.


@pytest.mark.parametrize(
    "data, told",
    [
        (b"", "no"),
        (b"\xff\xfeF\0R\0O\0M\0", "UTF-16"),
        (b"FROM debian:12\nRUN \xff\n", "not UTF-8"),
        (bytes(range(256)), "not UTF-8"),
        (b"\0\0\0", ""),
        (b"FROM", ""),
        (b"#" * 100_000, ""),
        (b"\n" * 100_000, ""),
    ],
    ids=["empty", "utf16", "latin", "bytes", "nuls", "from", "comment", "lines"],
)
def test_what_is_no_dockerfile_is_one_finding(data: bytes, told: str) -> None:
    (finding,) = lint_text(data).findings
    assert finding.rule.code == "DL1000"
    assert told in finding.message.en
    assert finding.span.line >= 1


def test_ends_of_lines_and_a_mark_change_nothing(project: Path) -> None:
    text = "FROM node:lts\nCOPY . \\\n  /app\nRUN cd /app && \\\n  npm install\n"
    write(project, server_dot_js="x")
    plain = lint_text(text, project)
    places = [(finding.rule.code, finding.span) for finding in plain.findings]
    assert {"OG5001", "OG6001", "DL3003"} <= {code for code, _ in places}
    for data in (text.replace("\n", "\r\n"), "\ufeff" + text):
        assert [(finding.rule.code, finding.span) for finding in lint_text(data, project).findings] == places


@pytest.mark.parametrize(
    "body",
    [
        "RUN echo a > /b\n" * 3000,
        "RUN true" + " && \\\n  echo a" * 3000,
        "RUN apt-get install -y " + " ".join(f"päckage{number}" for number in range(10_000)),
        "RUN <<EOF\n" + "apt-get install x\n" * 3000 + "EOF\n",
        "RUN " + "(" * 2000 + "true" + ")" * 2000,
        "RUN echo " + "$(echo " * 1000 + ")" * 1000,
        "RUN echo '" + "x" * 1_000_000,
        "ENV " + " ".join(f"a{number}=$b{number}" for number in range(3000)),
        "COPY " + "[a-z]*" * 3000 + " /",
        "COPY " + "a" * 1_000_000 + " /",
        "".join(f"FROM s{number} AS s{number + 1}\nCOPY . .\nRUN npm install\n" for number in range(300)),
        "".join(f"# hadolint ignore=DL{number}\nUSER a\n" for number in range(1000)),
        "CMD [" + '"a", ' * 10_000 + '"b"]',
        "RUN " + "\\\n" * 10_000 + "true",
    ],
    ids=[
        "instructions", "chain", "words", "heredoc", "parentheses", "substitutions", "quote", "variables", "pattern",
        "name", "stages", "pragmas", "array", "continuations",
    ],
)  # fmt: skip
def test_large_files_are_linted(body: str, project: Path) -> None:
    """That it comes to an end at all is what is tested: a step that takes the square of the length would not."""
    write(project, server_dot_js="x")
    found = lint_text(f"FROM debian:12 AS s0\n{body}\n", project)
    assert all(finding.span.line <= len(found.source.lines) for finding in found.findings)


def test_more_scripts_than_fit_a_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onggi.engine.lint.shellcheck._MOST_FILES", 2)
    text = "FROM debian:12\n" + "".join(f"RUN echo $a{number}\n" for number in range(5))
    (found,) = lint(LintFile("Dockerfile", text.encode(), policy=Policy()))
    assert [finding.span.line for finding in found.findings if finding.rule.code == "SC2154"] == [2, 3, 4, 5, 6]


def test_many_scripts_are_shared_among_the_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onggi.engine.lint.shellcheck._FEWEST_FILES", 2)
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {0, 1, 2})
    text = "FROM debian:12\n" + "".join(f"RUN echo $a{number}\n" for number in range(7))
    (found,) = lint(LintFile("Dockerfile", text.encode(), policy=Policy()))
    assert [finding.span.line for finding in found.findings if finding.rule.code == "SC2154"] == list(range(2, 9))


def test_a_script_that_is_too_long_for_shellcheck_is_told() -> None:
    text = f"FROM debian:12\nRUN {' && '.join(['echo $a'] * 600)}\nRUN echo $a\n"
    (found,) = lint(LintFile("Dockerfile", text.encode(), policy=Policy()))
    told = [(finding.rule.code, finding.span.line) for finding in found.findings]
    assert ("OG9002", 2) in told
    assert [line for code, line in told if code == "SC2154"] == [3]


# Finding and reading the files.


def test_a_folder_is_searched_for_files_alone(project: Path) -> None:
    write(project, Dockerfile="FROM a", sub__api_dot_Dockerfile="FROM a", Dockerfile_dot_dockerignore="x")
    (project / "dir" / "Dockerfile").mkdir(parents=True)
    os.mkfifo(project / "Dockerfile.pipe")
    (project / "Dockerfile.gone").symlink_to("nowhere")
    (project / "Dockerfile.same").symlink_to("Dockerfile")
    found = [str(path.relative_to(project)) for path in dockerfiles(project)]
    assert found == ["Dockerfile", "Dockerfile.gone", "Dockerfile.same", "sub/api.Dockerfile"]


def test_what_cannot_be_read_is_told_in_one_sentence(project: Path) -> None:
    (project / "gone").symlink_to("nowhere")
    with pytest.raises(NotFound, match="gone is a symbolic link to nowhere, which is not there"):
        read(project / "gone")
    with pytest.raises(NotFound, match=r"there is no file .*/missing"):
        read(project / "missing")
    for path in (project, Path("/dev/null")):
        with pytest.raises(Invalid, match="is no file that could be a Dockerfile"):
            read(path)


def test_a_pipe_is_read_to_its_end_and_never_waited_for(project: Path) -> None:
    os.mkfifo(project / "pipe")
    assert read(project / "pipe") == b""
    end, start = os.pipe()

    def write_all() -> None:
        with open(start, "wb") as file:
            file.write(b"FROM a\n" * 20_000)

    writer = threading.Thread(target=write_all)
    writer.start()
    try:
        assert read(Path(f"/dev/fd/{end}")) == b"FROM a\n" * 20_000
    finally:
        writer.join()
        os.close(end)
