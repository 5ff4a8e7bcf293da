"""What `docker build` shows of a build with buildx."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .command_line import Docker
from .conftest import BUSYBOX

Context = Callable[..., Path]
FROM = f"FROM docker.io/library/{BUSYBOX}"


def steps(said: str) -> dict[str, list[str]]:
    """The lines of each step by its name, without its number and without moments, amounts and digests."""
    found: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for number, line in re.findall(r"^#(\d+) (.*)$", said, re.MULTILINE):
        if number not in names:
            names[number] = line
            found[line] = []
        elif line != names[number]:
            told = re.sub(r"^\d+\.\d+ | ?\d+\.\d+s|[0-9.]+k?B ?", "", line)
            found[names[number]].append(re.sub(r"sha256:[0-9a-f]{64}", "sha256:…", told))
    return found


def test_steps_of_stages(docker: Docker, context: Context) -> None:
    text = f"FROM {BUSYBOX} AS made\nRUN echo told\nFROM {BUSYBOX}\nCOPY --from=made /bin/true /x\nCOPY file /y\n"
    words = ("build", "--progress=plain", "-t", "shown:1", context(text, {"file": "content"}))
    said = steps(docker.told(*words))
    assert {name: lines[-1] for name, lines in said.items() if name.startswith("[internal]")} == {
        "[internal] load build definition from Dockerfile": "DONE",
        "[internal] load .dockerignore": "DONE",
        "[internal] load build context": "DONE",
    }
    assert {name: lines for name, lines in said.items() if not name.startswith(("[internal]", "building with"))} == {
        f"[made 1/2] {FROM}": ["CACHED"],
        "[made 2/2] RUN echo told": ["told", "DONE"],
        "[stage-1 2/3] COPY --from=made /bin/true /x": ["DONE"],
        "[stage-1 3/3] COPY file /y": ["DONE"],
        "exporting to image": [
            "exporting layers done",
            "writing image sha256:… done",
            "naming to docker.io/library/shown:1 done",
            "DONE",
        ],
    }
    again = steps(docker.told(*words))
    assert [name.partition("]")[0] for name, lines in again.items() if lines == ["CACHED"]] == [
        "[made 1/2",
        "[made 2/2",
        "[stage-1 2/3",
        "[stage-1 3/3",
    ]


def test_warnings_show_their_places_also_where_a_build_fails(docker: Docker, context: Context) -> None:
    said = docker.fails("--debug", "build", context(f"FROM {BUSYBOX}\nWORKDIR here\nRUN <<EOT\nexit 3\nEOT\n"))
    assert "1 warning found:" in said
    assert "WorkdirRelativePath" in said
    assert "More info: https://docs.docker.com/go/dockerfile/rule/workdir-relative-path/" in said
    assert "   2 | >>> WORKDIR here" in said
    assert "   3 | >>> RUN <<EOT\n   4 | >>> exit 3\n   5 | >>> EOT\n" in said


def test_output_comes_as_it_was_written(docker: Docker, context: Context) -> None:
    text = f"FROM {BUSYBOX}\nRUN printf '\\377\\r'; yes 12345678901234567 | head -c 5000000; printf '\\0end' >&2\n"
    told = docker.told("build", "--progress=rawjson", context(text))
    messages = documents(told)
    logs = [log for message in messages for log in message.get("logs", ())]
    written = {
        stream: b"".join(base64.b64decode(log["data"]) for log in logs if log["stream"] == stream) for stream in (1, 2)
    }
    assert written == {1: b"\xff\r" + (b"12345678901234567\n" * 300000)[:5000000], 2: b"\0end"}


def documents(text: str) -> list[dict[str, Any]]:
    """JSON, one after the other."""
    found, place = [], 0
    decoder = json.JSONDecoder()
    while place < len(text.rstrip()):
        document, end = decoder.raw_decode(text[place:].lstrip())
        found.append(document)
        place = len(text) - len(text[place:].lstrip()) + end
    return found
