"""`docker build` and `docker buildx` as they are installed today: BuildKit's own protocol."""

from __future__ import annotations

import json
import re
import signal
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from tests import processes
from tests.registries.real import Real
from tests.ssh import Agent
from tests.waiting import eventually

from .command_line import Docker
from .conftest import BUSYBOX, Served, tar_of

Context = Callable[..., Path]


def test_a_build_and_the_same_again(docker: Docker, served: Served, context: Context) -> None:
    dockerfile = f"""\
FROM {BUSYBOX} AS made
ARG word=nothing
RUN --mount=type=cache,target=/cache <<EOF
echo kept > /cache/file
cp /cache/file /made
echo told $word
EOF

FROM {BUSYBOX} AS image
ARG word
COPY --from=made /made /made
COPY . /context
RUN echo $word > /word
CMD ["cat", "/made", "/word"]

FROM image AS unwanted
RUN exit 1
"""
    files = {"kept": "kept\n", "folder/ignored": "", "folder/kept": "", ".dockerignore": "**/ignored\n"}
    folder = context(dockerfile, files)
    (folder / "link").symlink_to("kept")
    (folder / "kept").chmod(0o640)
    words = ("--target=image", "--build-arg=word=said", "--label=of=tests", folder)
    progress = docker.told("build", "--progress=plain", "-t", "whole:1", "-t", "whole:2", *words)
    assert re.search(r"^#\d+ \d+\.\d+ told said$", progress, re.MULTILINE), progress
    assert "CACHED" not in progress.replace(f"FROM docker.io/library/{BUSYBOX}", "").split("[made 2/2]")[1]
    assert docker("run", "--rm", "whole:2") == "kept\nsaid"
    listing = docker("run", "--rm", "whole:1", "sh", "-c", "cd /context && stat -c '%A %u %n' $(find . | sort)")
    assert listing.splitlines() == [
        "drwxr-xr-x 0 .",
        "-rw-r--r-- 0 ./.dockerignore",
        "-rw-r--r-- 0 ./Dockerfile",
        "drwxr-xr-x 0 ./folder",
        "-rw-r--r-- 0 ./folder/kept",
        "-rw-r----- 0 ./kept",
        "lrwxrwxrwx 0 ./link",
    ]
    assert docker("inspect", "-f", "{{.Config.Labels.of}}", "whole:1") == "tests"
    again = docker.told("build", "--progress=plain", "-t", "whole:3", *words)
    assert len(re.findall(r"^#\d+ CACHED$", again, re.MULTILINE)) >= 4, again
    ids = docker("images", "-q", "--no-trunc", "whole").split()
    assert len(set(ids)) == 1
    assert served.onggi("build", "-q", *words) == ids[0]
    anew = docker.told("build", "--progress=plain", "--no-cache", *words)
    assert re.search(r"^#\d+ \d+\.\d+ told said$", anew, re.MULTILINE), anew


def test_what_a_build_leaves_for_scripts(docker: Docker, context: Context, tmp_path: Path) -> None:
    folder = context(f"FROM {BUSYBOX}\nLABEL for=scripts\n")
    files = ("--iidfile", tmp_path / "id", "--metadata-file", tmp_path / "metadata.json")
    printed = docker("build", "-q", "-t", "for/scripts:1", *files, folder)
    assert printed == docker("inspect", "-f", "{{.Id}}", "for/scripts:1")
    assert (tmp_path / "id").read_text() == printed
    metadata = json.loads((tmp_path / "metadata.json").read_text())
    assert metadata["containerimage.config.digest"] == printed
    assert metadata["image.name"] == "docker.io/for/scripts:1"
    assert metadata["buildx.build.ref"].startswith("default/default/")


