"""Builds that explain themselves: one thing is changed, and that is what is named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import Context, Onggi

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/explain.schema.json").read_text())
_TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}

DOCKERFILE = """\
FROM busybox:1.35 AS base
FROM base AS build
ARG MODE=dev
ARG API_TOKEN=none
WORKDIR /app
COPY src ./
RUN cat cart.ts > cart.js
FROM base
ENV COLOUR=red
COPY --from=build /app/cart.js /dist/
RUN test -f /dist/cart.js
"""


@pytest.fixture
def project(context: Context) -> Path:
    return context(DOCKERFILE, {"src/cart.ts": "one\n", "src/style.css": "red\n"})


def explained(onggi: Onggi, project: Path, *words: str) -> dict[str, Any]:
    """By the text of each step that ran, what is said of it."""
    onggi.build(project, *words)
    document = json.loads(onggi("explain", "--format", "json"))
    assert list(mistakes(document, SCHEMA, "$")) == []
    return {step["text"]: step for step in document["steps"]}


def mistakes(value: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    """Where a document is not what a JSON Schema says, as far as docs/explain.schema.json uses the language. Unlike in
    JSON Schema, a field that it does not know is a mistake."""
    if "$ref" in schema:
        yield from mistakes(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], path)
    elif "anyOf" in schema:
        found = [list(mistakes(value, each, path)) for each in schema["anyOf"]]
        if all(found):
            yield from found[0]
    elif "enum" in schema:
        if value not in schema["enum"]:
            yield f"{path}: {value!r}"
    elif schema["type"] == "boolean" or not isinstance(value, _TYPES[schema["type"]]):
        if not isinstance(value, bool):
            yield f"{path}: {value!r} is no {schema['type']}"
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from mistakes(each, schema["items"], f"{path}[{index}]")
    elif isinstance(value, dict):
        yield from (f"{path}: no {name}" for name in schema.get("required", ()) if name not in value)
        for name, each in value.items():
            known = schema["properties"].get(name)
            yield from mistakes(each, known, f"{path}.{name}") if known else [f"{path}.{name}: unknown"]


def replaced(project: Path, old: str, new: str) -> None:
    path = project / "Dockerfile"
    path.write_text(path.read_text().replace(old, new))


def test_a_first_build_says_so_and_one_that_keeps_everything_too(onggi: Onggi, project: Path) -> None:
    steps = explained(onggi, project)
    assert {step["why"] for step in steps.values()} == {"first"}
    assert "It is the first build of this Dockerfile and target" in onggi("explain")
    assert explained(onggi, project) == {}
    assert "Everything was kept." in onggi("explain")


def test_an_edited_file_is_named_with_both_digests_and_what_followed_from_it(onggi: Onggi, project: Path) -> None:
    onggi.build(project)
    onggi.build(project)  # the COPY --from is kept here by its definition, and still known later
    (project / "src/cart.ts").write_text("two!\n")
    steps = explained(onggi, project)
    copy, made, taken, end = steps.values()
    assert (copy["why"], made["why"], taken["why"], end["why"]) == ("changed", "follows", "follows", "follows")
    (change,) = copy["changes"]
    assert (change["what"], change["total"]) == ("files", 2)
    (file,) = change["files"]
    assert (file["path"], file["differences"]) == ("src/cart.ts", ["content"])
    assert (file["old"]["size"], file["new"]["size"]) == (4, 5)
    assert file["old"]["content"] != file["new"]["content"]
    assert copy["followers"] == [each["vertex"] for each in (made, taken, end)]
    assert {each["because"] for each in (made, taken, end)} == {copy["vertex"]}
    assert [file["path"] for file in taken["changes"][0]["files"]] == ["/app/cart.js"]
    text = onggi("explain")
    assert "src/cart.ts  content  sha256:" in text
    assert "(+1 bytes)" in text
    assert "ran only because of the step above" in text


def chmod(project: Path) -> None:
    (project / "src/cart.ts").chmod(0o755)


def add(project: Path) -> None:
    (project / "src/new.ts").write_text("new\n")


def remove(project: Path) -> None:
    (project / "src/style.css").unlink()


def rename(project: Path) -> None:
    (project / "src/cart.ts").rename(project / "src/basket.ts")
    (project / "src/cart.ts").write_text("another\n")


@pytest.mark.parametrize(
    ("edit", "path", "differences"),
    [
        (chmod, "src/cart.ts", ["mode"]),
        (add, "src/new.ts", ["added"]),
        (remove, "src/style.css", ["removed"]),
        (rename, "src/cart.ts", ["content"]),
    ],
)
def test_what_became_of_a_file(
    onggi: Onggi, project: Path, edit: Callable[[Path], None], path: str, differences: list[str]
) -> None:
    onggi.build(project)
    edit(project)
    (change,) = explained(onggi, project)["COPY src ./"]["changes"]
    assert {file["path"]: file["differences"] for file in change["files"]}[path] == differences


@pytest.mark.distributions
def test_a_build_argument_a_variable_a_command_and_a_base_are_told_with_both_values(
    onggi: Onggi, project: Path
) -> None:
    onggi.build(project)
    ran = explained(onggi, project, "--build-arg", "MODE=prod")
    assert ran["RUN cat cart.ts > cart.js"]["changes"] == [
        {"what": "build argument", "name": "MODE", "old": "dev", "new": "prod"}
    ]
    replaced(project, "COLOUR=red", "COLOUR=blue")
    ran = explained(onggi, project, "--build-arg", "MODE=prod")
    assert ran["RUN test -f /dist/cart.js"]["changes"] == [
        {"what": "environment", "name": "COLOUR", "old": "red", "new": "blue"}
    ]
    replaced(project, "RUN cat cart.ts", "RUN cat ./cart.ts")
    ran = explained(onggi, project, "--build-arg", "MODE=prod")
    assert ran["RUN cat ./cart.ts > cart.js"]["changes"] == [
        {"what": "command", "old": "cat cart.ts > cart.js", "new": "cat ./cart.ts > cart.js"}
    ]
    replaced(project, "FROM busybox:1.35", "FROM debian:bookworm-slim")
    changes = explained(onggi, project, "--build-arg", "MODE=prod")["WORKDIR /app"]["changes"]
    assert [change["what"] for change in changes] == ["reference", "base"]
    assert (changes[0]["old"], changes[0]["new"]) == ("busybox:1.35", "debian:bookworm-slim")


def test_a_value_that_looks_like_a_secret_is_told_by_a_hash(onggi: Onggi, project: Path) -> None:
    onggi.build(project)
    ran = explained(onggi, project, "--build-arg", "API_TOKEN=hunter2hunter2")
    (change,) = ran["RUN cat cart.ts > cart.js"]["changes"]
    assert change["is_hidden"] and change["new"].startswith("sha256:")
    assert "hunter2" not in onggi("explain") + onggi("explain", "--format", "json")


def test_no_cache_and_unfinished_are_told_apart(onggi: Onggi, project: Path) -> None:
    onggi.build(project)
    assert {step["why"] for step in explained(onggi, project, "--no-cache").values()} == {"no-cache"}
    replaced(project, "RUN test -f /dist/cart.js", "RUN exit 3")
    onggi.fails("build", project)
    assert "RUN exit 3" in onggi("explain")
    (step,) = json.loads(onggi("explain", "--format", "json"))["steps"]
    assert (step["why"], step["outcome"]) == ("changed", "failed")
    onggi.fails("build", project)
    (step,) = json.loads(onggi("explain", "--format", "json"))["steps"]
    assert step["why"] == "unfinished"
    assert "which failed" in onggi("explain")
