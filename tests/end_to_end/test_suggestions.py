"""A name that is a slip of one that is here: the message says which."""

from __future__ import annotations

from pathlib import Path

from .conftest import Onggi


def test_a_container(onggi: Onggi) -> None:
    onggi("run", "--name", "web", "busybox:1.35", "true")
    for command in ("stop", "rm", "logs"):
        assert "No such container: wbe; did you mean web?" in onggi.fails(command, "wbe")


def test_what_a_build_was_not_given(onggi: Onggi, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM busybox:1.35\nARG VERSION=1\nRUN --mount=type=secret,id=token,required cat /run/secrets/token\n"
    )
    (tmp_path / "s").write_text("sesame-open")
    build = ("build", "--build-arg", "VERISON=2", "--secret")
    said = onggi.fails(*build, f"id=tokne,src={tmp_path / 's'}", tmp_path)
    assert "the build was not given the secret token; did you mean tokne?" in said
    said = onggi.run(*build, f"id=token,src={tmp_path / 's'}", tmp_path).stderr.decode()
    assert "[VERISON] were not consumed: no ARG declares them; did you mean VERSION?" in said


def test_a_file(onggi: Onggi, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM busybox:1.35\nCOPY sbu/App.txt /\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/app.txt").write_text("")
    assert "did you mean sub/app.txt?" in onggi.fails("build", str(tmp_path))


def test_an_image(onggi: Onggi, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM bussybox:1.35\n")
    assert "an image bussybox:1.35; did you mean busybox:1.35?" in onggi.fails("build", tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM busybox:1.36\n")
    assert "an image busybox:1.36; there is busybox:1.35" in onggi.fails("build", tmp_path)


def test_a_named_context(onggi: Onggi, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM busybox:1.35 AS base\nFROM base\n")
    said = onggi.run("build", "--build-context", f"bsae={tmp_path}", tmp_path).stderr.decode()
    assert "--build-context bsae: no FROM or --from names it; did you mean base?" in said