def test_where_context_and_dockerfile_come_from(docker: Docker, context: Context, tmp_path: Path) -> None:
    text = f"FROM {BUSYBOX}\nCOPY file /file\n"
    folder = context(None, {"file": "of the folder\n"})
    (tmp_path / "elsewhere").write_text(text + "ENV from=elsewhere\n")
    docker("build", "-t", "elsewhere", "-f", tmp_path / "elsewhere", folder)
    docker("build", "-t", "standard-input", "-f", "-", folder, stdin=text.encode())
    for name in ("elsewhere", "standard-input"):
        assert docker("run", "--rm", name, "cat", "/file") == "of the folder"
    assert docker("inspect", "-f", "{{index .Config.Env 1}}", "elsewhere") == "from=elsewhere"
    archive = tar_of({"sub/Dockerfile": text.encode(), "file": b"of the archive\n"})
    docker("build", "-t", "archive", "-f", "sub/Dockerfile", "-", stdin=archive)
    assert docker("run", "--rm", "archive", "cat", "/file") == "of the archive"
    docker("build", "-t", "alone", "-", stdin=f"FROM {BUSYBOX}\nRUN echo alone > /file\n".encode())
    assert docker("run", "--rm", "alone", "cat", "/file") == "alone"


def test_named_contexts(docker: Docker, context: Context) -> None:
    folder = context("FROM base\nCOPY --from=other file /file\nCOPY --from=tools /bin/true /copied/true\n")
    other = context(None, {"file": "of the other\n", "more": ""})
    named = ("base=docker-image://" + BUSYBOX, f"other={other}", f"tools=docker-image://{BUSYBOX}")
    docker("build", "-t", "named", *(f"--build-context={each}" for each in named), folder)
    assert docker("run", "--rm", "named", "sh", "-c", "/copied/true && cat /file") == "of the other"


