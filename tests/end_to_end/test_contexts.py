"""Where a build's files come from: folders, streams, archives, repositories, images."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

from tests.fetch import repositories, web

from .conftest import Context, Onggi


def tar(mode: str, files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return out.getvalue()


def cat(onggi: Onggi, image: str, *paths: str) -> str:
    return onggi("run", "--rm", "--entrypoint", "cat", image, *paths)


COPY = "FROM busybox:1.35\nCOPY . /got/\n"


def test_a_dockerfile_on_stdin_builds_without_files(onggi: Onggi) -> None:
    image = onggi("build", "-q", "-", stdin=b"FROM busybox:1.35\nRUN echo made > /made\n")
    assert cat(onggi, image, "/made") == "made"
    said = onggi.fails("build", "-", stdin=b"FROM busybox:1.35\nCOPY a /\n")
    assert "a is not in the build context" in said


def test_a_tar_on_stdin_is_a_context(onggi: Onggi) -> None:
    files = {
        "Dockerfile": COPY,
        "sub/other": "FROM busybox:1.35\nCOPY a /other\n",
        "a": "1",
        ".dockerignore": "*.log\n",
        "b.log": "x",
    }
    images = {onggi("build", "-q", "-", stdin=tar(f"w:{kind}", files)) for kind in ("", "gz", "bz2", "xz")}
    assert len(images) == 1
    assert onggi("run", "--rm", images.pop(), "ls", "-A", "/got").split() == [".dockerignore", "Dockerfile", "a", "sub"]
    image = onggi("build", "-q", "-f", "sub/other", "-", stdin=tar("w", files))
    assert cat(onggi, image, "/other") == "1"


def test_builds_of_a_stream_are_compared(onggi: Onggi) -> None:
    for text in ("1", "2"):
        onggi("build", "-q", "-", stdin=tar("w", {"Dockerfile": COPY, "a": text}))
    assert "Dockerfile in -" in onggi("builds", "ls")
    said = onggi("explain")
    assert "of Dockerfile in -, compared with build" in said
    assert "COPY . /got/  ran: 1 of 2 files changed" in said


def test_builds_of_a_url_are_compared(onggi: Onggi) -> None:
    answers = {"/context.tar": tar("w", {"sub/dockerfile": COPY}), "/Dockerfile": b"FROM busybox:1.35\n"}
    with web.serve(lambda asked: web.Answer(body=answers[asked.path])) as site:
        for _ in range(2):
            onggi("build", "-q", "-f", "/sub/Dockerfile", f"{site.url}/context.tar")
        assert f"of sub/dockerfile in {site.url}/context.tar, compared with build" in onggi("explain")
        for _ in range(2):
            onggi("build", "-q", f"{site.url}/Dockerfile")
        assert f"of {site.url}/Dockerfile, compared with build" in onggi("explain")


def test_a_tar_that_leads_out_of_its_folder_is_refused(onggi: Onggi) -> None:
    said = onggi.fails("build", "-", stdin=tar("w", {"Dockerfile": COPY, "../a": "1"}))
    assert "../a" in said
    said = onggi.fails("build", "-f", "../../x", "-", stdin=tar("w", {"Dockerfile": COPY}))
    assert "leads out of the build context" in said


def test_a_dockerfile_on_stdin_for_a_folder(onggi: Onggi, context: Context) -> None:
    folder = context("FROM scratch", {"a": "here"})
    image = onggi("build", "-q", "-f", "-", folder, stdin=b"FROM busybox:1.35\nCOPY a /a\n")
    assert cat(onggi, image, "/a") == "here"
    assert "cannot both come from stdin" in onggi.fails("build", "-f", "-", "-")


def test_a_dockerfile_outside_of_the_context(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    folder = context("FROM scratch", {"a": "1", "b": "2"})
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "my.Dockerfile").write_text(COPY)
    (outside / "my.Dockerfile.dockerignore").write_text("b\n")
    image = onggi.build(folder, "-f", str(outside / "my.Dockerfile"))
    assert onggi("run", "--rm", image, "ls", "/got").split() == ["Dockerfile", "a"]


def test_contexts_over_http(onggi: Onggi) -> None:
    answers = {
        "/context.tar.gz": tar("w:gz", {"Dockerfile": COPY, "a": "from afar"}),
        "/Dockerfile": b"FROM busybox:1.35\nRUN echo alone > /a\n",
    }
    with web.serve(
        lambda asked: web.Answer(body=answers[asked.path]) if asked.path in answers else web.Answer(404)
    ) as site:
        image = onggi("build", "-q", f"{site.url}/context.tar.gz")
        assert cat(onggi, image, "/got/a") == "from afar"
        image = onggi("build", "-q", f"{site.url}/Dockerfile")
        assert cat(onggi, image, "/a") == "alone"
        assert "/none does not exist" in onggi.fails("build", f"{site.url}/none")
        assert "x in" in onggi.fails("build", "-f", "x", f"{site.url}/context.tar.gz")


def test_repositories_are_contexts_and_sources(onggi: Onggi, tmp_path: Path) -> None:
    repository = repositories.Repository(tmp_path / "git", "shop.git")
    repository.git("checkout", "--quiet", "-b", "master")
    first = repository.commit(
        Dockerfile=COPY, a="one", sub__Dockerfile="FROM busybox:1.35\nCOPY b /b\n", sub__b="in sub"
    )
    repository.git("tag", "v1")
    repository.commit(a="two")
    with repositories.serve(tmp_path / "git") as site:
        url = f"{site}/shop.git"
        assert cat(onggi, onggi("build", "-q", url), "/got/a") == "two"
        assert cat(onggi, onggi("build", "-q", f"{url}#v1"), "/got/a") == "one"
        assert cat(onggi, onggi("build", "-q", f"{url}#{first}:sub"), "/b") == "in sub"
        dockerfile = (
            f"FROM busybox:1.35\nADD {url}#v1 /src\nADD --keep-git-dir=true {url} /kept\nRUN ls -A /src /kept\n"
        )
        image = onggi("build", "-q", "-", stdin=dockerfile.encode())
        assert cat(onggi, image, "/src/a", "/kept/a", "/kept/.git/HEAD").startswith("onetwo")
        listed = onggi("run", "--rm", image, "ls", "-A", "/src").split()
        assert listed == ["Dockerfile", "a", "sub"]
        log = onggi.run("build", "--progress=plain", "-", stdin=dockerfile.encode()).stderr.decode()
        assert "RUN ls -A /src /kept  kept" in log
        repository.commit(a="three")
        image = onggi("build", "-q", "-", stdin=dockerfile.encode())
        assert cat(onggi, image, "/src/a", "/kept/a") == "onethree"
        said = onggi.fails("build", f"{url}#nowhere")
        assert "has no branch or tag nowhere" in said


def test_files_over_http(onggi: Onggi) -> None:
    content = {"/a.txt": b"one", "/some.tar": tar("w", {"inside": "x"})}
    dated = {"Last-Modified": "Tue, 14 Nov 2023 22:13:20 GMT"}
    with web.serve(lambda asked: web.Answer(headers=dated, body=content[asked.path])) as site:
        dockerfile = f"""\
