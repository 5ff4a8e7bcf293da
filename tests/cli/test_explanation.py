"""What `onggi explain` prints of an explanation."""

from __future__ import annotations

from onggi.cli.explanation import lines
from onggi.oci import digest
from onggi.solve.explanation import BuildSummary, Explanation, Step
from onggi.solve.inventory import File, FileChange
from onggi.solve.record import Change

from .explain_schema import FILE, schema

NOW = 1_000_000.0
BUILD = BuildSummary(id="7f3a00000000", started=NOW - 10, outcome="built", seconds=8.4)
BEFORE = BuildSummary(id="6e9000000000", started=NOW - 730, outcome="built")


def told(*steps: Step, before: BuildSummary | None = BEFORE, kept: int = 3) -> list[str]:
    explanation = Explanation(
        build=BUILD,
        context="/src",
        dockerfile="Dockerfile",
        target="prod",
        compared_with=before,
        kept=kept,
        steps=steps,
    )
    return list(lines(explanation, NOW))


def step(text: str, **more: object) -> Step:
    plain = {"vertex": 1, "stage": "build", "line": 3, "outcome": "ran", "seconds": 0.2, "why": "changed"}
    return Step(text=text, **{**plain, **more})  # type: ignore[arg-type]


def file(size: int, **more: str) -> File:
    return File(**{"type": "file", "mode": "0644", "owner": "0:0", "size": size, **more})  # type: ignore[arg-type]


def test_a_changed_file_and_what_followed() -> None:
    old, new = file(10, content=digest.of(b"1")), file(24, content=digest.of(b"2"))
    change = FileChange(path="src/cart.ts", differences=("content",), old=old, new=new)
    copy = step("COPY . .", changes=(Change("files", files=(change,), total=412),), followers=(2,), cost=6.3)
    run = step("RUN npm run build", vertex=2, seconds=6.1, why="follows", because=1)
    assert told(copy, run) == [
        "build 7f3a00000000 of Dockerfile (target prod), compared with build 6e9000000000, 12 minutes ago",
        "",
        " build  COPY . .           ran: 1 of 412 files changed  0.2 s",
        "          src/cart.ts  content  sha256:6b86b273ff34 → sha256:d4735e3a265e  (+14 bytes)",
        "        RUN npm run build  ran only because of the step above  6.1 s",
        "",
        "Everything else was kept (3 steps).",
        "6.3 s of 8.4 s came from 1 changed file.",
    ]


def test_a_file_is_told_once_where_a_step_only_follows() -> None:
    changed = FileChange(path="a.txt", differences=("content",), old=file(1), new=file(2))
    other = FileChange(path="b.txt", differences=("added",), new=file(3))
    mount = step("--mount of gen", changes=(Change("files", files=(changed,), total=1),))
    run = step("RUN make", vertex=2, why="follows", because=1, changes=(Change("files", files=(changed, other)),))
    again = step("COPY . .", vertex=3, stage="prod", changes=(Change("files", files=(changed,), total=1),))
    said = told(mount, run, again)
    assert [line.split()[0] for line in said[3:-3]] == ["a.txt", "RUN", "b.txt", "prod", "a.txt"]


def test_a_command_of_any_length_is_cut() -> None:
    said = told(step("RUN x", changes=(Change("command", old="a" * 300_000, new="b" * 300_000),)))
    assert max(map(len, said)) < 200


def test_a_first_build_and_one_that_kept_everything() -> None:
    first = told(step("RUN x", why="first"), before=None, kept=0)
    assert first[-1] == "It is the first build of this Dockerfile and target: there is nothing to compare it with."
    assert told()[-1] == "Everything was kept."


def test_all_differences_of_files_have_both_values() -> None:
    changes = (
        FileChange(path="a", differences=("added",), new=file(3)),
        FileChange(path="b", differences=("removed",), old=file(1500)),
        FileChange(path="c", differences=("renamed", "mode"), old_path="d", old=file(1), new=file(1, mode="0755")),
        FileChange(path="e", differences=("owner",), old=file(1), new=file(1, owner="7:7")),
        FileChange(
            path="f\x1b[2J", differences=("type",), old=file(1), new=File(type="link", mode="0777", owner="0:0")
        ),
    )
    said = told(step("COPY . .", changes=(Change("files", files=changes, total=9),)))[3:9]
    assert [" ".join(line.split()) for line in said] == [
        "a added file, 3 B",
        "b removed file, 1.5 kB",
        "c renamed from d",
        "mode 0644 → 0755",
        "e owner 0:0 → 7:7",
        "f [2J type file → link",
    ]


def test_many_files_are_counted() -> None:
    changes = tuple(FileChange(path=f"f{n}", differences=("added",), new=file(1)) for n in range(25))
    said = told(step("COPY . .", changes=(Change("files", files=changes, total=25),)))
    assert "          … and 15 more files; --format json has them all" in said


def test_commands_show_the_lines_that_differ_and_secrets_their_hashes() -> None:
    command = Change("command", old="set -e\nnpm ci", new="set -e\nnpm install")
    token = Change("build argument", "TOKEN", "", "sha256:0123456789ab", is_hidden=True)
    said = told(step("RUN x", changes=(command, token)))
    assert " build  RUN x  ran: command changed, build argument TOKEN added  0.2 s" in said
    assert "          - npm ci" in said and "          + npm install" in said
    assert "          TOKEN  (none) → sha256:0123456789ab  (the value is not shown: it looks like a secret)" in said


def test_what_was_not_reached_is_counted() -> None:
    failed = step("RUN x", outcome="failed", why="new")
    never = step("RUN y", vertex=2, outcome="cancelled", seconds=0.0, why="follows", because=1)
    said = told(failed, never)
    assert " build  RUN x  ran: the build before had no such step  failed" in said
    assert "1 step was not reached." in said


def test_the_documented_schema_is_that_of_the_structs() -> None:
    assert FILE.read_text() == schema()
