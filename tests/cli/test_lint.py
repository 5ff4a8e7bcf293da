"""lint: what it reads, how it tells, mends and remembers, and its exit codes. With the real linter, which needs no
store."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click.testing
import pytest

from onggi.cli.main import program
from onggi.cli.session import Session
from onggi.dockerfile.source import Source, Span
from onggi.engine.lint.bases import LocalImages
from onggi.engine.lint.lint import Linted, LintFile, lint
from onggi.engine.lint.mend import Mended, mend
from onggi.lint.finding import Finding
from onggi.lint.rules.table import BY_CODE
from onggi.lint.violation import Edit, Fix, Text
from onggi.oci.platform import Platform
from onggi.settings import Settings

from .fake import Result

BAD = "FROM debian:latest AS a\nUSER 1000\n"
CLEAN = "FROM scratch\nUSER 1000\n"
LINE = "Dockerfile:1:6  DL3007  warning  "


class _Linter:
    """The part of an engine that lints."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def lint(self, files: list[LintFile]) -> list[Linted]:
        with LocalImages(self._root) as images:
            return lint(files, Platform("amd64"), 1_800_000_000.0, images)

    def mend(self, files: list[LintFile], *, unsafe: bool = False) -> list[Mended]:
        return mend(files, lambda some: self.lint(list(some)), unsafe=unsafe)


class _Mender(_Linter):
    """One whose rule finds `x`, which it makes `y`, and `!`, which it unsafely makes `?`."""

    def lint(self, files: list[LintFile]) -> list[Linted]:
        return [Linted(file, source := Source.of(file.data.decode(), file.name), _marks(source)) for file in files]


def _marks(source: Source) -> tuple[Finding, ...]:
    rule = BY_CODE["DL3007"]
    return tuple(
        Finding(rule, Text(mark, mark), span, (line, line), rule.severity, Fix((Edit(span, new),), is_safe=mark == "x"))
        for line, text in enumerate(source.lines, 1)
        for at, mark in enumerate(text)
        if (new := {"x": "y", "!": "?"}.get(mark)) and (span := Span(line, at + 1, line, at + 2))
    )