FROM busybox:1.35
ADD {site.url}/a.txt /one
ADD {site.url}/a.txt {site.url}/some.tar /dir/
ADD --unpack=true --chown=5:6 --chmod=u=rwX,go=r {site.url}/some.tar /unpacked/
RUN stat -c '%a %u:%g %Y' /one > /facts; ls /dir /unpacked >> /facts
"""
        image = onggi("build", "-q", "-", stdin=dockerfile.encode())
        assert (
            cat(onggi, image, "/one", "/facts") == "one600 0:0 1700000000\n/dir:\na.txt\nsome.tar\n\n/unpacked:\ninside"
        )
        plain = onggi.run("build", "--progress=plain", "-", stdin=dockerfile.encode()).stderr.decode()
        assert "0 B new" in plain
        content["/a.txt"] = b"two"
        image = onggi("build", "-q", "-", stdin=dockerfile.encode())
        assert cat(onggi, image, "/one", "/dir/a.txt") == "twotwo"
        checked = f"FROM busybox:1.35\nADD --checksum=sha256:{'0' * 64} {site.url}/a.txt /\n"
        said = onggi.fails("build", "-", stdin=checked.encode())
        assert "has the digest sha256:" in said


def test_named_contexts(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "kept").write_text("kept")
    (other / "not").write_text("not")
    (other / ".dockerignore").write_text("not\n.dockerignore\n")
    folder = context("FROM base AS one\nCOPY --from=extra . /extra/\nFROM one\nRUN ls -A /extra > /listed\n")
    image = onggi.build(
        folder, "--build-context", "base=docker-image://busybox:1.35", "--build-context", f"extra={other}"
    )
    assert cat(onggi, image, "/listed") == "kept"
    layout = tmp_path / "layout"
    layout.mkdir()
    onggi("save", "--format", "oci", "-o", tmp_path / "saved.tar", "busybox:1.35")
    subprocess.run(["tar", "-C", layout, "-xf", tmp_path / "saved.tar"], check=True)
    image = onggi.build(
        folder, "--build-context", f"base=oci-layout://{layout}:1.35", "--build-context", f"extra={other}"
    )
    assert cat(onggi, image, "/listed") == "kept"
    said = onggi.fails(
        "build", folder, "--build-context", f"base=oci-layout://{layout}:2", "--build-context", "extra=."
    )
    assert "the layout has no image 2" in said


def test_a_named_context_takes_the_place_of_an_image_and_of_a_stage(
    onggi: Onggi, context: Context, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "tool").write_text("mine")
    folder = context(
        "FROM busybox:1.35 AS build\nRUN exit 1\n"
        "FROM busybox:1.35\nCOPY --from=build /tool /tool\nCOPY --from=no/such:1 /tool /too\n"
    )
    image = onggi.build(folder, "--build-context", f"build={other}", "--build-context", f"docker.io/no/such:1={other}")
    assert cat(onggi, image, "/tool", "/too") == "minemine"


def test_from_a_folder(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "file").write_text("root file")
    image = onggi.build(context("FROM files\nCOPY Dockerfile /D\n"), "--build-context", f"files={root}")
    onggi("save", "-o", tmp_path / "image.tar", image)
    said = onggi.fails("build", context("FROM files"), "--build-context", "files")
    assert "--build-context files is not NAME=CONTEXT" in said
    look = onggi.build(context(f"FROM busybox:1.35\nCOPY --from={image} / /look/\n"))
    assert onggi("run", "--rm", look, "ls", "/look").split() == ["D", "file"]


def test_secrets_answer_for_servers(onggi: Onggi, tmp_path: Path) -> None:
    seen: list[str] = []

    def answer(asked: web.Asked) -> web.Answer:
        seen.append(asked.headers.get("authorization", ""))
        return web.Answer(body=b"private") if seen[-1] == "Bearer s3cr3t-t0ken" else web.Answer(401)

    with web.serve(answer) as site:
        dockerfile = f"FROM busybox:1.35\nADD {site.url}/a /a\n".encode()
        said = onggi.fails("build", "-", stdin=dockerfile)
        assert "wants credentials" in said
        secret = ("--secret", "id=HTTP_AUTH_TOKEN_127.0.0.1,env=TOKEN")
        image = onggi("build", "-q", *secret, "-", stdin=dockerfile, env={"TOKEN": "s3cr3t-t0ken"})
        assert cat(onggi, image, "/a") == "private"
    repositories.Repository(tmp_path / "git", "own.git").commit(Dockerfile="FROM busybox:1.35\nCOPY a /\n", a="mine")
    header = "Basic eC1hY2Nlc3MtdG9rZW46czNjcjN0LXQwa2Vu"  # x-access-token:s3cr3t-t0ken
    with repositories.serve(tmp_path / "git", authorization=header) as url:
        said = onggi.fails("build", f"{url}/own.git")
        assert "GIT_AUTH_TOKEN" in said
        words = ("--secret", "id=GIT_AUTH_TOKEN,env=TOKEN", "--build-arg", "BUILDKIT_CONTEXT_KEEP_GIT_DIR=1")
        image = onggi("build", "-q", *words, f"{url}/own.git", env={"TOKEN": "s3cr3t-t0ken"})
        assert cat(onggi, image, "/a") == "mine"
    for path in onggi.root.rglob("*"):
        assert not path.is_file() or b"s3cr3t-t0ken" not in path.read_bytes(), path
