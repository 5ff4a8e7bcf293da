"""build: flags become a request; what is printed where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onggi.cli.commands.build import REPRODUCIBLE_EPOCH
from onggi.cli.endings import Ended
from onggi.dockerfile.parse import parse
from onggi.engine.types import BuildRequest
from onggi.errors import Failed, Invalid
from onggi.solve.events import Planned
from onggi.solve.run import StepError

from .fake import ID, FakeEngine, call


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


def test_nothing_said_is_nothing_asked(engine: FakeEngine) -> None:
    assert call(engine, "build", ".").code == 0
    assert engine.builds == [BuildRequest(context=Path("."))]


def test_flags(engine: FakeEngine) -> None:
    call(
        engine,
        *("build", "-t", "shop/api", "-t", "shop/api:v2", "-f", "docker/Dockerfile", "--target", "prod"),
        *("--build-arg", "A=1", "--build-arg", "MINE", "--build-arg", "GONE", "--label", "x=y"),
        *("--no-cache-filter", "deps,tools", "--no-cache-filter", "app"),
        *("--no-cache=true", "--pull", "--network", "none", "--jobs", "3", "--host-ca", "."),
        environ={"MINE": "yes"},
    )
    assert engine.builds == [
        BuildRequest(
            context=Path("."),
            dockerfile=Path("docker/Dockerfile"),
            references=("shop/api", "shop/api:v2"),
            target="prod",
            build_args={"A": "1", "MINE": "yes"},
            labels={"x": "y"},
            no_cache=True,
            no_cache_stages=("deps", "tools", "app"),
            pull=True,
            network="none",
            jobs=3,
            host_ca=True,
        )
    ]


@pytest.mark.parametrize(
    ("args", "environ", "epoch"),
    [
        ([], {}, None),
        (["--reproducible"], {}, REPRODUCIBLE_EPOCH),
        ([], {"SOURCE_DATE_EPOCH": "1000000000"}, 1000000000),
        (["--reproducible"], {"SOURCE_DATE_EPOCH": "0"}, 0),
    ],
)
def test_the_date_of_a_reproducible_build(
    engine: FakeEngine, args: list[str], environ: dict[str, str], epoch: int | None
) -> None:
    call(engine, "build", *args, ".", environ=environ)
    assert engine.builds[0].epoch == epoch


def test_quiet_prints_the_id_and_iidfile_keeps_it(engine: FakeEngine, tmp_path: Path) -> None:
    assert call(engine, "build", "-q", "--iidfile", str(tmp_path / "iid"), ".") == (f"sha256:{ID}\n", "", 0)
    assert (tmp_path / "iid").read_text() == f"sha256:{ID}"


@pytest.mark.parametrize("option", ["--iidfile", "--metadata-file"])
def test_a_file_that_cannot_be_written_is_refused_before_the_build(engine: FakeEngine, option: str) -> None:
    ran = call(engine, "build", option, "/nowhere/at/all", ".")
    assert (ran.code, ran.err.splitlines()[0]) == (1, "onggi: there is no folder /nowhere/at")
    assert engine.builds == []


@pytest.mark.parametrize(
    ("option", "path", "said"),
    [
        ("--iidfile", "/proc/iid", "/proc/iid cannot be made: its file system takes no new files"),
        ("--metadata-file", "/dev/full", "/dev/full: the disk is full (No space left on device)"),
    ],
)
def test_what_cannot_be_written_is_named(engine: FakeEngine, option: str, path: str, said: str) -> None:
    assert f"onggi: {said}\n" in call(engine, "build", option, path, ".").err


@pytest.mark.parametrize(("end", "code"), [(KeyboardInterrupt(), 130), (Ended(143), 143)], ids=["int", "term"])
def test_a_cancelled_build_says_so(engine: FakeEngine, end: BaseException, code: int) -> None:
    engine.fails = end
    assert call(engine, "build", ".") == (
        "",
        "onggi: cancelled\nhint: what was done is kept: the same build again goes on from there\n",
        code,
    )


def test_progress_goes_to_stderr_but_json_to_stdout(engine: FakeEngine) -> None:
    engine.build_events = [Planned(build="7f3a", vertices=())]
    plain = call(engine, "build", "-t", "a", ".")
    assert plain.out == ""
    assert "Built a" in plain.err
    documents = [json.loads(line) for line in call(engine, "build", "--progress", "json", ".").out.splitlines()]
    assert [document["event"] for document in documents] == ["planned", "built"]


def test_dry_run(engine: FakeEngine) -> None:
    assert call(engine, "build", "--dry-run", ".") == ("run   base  RUN true\n", "", 0)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--label", "=x", "."], "invalid label: '=x'"),
        (["-f", "-", "-"], "context and Dockerfile cannot both come from stdin"),
        (["--build-context", "base", "."], "--build-context base is not NAME=CONTEXT"),
        (["--call", "chek", "."], "--call chek is unknown; did you mean check?"),
        (["--call", "check,format=xml", "."], "--call check,format=xml is unknown"),
    ],
)
def test_mistakes_in_the_options_are_named(engine: FakeEngine, args: list[str], message: str) -> None:
    shown = call(engine, "build", *args)
    assert message in shown.err
    assert shown.code != 0
    assert engine.builds == []


@pytest.mark.parametrize("url", ["https://example.org/shop.git", "git@example.org:shop.git", "github.com/a/b#v1:dir"])
def test_a_url_is_the_engines_to_fetch(engine: FakeEngine, url: str) -> None:
    call(engine, "build", "--build-context", "base=docker-image://busybox", "-f", "x/Dockerfile", url)
    assert engine.builds == [
        BuildRequest(context=url, dockerfile=Path("x/Dockerfile"), contexts={"base": "docker-image://busybox"})
    ]


def test_a_failed_step_is_1_whatever_its_code(engine: FakeEngine) -> None:
    engine.fails = Failed("RUN false: exit code 42", exit_code=42)
    shown = call(engine, "build", ".")
    assert shown.err.endswith("onggi: RUN false: exit code 42\n")
    assert shown.code == 1


def test_quiet_shows_what_a_failed_step_wrote(engine: FakeEngine) -> None:
    lines = ("cc: no", "make: stop")
    engine.fails = StepError("RUN make: exit code 2", build="7f3a", number=1, exit_code=2, lines=lines)
    hint = "hint: whole log: onggi builds logs 7f3a --step 1\n      shell in this step: onggi debug 7f3a\n"
    assert call(engine, "build", "-q", ".") == ("", "cc: no\nmake: stop\nonggi: RUN make: exit code 2\n" + hint, 1)


def test_a_mistake_in_the_dockerfile_begins_with_its_place(engine: FakeEngine) -> None:
    with pytest.raises(Invalid) as caught:
        parse("FROM busybox\nFORM x\n")
    engine.fails = caught.value
    assert call(engine, "build", ".").err.startswith("Dockerfile:2:1: unknown instruction")