def test_secrets_and_an_agent(docker: Docker, context: Context, agent: Agent, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of a file")
    folder = context(f"""\
FROM {BUSYBOX}
RUN --mount=type=secret,id=file --mount=type=secret,id=variable,env=SAID \
    test "$(wc -c < /run/secrets/file) ${{#SAID}}" = "9 13"
RUN --mount=type=ssh test -S "$SSH_AUTH_SOCK"
RUN --mount=type=secret,id=nobodys test ! -e /run/secrets/nobodys
RUN test ! -e /run/secrets/file && test -z "$SSH_AUTH_SOCK"
""")
    with_variable = Docker({**docker.env, "VARIABLE": "of a variable"})
    secrets = ("--secret", f"id=file,src={tmp_path / 'secret'}", "--secret", "id=variable,env=VARIABLE")
    with_variable("build", "--no-cache", *secrets, "--ssh", f"default={agent.socket}", folder)
    needs = context(f"FROM {BUSYBOX}\nRUN --mount=type=secret,id=needed,required true\n")
    assert "needed" in docker.fails("build", needs)


def test_outputs(docker: Docker, context: Context, tmp_path: Path) -> None:
    folder = context("FROM scratch\nCOPY files /\n", {"files/a": "of a\n", "files/sub/b": "of b\n"})
    (folder / "files/a").chmod(0o755)
    docker("build", "-o", tmp_path / "out", folder)
    assert (tmp_path / "out/sub/b").read_text() == "of b\n"
    assert (tmp_path / "out/a").stat().st_mode & 0o777 == 0o755
    packed = docker.run("build", "-o", "-", folder)
    with tarfile.open(fileobj=BytesIO(packed.stdout)) as tar:
        assert sorted(tar.getnames()) == ["a", "sub", "sub/b"]
    docker("build", "-o", f"type=tar,dest={tmp_path / 'out.tar'}", folder)
    assert (tmp_path / "out.tar").read_bytes() == packed.stdout


def test_push(docker: Docker, context: Context, registry: Real) -> None:
    name = f"{registry.host}/buildx:1"
    docker("build", "--push", "-t", name, context(f"FROM {BUSYBOX}\nRUN echo pushed > /file\n"))
    assert docker("run", "--rm", name, "cat", "/file") == "pushed"
    docker("rmi", name)
    docker("build", "-t", "pulled", "-", stdin=f"FROM {name}\nRUN cat /file\n".encode())
    assert docker("run", "--rm", "pulled", "cat", "/file") == "pushed"


def test_a_build_that_fails(docker: Docker, context: Context) -> None:
    said = docker.fails("build", "--progress=plain", context(f"FROM {BUSYBOX}\nRUN echo so far; exit 9\n"))
    assert 'process "/bin/sh -c echo so far; exit 9" did not complete successfully: exit code: 9' in said
    excerpt = f"""\
Dockerfile:2
--------------------
   1 |     FROM {BUSYBOX}
   2 | >>> RUN echo so far; exit 9
   3 |
--------------------
"""
    assert excerpt in "\n".join(line.rstrip() for line in said.splitlines()), said
    assert re.search(r"^#\d+ \d+\.\d+ so far$", said, re.MULTILINE)
    said = docker.fails("build", context(f"FROM {BUSYBOX}\nCOPY nosuch /\n"))
    assert '"/nosuch": not found' in said
    assert "   2 | >>> COPY nosuch /" in said
    said = docker.fails("build", context(f"FROM {BUSYBOX}\nRUM echo\n"))
    assert "dockerfile parse error on line 2: unknown instruction" in said
    assert "   2 | >>> RUM echo" in said
    assert "Dockerfile: no such file" in docker.fails("build", context(None, {"file": ""}))
    assert "nosuch" in docker.fails("build", "--target", "nosuch", context(f"FROM {BUSYBOX}\n"))


def test_who_gives_up_ends_the_step(docker: Docker, context: Context) -> None:
    building = docker.start("build", context(f"FROM {BUSYBOX}\nRUN exec sleep 86397\n"))
    eventually(lambda: processes.with_word(b"86397"))
    building.send_signal(signal.SIGINT)
    building.communicate(timeout=60)
    assert building.returncode != 0
    eventually(lambda: not processes.with_word(b"86397"))


def test_bake(docker: Docker, context: Context) -> None:
    """One target is the base of two, each of which is a build of its own in one request."""
    files = {
        "docker-bake.hcl": f"""\
variable "WORD" {{ default = "default" }}
group "default" {{ targets = ["first", "second"] }}
target "base" {{
  dockerfile-inline = "FROM {BUSYBOX}\\nARG word\\nRUN echo $word > /word"
  args = {{ word = WORD }}
}}
target "first" {{
  contexts = {{ base = "target:base" }}
  dockerfile-inline = "FROM base\\nRUN echo first >> /word"
  tags = ["baked:first"]
}}
target "second" {{
  inherits = ["first"]
  dockerfile-inline = "FROM base\\nCOPY file /\\nRUN cat /file >> /word"
  tags = ["baked:second"]
}}
""",
        "file": "second\n",
    }
    baking = Docker({**docker.env, "WORD": "said"}, context(None, files))
    baking("buildx", "bake")
    for name in ("first", "second"):
        assert docker("run", "--rm", f"baked:{name}", "cat", "/word") == f"said\n{name}"


def test_the_builder(docker: Docker, context: Context) -> None:
    listed = docker("buildx", "ls")
    assert re.search(r"^default\*?\s+docker\s*$", listed, re.MULTILINE), listed
    assert re.search(r"default\s.*running\s.*linux/(amd64|arm64)", listed), listed
    assert re.search(r"^Status:\s+running$", docker("buildx", "inspect"), re.MULTILINE)
    docker("build", context(f"FROM {BUSYBOX}\nCOPY sent /\nRUN cat sent\n", {"sent": "of the builder\n"}))
    used = docker("buildx", "du", "--verbose")
    kinds = set(re.findall(r"^Type:\s+(\S+)$", used, re.MULTILINE))
    assert kinds >= {"regular", "source.local"}, used
    assert re.search(r"^Total:\s+\d", used, re.MULTILINE)
    pruned = docker("buildx", "prune", "--all", "--force")
    assert re.search(r"^Total:\s+[1-9]", pruned, re.MULTILINE), pruned
    assert "source.local" not in docker("buildx", "du", "--verbose")


def test_questions_on_a_dockerfile(docker: Docker, context: Context) -> None:
    """In the words of a buildx that has no --call and --check yet."""
    folder = context(f"# what is built\nFROM {BUSYBOX} AS image\n# said by somebody\nARG word=nothing\nrun true\n")
    asking = Docker({**docker.env, "BUILDX_EXPERIMENTAL": "1"})
    outline = asking("buildx", "build", "--print=outline", folder)
    assert re.search(r"^word\s+nothing", outline, re.MULTILINE), outline
    linted = asking.run("buildx", "build", "--print=lint", folder)  # newer ones say by the exit code what was found
    assert b"ConsistentInstructionCasing" in linted.stdout
    asking("buildx", "build", folder)  # its debugger asks for the result by the graph that it was given
