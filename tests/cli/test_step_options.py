"""What build gives to steps: flags become fields of the request, and bad ones are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from onggi.cli.step_options import read_secrets
from onggi.engine.secrets import Secret
from onggi.engine.types import BuildRequest
from onggi.errors import Invalid, NotFound, OnggiError

from .fake import FakeEngine, call


def test_flags() -> None:
    engine = FakeEngine()
    call(
        engine,
        *("build", "--secret", "id=token,env=TOKEN", "--ssh", "default", "--ssh", "other=/key"),
        *("--allow", "security.insecure", "--add-host", "db:10.0.0.5", "--shm-size", "128m"),
        *("--ulimit", "nofile=1:2", "."),
        environ={"TOKEN": "value"},
    )
    assert engine.builds == [
        BuildRequest(
            context=Path("."),
            secrets={"token": Secret(b"value")},
            ssh=("default", "other=/key"),
            allow=("security.insecure",),
            hosts=("db:10.0.0.5",),
            shm_size=128 * 1024 * 1024,
            ulimits=("nofile=1:2",),
        )
    ]


@pytest.mark.parametrize(
    "text",
    [
        "id=s,src={file}",
        "id=s,source={file}",
        "type=file,id=s,src={file}",
        "id=s,env=NAME",
        "id=s,type=env,env=NAME",
        "id=s,type=env,src=NAME",
        "ID=s,Env=NAME",
        '"id=s","src={file}"',
    ],
)
def test_secrets(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text("value")
    found = read_secrets([text.format(file=tmp_path / "file")], {"NAME": "value"})
    assert found == {"s": Secret(b"value")}


def test_an_id_alone_is_a_variable_or_else_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "token").write_text("of the file")
    assert read_secrets(["id=token"], {"token": "of the variable"}) == {"token": Secret(b"of the variable")}
    assert read_secrets(["id=token"], {}) == {"token": Secret(b"of the file")}
    assert read_secrets(["id=token,type=file"], {"token": "v"}) == {"token": Secret(b"of the file")}


@pytest.mark.parametrize(
    ("texts", "kind", "sentence"),
    [
        (["src=/x"], Invalid, "--secret src=/x has no id"),
        ([""], Invalid, "has no id"),
        (["id=a,src=/x,env=Y"], Invalid, "it has a file and a variable"),
        (["id=a,type=vault"], Invalid, "there is no type vault"),
        (["id=a,sorce=/x"], Invalid, "'sorce' is no key of it; did you mean source?"),
        (["a"], Invalid, "'a' is not key=value"),
        (['id=a,"src'], Invalid, '--secret id=a,"src'),
        (["id=a,env=A", "id=a,env=A"], Invalid, "the id a is given twice"),
        (["id=a,env=GONE"], NotFound, "you have no variable GONE"),
        (["id=a,src=/gone/file"], NotFound, "there is no file /gone/file to read a secret from"),
    ],
)
def test_bad_secrets(texts: list[str], kind: type[OnggiError], sentence: str) -> None:
    with pytest.raises(kind) as caught:
        read_secrets(texts, {"A": "1"})
    assert sentence in caught.value.message
    assert caught.value.hint or "twice" in sentence or '"' in sentence


@pytest.mark.parametrize(("text", "words"), [("many", "'many' is not a size"), ("1k", "less than a page")])
def test_bad_sizes(text: str, words: str) -> None:
    said = call(FakeEngine(), "build", "--shm-size", text, ".")
    assert said.code == 1
    assert words in said.err
    assert "--shm-size" in said.err