def call(
    *args: str,
    input: str | bytes | None = None,
    environ: dict[str, str] | None = None,
    linter: type[_Linter] = _Linter,
) -> Result:
    @contextmanager
    def opener(settings: Settings) -> Iterator[_Linter]:
        yield linter(settings.root)

    session = Session({"ONGGI_ROOT": "/nonexistent", **(environ or {})}, opener)  # type: ignore[arg-type]
    words = ("lint", "--no-shellcheck", *args)
    ran = click.testing.CliRunner().invoke(program, words, input=input, obj=session)
    if ran.exception is not None and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    return Result(ran.stdout, ran.stderr, ran.exit_code)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a bad Dockerfile, where we stand. Rules that are not of these tests are switched off."""
    monkeypatch.chdir(tmp_path)
    Path(".git").mkdir()
    write("Dockerfile", BAD)
    configure("")
    return tmp_path


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)


def configure(text: str, folder: str = ".") -> None:
    write(f"{folder}/onggi.toml", f"[lint]\nignore = {json.dumps(_OTHERS)}\n{text}")


_OTHERS = sorted(set(BY_CODE) - {"DL3007", "DL1000", "OG9001"})


def test_findings_are_told_and_the_exit_code_is_1() -> None:
    done = call()
    assert done.code == 1
    assert done.out.startswith(LINE) and done.out.endswith("1 finding (1 warning)\n")
    assert done.err == ""


def test_nothing_found_is_0() -> None:
    write("Dockerfile", CLEAN)
    assert call() == ("no findings in 1 file\n", "", 0)


def test_files_folders_and_standard_input() -> None:
    write("api/Containerfile", BAD)
    write("api/web.Dockerfile", BAD)
    write("odd", BAD)
    done = call("-q", "odd", "api", "-", "odd", input=BAD)
    names = [line.partition(":")[0] for line in done.out.splitlines()]
    assert names == ["odd", "api/Containerfile", "api/web.Dockerfile", "-"]


def test_a_file_that_is_named_twice_is_linted_once(folder: Path) -> None:
    done = call("-q", "Dockerfile", ".", "./Dockerfile", str(folder / "Dockerfile"), "-", "-", input=BAD)
    assert [line.partition(":")[0] for line in done.out.splitlines()] == ["Dockerfile", "-"]


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("-t", "error"), 0),
        (("-t", "warning"), 1),
        (("--failure-threshold", "none"), 1),
        (("--no-fail",), 0),
        (("--info", "DL3007", "-t", "warning"), 0),
        (("--error", "DL3007", "-t", "error"), 1),
        (("--ignore", "DL3006,DL3007"), 0),
        (("--ignore", "DL3006", "--ignore=DL3007"), 0),
    ],
)
def test_what_counts_is_said_as_to_hadolint(args: tuple[str, ...], code: int) -> None:
    done = call(*args)
    assert (done.code, done.err) == (code, "")


@pytest.mark.parametrize(
    ("directive", "text", "args", "code"),
    [
        ("check=error=true", "CMD run me", (), 1),  # told as DL3025
        ("check=error=true", "EXPOSE 80/TCP", (), 1),
        ("check=error=true", "CMD run me", ("--ignore", "DL3025"), 0),
        ("check=error=true", "CMD run me", ("--no-fail",), 0),
        ("check=error=true", "RUN sudo x", (), 0),  # no check of BuildKit
        ("check=skip=JSONArgsRecommended;error=true", "CMD run me", (), 0),
        ("check=error=false", "CMD run me", (), 0),
    ],
)
def test_what_fails_a_build_fails_a_lint_whatever_the_threshold(
    directive: str, text: str, args: tuple[str, ...], code: int
) -> None:
    write("Dockerfile", f"# {directive}\nFROM debian:12\nUSER 1000\n{text}\n")
    done = call("--no-config", "-t", "error", "--info", "DL3004", *args)
    assert (done.err, done.code) == ("", code)


def test_pragmas_are_heeded_unless_they_are_disabled() -> None:
    write("Dockerfile", f"# hadolint ignore=DL3007\n{BAD}")
    assert call().code == 0
    assert call("--disable-ignore-pragma").code == 1


def test_registries_and_labels_are_said_as_to_hadolint() -> None:
    write("rest/Dockerfile", "FROM example.com/a:1\nUSER 1000\nLABEL a=b c=d\n")
    write("rest/onggi.toml", "")
    codes = {"DL3026", "DL3049", "DL3050", "DL3053"}

    def found(*args: str) -> set[str]:
        return {each["code"] for each in json.loads(call("-f", "json", *args, "rest").out)} & codes

    known = codes & set(_OTHERS)
    assert found() == set()
    args = ("--trusted-registry", "docker.io", "--require-label", "a:rfc3339", "--require-label", "e:url")
    assert found(*args) == known - {"DL3050"}
    assert found(*args, "--strict-labels") == known


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("nothere", "Dockerfile"), "onggi: there is no file nothere\n"),
        (("/dev/null",), "onggi: /dev/null is no file that could be a Dockerfile\n"),
        (("empty",), "onggi: there is no Dockerfile in empty\nhint: name the file,"),
        (("--context", "nothere"), "onggi: there is no folder nothere to be the context\n"),
        (("--config", "nothere.toml"), "onggi: there is no configuration file nothere.toml\n"),
        (("--config", "a.yaml", "--no-config"), "onggi: --config and --no-config exclude each other\n"),
        (("--fix", "--diff"), "onggi: --fix and --diff exclude each other\n"),
        (("--diff", "-f", "json"), "onggi: --diff and --format exclude each other\n"),
        (("--diff", "-o", "x"), "onggi: --diff and --output exclude each other\n"),
        (("--write-baseline", "x", "-o", "y"), "onggi: --write-baseline and --output exclude each other\n"),
        (("--fix", "-", "-o", "-"), "onggi: the mended text and the report would both go to standard output\n"),
        (("--context", ""), "onggi: --context is empty\n"),
        (("--unsafe-fixes",), "onggi: --unsafe-fixes alone mends nothing\nhint: add --fix"),
        (("--require-label", "a"), "onggi: --require-label a is not NAME:KIND\nhint: kinds are text, url"),
        (("--require-label", "a:sem"), "onggi: --require-label a:sem is not NAME:KIND"),
        (("--baseline", "nothere"), "onggi: cannot read the baseline nothere: No such file or directory\n"),
        (("--baseline", "Dockerfile"), "onggi: Dockerfile is no baseline: JSON is malformed"),
        (("-o", "no/such/report"), "onggi: there is no folder"),
        (("-f", "codacy"), "onggi: Invalid value for '-f' / '--format': 'codacy' is not one of 'tty', 'json'"),
        (("-t", "eror"), "onggi: Invalid value for '-t'"),
        (("--verbose",), "onggi: there is nothing more to tell than the report\n"),
        (("--formt", "json"), "onggi: No such option '--formt'; did you mean --format?"),
    ],
)
def test_what_cannot_be_linted_is_125(args: tuple[str, ...], message: str) -> None:
    Path("empty").mkdir()
    done = call(*args)
    assert done.err.startswith(message)
    assert done.code == 125


def test_other_files_are_linted_beside_one_that_is_not_there() -> None:
    done = call("-q", "nothere", "Dockerfile")
    assert done.out.startswith(LINE)
    assert done.code == 125


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xfeF\x00", "is UTF-16 text"),
        (b"\x7fELF\xff\xff", "is not UTF-8 text"),
        (b"", "no instructions"),
        (b"FORM x", "unknown"),
    ],
)
def test_a_file_that_is_no_dockerfile_is_a_finding(data: bytes, message: str) -> None:
    Path("Dockerfile").write_bytes(data)
    done = call("-q")
    assert "  DL1000  error    " in done.out and message in done.out
    assert done.code == 1


def test_configuration_is_looked_for_from_the_file_up() -> None:
    configure("severity.DL3007 = 'error'", "api")
    write("api/deep/Dockerfile", BAD)
    levels = {each["file"]: each["level"] for each in json.loads(call("-f", "json").out)}
    assert levels == {"Dockerfile": "warning", "api/deep/Dockerfile": "error"}
    assert call("--config", "api/onggi.toml", "-q").out.count("  error  ") == 2
    assert call("--no-config", "-q").out.count("  DL3007  warning  ") == 2


def test_hadolints_configuration_is_one_too() -> None:
    Path("onggi.toml").unlink()
    write(".hadolint.yaml", f"ignored: {json.dumps([*_OTHERS, 'DL3007'])}\nformat: gnu\n")
    assert call() == ("", "", 0)


def test_a_wrong_configuration_is_one_message_with_file_line_and_key() -> None:
    configure("treshold = 'error'")
    done = call()
    assert done.err.startswith(
        "onggi: onggi.toml:3: lint.treshold: there is no such key; did you mean threshold?\nhint: keys are "
    )
    assert (done.out, done.code) == ("", 125)


def test_unknown_codes_are_told_and_do_not_matter() -> None:
    configure("severity = { DL9999 = 'error' }")
    done = call("--ignore", "DL0000", "-t", "error")
    assert done.err == (
        "WARNING: --ignore: there is no rule DL0000; did you mean DL1000?\n"
        "WARNING: onggi.toml:3: lint.severity.DL9999: there is no rule DL9999\n"
    )
    assert done.code == 0


def test_excluded_files_are_linted_when_they_are_named() -> None:
    configure("exclude = ['old']")
    write("old/Dockerfile", BAD)
    assert "old/" not in call("-q").out
    assert call("-q", "old/Dockerfile").out.startswith("old/Dockerfile:1:6")
    assert "there is no Dockerfile in old" in call("old").err


def test_excluded_files_that_are_named_can_be_left_out_too() -> None:
    configure("exclude = ['old', 'a']")
    write("old/Dockerfile", BAD)
    write("a", BAD)
    done = call("-q", "--force-exclude", "old/Dockerfile", "a", "old", "Dockerfile")
    assert [line.partition(":")[0] for line in done.out.splitlines()] == ["Dockerfile"]
    assert call("--force-exclude", "a") == ("no findings in 0 files\n", "", 0)
    assert call("--force-exclude", "-f", "json", "a").out == "[]\n"


def test_a_link_in_a_folder_that_leads_nowhere_is_told_and_does_not_count() -> None:
    Path("gone.Dockerfile").symlink_to("nowhere")
    done = call("-t", "error")
    assert done.err == "WARNING: gone.Dockerfile is a symbolic link to nowhere, which is not there\n"
    assert done.code == 0
    done = call("gone.Dockerfile")
    assert (done.err, done.code) == (
        "onggi: gone.Dockerfile is a symbolic link to nowhere, which is not there\n",
        125,
    )


def test_a_path_that_is_empty_is_refused_and_the_others_are_linted() -> None:
    done = call("-q", "", "Dockerfile")
    assert done.err == "onggi: a path is empty\nhint: name a file, or . for this folder\n"
    assert done.out.startswith(LINE) and done.code == 125


def test_standard_input_has_the_configuration_of_the_name_it_is_given() -> None:
    configure("severity.DL3007 = 'error'", "api")
    done = call("-q", "--stdin-filename", "api/Dockerfile", "-", input=BAD)
    assert done.out.startswith("api/Dockerfile:1:6  DL3007  error  ")
    assert call("-q", "--file-path-in-report=api/x", "-", input=BAD).out.startswith("api/x:1:6  DL3007  error  ")


def test_the_language_is_that_of_option_configuration_or_locale() -> None:
    def is_korean(*args: str, **environ: str) -> bool:
        return "버전 태그" in call("-q", *args, environ=environ).out

    assert is_korean("--lang", "ko")
    assert is_korean(LANG="ko_KR.UTF-8")
    assert is_korean(LANG="en_US.UTF-8", LC_ALL="ko_KR.UTF-8")
    assert not is_korean(LANG="ko_KR.UTF-8", LC_MESSAGES="C")
    assert not is_korean("--lang", "en", LANG="ko_KR.UTF-8")
    configure("lang = 'ko'")
    assert is_korean(LANG="en_US.UTF-8")


def test_a_report_goes_to_a_file() -> None:
    done = call("-f", "gitlab_codeclimate", "-o", "report.json")
    assert (done.out, done.err, done.code) == ("", "", 1)
    assert call("-f", "gitlab", "-o", "-").out == Path("report.json").read_text()
    assert not Path("-").exists()
    assert [each["check_name"] for each in json.loads(Path("report.json").read_text())] == ["DL3007"]


def test_a_name_that_is_no_text_is_linted() -> None:
    name = os.fsdecode(b"a\xff.Dockerfile")
    Path(name).write_text(BAD)
    done = call("-f", "json", name)
    assert json.loads(done.out)[0]["file"] == "a\ufffd.Dockerfile"


MENDABLE = "RUN x\r\n  ! x\n"


def test_what_can_be_mended_is_written_and_the_rest_told() -> None:
    write("Dockerfile", MENDABLE)
    Path("Dockerfile").chmod(0o750)
    done = call("-q", "--fix", linter=_Mender)
    assert Path("Dockerfile").read_bytes() == b"RUN y\r\n  ! y\n"
    assert Path("Dockerfile").stat().st_mode & 0o777 == 0o750
    assert done.out.split() == ["Dockerfile:2:3", "DL3007", "warning", "!", "fixable,", "unsafe"]
    assert (done.err, done.code) == ("Dockerfile: mended DL3007 (2 times)\n", 1)
    assert sorted(os.listdir()) == [".git", "Dockerfile", "onggi.toml"]


def test_unsafe_fixes_are_made_when_they_are_asked_for() -> None:
    write("Dockerfile", MENDABLE)
    done = call("--fix", "--unsafe-fixes", linter=_Mender)
    assert Path("Dockerfile").read_bytes() == b"RUN y\r\n  ? y\n"
    assert done == ("no findings in 1 file\n", "Dockerfile: mended DL3007 (3 times)\n", 0)


def test_a_diff_changes_nothing() -> None:
    write("Dockerfile", "FROM a\nRUN x")
    done = call("--diff", linter=_Mender)
    assert done.out == (
        "--- Dockerfile\n+++ Dockerfile\n@@ -1,2 +1,2 @@\n FROM a\n-RUN x\n\\ No newline at end of file\n"
        "+RUN y\n\\ No newline at end of file\n"
    )
    assert (done.err, done.code) == ("", 1)
    assert Path("Dockerfile").read_text() == "FROM a\nRUN x"


def test_standard_input_is_mended_to_standard_output() -> None:
    done = call("-q", "--fix", "-", input="FROM a ! x", linter=_Mender)
    assert done.out == "FROM a ! y"
    told, left = done.err.splitlines()
    assert told == "-: mended DL3007"
    assert left.startswith("-:1:8  DL3007  warning  !  ")
    assert call("--fix", "-", input="FROM a", linter=_Mender).out == "FROM a"


def test_a_file_without_anything_to_mend_is_not_touched() -> None:
    write("Dockerfile", "FROM a")
    before = Path("Dockerfile").stat()
    assert call("--fix", linter=_Mender).err == ""
    assert Path("Dockerfile").stat() == before


def test_what_the_baseline_has_is_not_told_again() -> None:
    done = call("--write-baseline", "known.json")
    assert (done.out, done.err, done.code) == ("", "1 finding written to known.json\n", 0)
    done = call("--baseline", "known.json")
    assert done == ("no findings in 1 file\n", "1 finding of the baseline not told again\n", 0)


def test_lines_that_moved_are_still_known_and_new_ones_are_told() -> None:
    call("--write-baseline", "known.json")
    write("Dockerfile", f"# moved\n\n{BAD}FROM  debian:latest  AS a\nFROM debian:latest AS b\n")
    done = call("-q", "--baseline", "known.json")
    assert [line.split()[0] for line in done.out.splitlines()] == ["Dockerfile:5:7", "Dockerfile:6:6"]
    assert done.code == 1


def test_what_is_gone_is_told_in_a_line() -> None:
    write("other/Dockerfile", BAD)
    call("--write-baseline", "known.json")
    write("Dockerfile", CLEAN)
    done = call("--baseline", "known.json", "Dockerfile")
    assert done.err == "1 of the baseline is gone; --write-baseline known.json leaves it out\n"
    assert done.code == 0


def test_a_baseline_means_the_same_files_from_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    write("api/Dockerfile", BAD)
    call("--write-baseline", "known.json")
    monkeypatch.chdir("api")
    assert call("-q", "--baseline", "../known.json", "Dockerfile").code == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "known.json is no baseline: Expected `object`, got `array`"),
        (
            '{"findings": [{"file": 1}]}',
            "known.json is no baseline: Expected `str`, got `int`",
        ),
        ('{"findings": [], "version": 2}', "known.json is a baseline of version 2, and this onggi knows version 1"),
        ("\udcff", "known.json is no baseline: "),
    ],
)
def test_a_baseline_that_is_none_is_refused(text: str, message: str) -> None:
    Path("known.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    done = call("--baseline", "known.json")
    assert done.err.startswith(f"onggi: {message}")
    assert done.code == 125
