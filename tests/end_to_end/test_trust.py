"""Signing and verifying at real registries. What is signed is checked by openssl, and moved around by skopeo."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import pty
import stat
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.registries import real, wares
from tests.registries.images import Shelf
from tests.registries.real import Real

from onggi.engine.registry.trust import required, trusted
from onggi.engine.registry.wire import open_wire
from onggi.engine.types import PullRequest
from onggi.errors import Denied, NotFound
from onggi.oci import platform, reference
from onggi.registry import resolve
from onggi.registry.settings.table import Demand
from onggi.registry.trust import bundle
from onggi.registry_server.server import Server
from onggi.settings import Settings

from .conftest import Onggi

UNSEEN = "no transparency log and no certificate was looked at"


@dataclass
class Signer:
    """Somebody with a pair of keys of their own."""

    onggi: Onggi
    folder: Path

    @property
    def key(self) -> Path:
        return self.folder / "cosign.key"

    @property
    def pub(self) -> Path:
        return self.folder / "cosign.pub"

    def sign(self, image: str, *words: str) -> str:
        return self.onggi("image", "sign", "--key", self.key, *words, image)

    def verified(self, image: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.onggi("image", "verify", "--format=json", "--key", self.pub, image))
        return found

    def refused(self, image: str) -> str:
        return self.onggi.fails("image", "verify", "--key", self.pub, image)


@pytest.fixture
def people(empty: Onggi, tmp_path: Path) -> Callable[[str], Signer]:
    nothing = tmp_path / "no-settings.toml"
    nothing.write_text("")
    empty.env = {"COSIGN_PASSWORD": "secret", "HOME": str(tmp_path), "ONGGI_REGISTRIES": str(nothing)}

    def make(name: str) -> Signer:
        (tmp_path / name).mkdir()
        empty("image", "generate-key", cwd=tmp_path / name)
        return Signer(empty, tmp_path / name)

    return make


@pytest.fixture
def signer(people: Callable[[str], Signer]) -> Signer:
    return people("signer")


def skopeo(*words: str) -> None:
    subprocess.run(["skopeo", *words], check=True, capture_output=True)


def move(source: str, target: str) -> None:
    skopeo("copy", "--src-tls-verify=false", "--dest-tls-verify=false", f"docker://{source}", f"docker://{target}")


def signature_tag(digest: str) -> str:
    return digest.replace(":", "-") + ".sig"


def manifest_at(registry: Real, repository: str, tag: str) -> dict[str, Any]:
    words = ["skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{registry.host}/{repository}:{tag}"]
    found: dict[str, Any] = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
    return found


def test_a_pair_of_keys(people: Callable[[str], Signer]) -> None:
    signer = people("somebody")
    assert stat.S_IMODE(signer.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(signer.pub.stat().st_mode) == 0o644
    said = subprocess.run(["openssl", "pkey", "-pubin", "-in", signer.pub, "-text"], check=True, capture_output=True)
    assert b"ASN1 OID: prime256v1" in said.stdout
    before = signer.key.read_bytes()
    said_no = signer.onggi.fails("image", "generate-key", signer.folder / "cosign")
    assert f"{signer.key} is there already" in said_no
    signer.key.rename(signer.folder / "moved")
    assert f"{signer.pub} is there already" in signer.onggi.fails("image", "generate-key", signer.folder / "cosign")
    assert not signer.key.exists()
    assert (signer.folder / "moved").read_bytes() == before


def test_the_password_is_asked_for_at_a_terminal(empty: Onggi, shelf: Shelf, registry: Real, tmp_path: Path) -> None:
    name = f"{registry.host}/trust/asked:1"
    shelf.put("small", name)
    make = ("image", "generate-key", str(tmp_path / "mine"))
    code, shown = talk(empty, make, {"new private key: ": "one\n", "The same again: ": "other\n"})
    assert (code, "the two passwords are not the same" in shown) == (1, True)
    assert not (tmp_path / "mine.key").exists()
    code, shown = talk(empty, make, {"new private key: ": "one\n", "The same again: ": "one\n"})
    assert (code, "one" in shown) == (0, False), shown
    sign = ("image", "sign", "--key", str(tmp_path / "mine.key"), name)
    assert talk(empty, sign, {"Password for the private key: ": "other\n"})[0] == 1
    assert talk(empty, sign, {"Password for the private key: ": "one\n"})[0] == 0


def talk(onggi: Onggi, words: tuple[str, ...], answers: dict[str, str]) -> tuple[int, str]:
    """The exit code, and what was on the terminal; each answer is typed once, when its question is there."""
    pid, terminal = pty.fork()
    if pid == 0:
        argv = onggi.argv(*words)
        os.execve(argv[0], argv, {key: value for key, value in os.environ.items() if key != "COSIGN_PASSWORD"})
    seen = ""
    with suppress(OSError):  # how a terminal says that nobody is at its other end any more
        while True:
            seen += os.read(terminal, 65536).decode()
            for question in [question for question in answers if question in seen]:
                os.write(terminal, answers.pop(question).encode())
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen


def test_what_is_signed_openssl_verifies(signer: Signer, shelf: Shelf, registry: Real, tmp_path: Path) -> None:
    name = f"{registry.host}/trust/openssl"
    digest = shelf.put("small", f"{name}:1")
    assert signer.sign(f"{name}:1", "-a", "commit=77ef1", "-a", "by=me") == f"Signed {name}@{digest}"
    document = manifest_at(registry, "trust/openssl", signature_tag(digest))
    (layer,) = document["layers"]
    payload = registry.blob(layer["digest"])
    assert json.loads(payload.read_bytes()) == {
        "critical": {
            "identity": {"docker-reference": name},
            "image": {"docker-manifest-digest": digest},
            "type": "cosign container image signature",
        },
        "optional": {"by": "me", "commit": "77ef1"},
    }
    signature = tmp_path / "signature"
    signature.write_bytes(base64.b64decode(layer["annotations"]["dev.cosignproject.cosign/signature"]))
    argv: list[str | Path] = ["openssl", "dgst", "-sha256", "-verify", signer.pub, "-signature", signature, payload]
    assert subprocess.run(argv, check=True, capture_output=True).stdout == b"Verified OK\n"


def test_what_openssl_signs_is_verified(signer: Signer, shelf: Shelf, registry: Real, tmp_path: Path) -> None:
    """As cosign's `attach signature` puts it there: a key of openssl's, RSA, made into signatures without onggi."""
    name = f"{registry.host}/trust/openssl-rsa"
    digest = shelf.put("small", f"{name}:1")
    key, pub, payload = tmp_path / "rsa.key", tmp_path / "rsa.pub", tmp_path / "payload"
    subprocess.run(["openssl", "genrsa", "-out", key, "3072"], check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", pub], check=True)
    signer.sign(f"{name}:1")  # whose payload is taken, and whose signature is replaced
    document = manifest_at(registry, "trust/openssl-rsa", signature_tag(digest))
    payload.write_bytes(registry.blob(document["layers"][0]["digest"]).read_bytes())
    made = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key, payload], check=True, capture_output=True).stdout
    document["layers"][0]["annotations"] = {"dev.cosignproject.cosign/signature": base64.b64encode(made).decode()}
    put(registry.host, "trust/openssl-rsa", signature_tag(digest), document)
    signer.onggi("image", "verify", "--key", pub, f"{name}:1")
    assert "1 signature by another key" in signer.refused(f"{name}:1")


def put(host: str, repository: str, name: str, document: object) -> None:
    connection = http.client.HTTPConnection(host)
    headers = {"Content-Type": wares.MANIFEST}
    connection.request("PUT", f"/v2/{repository}/manifests/{name}", json.dumps(document).encode(), headers)
    answer = connection.getresponse()
    assert answer.status == 201, answer.read()
    connection.close()


def put_blob(host: str, repository: str, data: bytes) -> None:
    connection = http.client.HTTPConnection(host)
    connection.request("POST", f"/v2/{repository}/blobs/uploads/")
    answer = connection.getresponse()
    answer.read()
    where = answer.headers["Location"].removeprefix(f"http://{host}")
    mark = "&" if "?" in where else "?"
    connection.request("PUT", f"{where}{mark}digest={wares.digest(data)}", data)
    answer = connection.getresponse()
    assert answer.status == 201, answer.read()
    connection.close()


def test_verify_says_who_and_what(signer: Signer, shelf: Shelf, registry: Real) -> None:
    name = f"{registry.host}/trust/says"
    digest = shelf.put("small", f"{name}:1")
    assert "'env'" in signer.onggi.fails("image", "sign", "-k", signer.key, "-a", "env", f"{name}:1")
    signer.sign(f"{name}:1", "-a", "env=prod")
    done = signer.onggi.run("image", "verify", "--key", signer.pub, f"{name}:1")
    lines = done.stdout.decode().splitlines()
    assert lines[0] == f"{name}:1 at {registry.host} is {digest}"
    assert lines[1].startswith(f"  signed with {signer.pub} (key ")
    assert lines[1].endswith(f") as {name}: env=prod")
    assert done.stderr.decode().strip() == UNSEEN
    found = signer.verified(f"{name}:1")
    assert (found["name"], found["host"], found["digest"]) == (f"{name}:1", registry.host, digest)
    (signature,) = found["signatures"]
    assert (signature["form"], signature["annotations"]) == ("cosign", {"env": "prod"})
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", signer.pub, "-outform", "DER"], check=True, capture_output=True
    ).stdout
    assert signature["fingerprint"] == "sha256:" + hashlib.sha256(der).hexdigest()


def test_several_sign(people: Callable[[str], Signer], shelf: Shelf, registry: Real) -> None:
    name = f"{registry.host}/trust/several:1"
    shelf.put("small", name)
    one, other = people("one"), people("other")
    one.sign(name)
    assert "1 signature by another key" in other.refused(name)
    other.sign(name)
    assert other.sign(name).startswith("Signed already: ")
    assert len(one.verified(name)["signatures"]) == len(other.verified(name)["signatures"]) == 1
    both = one.onggi("image", "verify", "--key", one.pub, "--key", other.pub, "--format=json", name)
    assert [each["key"] for each in json.loads(both)["signatures"]] == [str(one.pub), str(other.pub)]


def test_a_tag_that_moves_loses_its_signature(signer: Signer, shelf: Shelf, registry: Real) -> None:
    name = f"{registry.host}/trust/moves"
    digest = shelf.put("small", f"{name}:1")
    signer.sign(f"{name}@{digest}")
    signer.verified(f"{name}:1")
    shelf.put("base", f"{name}:1")
    assert "is not signed" in signer.refused(f"{name}:1")
    signer.verified(f"{name}@{digest}")


def test_a_signature_that_is_put_beside_another_image(signer: Signer, shelf: Shelf, registry: Real) -> None:
    name = f"{registry.host}/trust/beside"
    good, bad = shelf.put("small", f"{name}:good"), shelf.put("base", f"{name}:bad")
    signer.sign(f"{name}:good")
    move(f"{name}:{signature_tag(good)}", f"{name}:{signature_tag(bad)}")
    said = signer.refused(f"{name}:bad")
    assert f"1 signature by the key, but of another image ({good})" in said
    assert "do not trust this one" in said


def test_an_image_that_is_copied_with_its_signature(signer: Signer, shelf: Shelf, registry: Real) -> None:
    """What it was called when it was signed is told, and not compared, as with cosign."""
    name, elsewhere = f"{registry.host}/trust/origin", f"{registry.host}/trust/elsewhere"
    digest = shelf.put("small", f"{name}:1")
    signer.sign(f"{name}:1")
    shelf.put("small", f"{elsewhere}:2")
    move(f"{name}:{signature_tag(digest)}", f"{elsewhere}:{signature_tag(digest)}")
    assert signer.verified(f"{elsewhere}:2")["signatures"][0]["reference"] == name


def test_a_changed_payload_is_noticed(signer: Signer, shelf: Shelf, registry: Real) -> None:
    name = f"{registry.host}/trust/changed"
    digest = shelf.put("small", f"{name}:1")
    signer.sign(f"{name}:1")
    (layer,) = manifest_at(registry, "trust/changed", signature_tag(digest))["layers"]
    payload = registry.blob(layer["digest"])
    payload.write_bytes(payload.read_bytes().replace(b"sha256:", b"sha257:"))
    assert "1 signature unreadable" in signer.refused(f"{name}:1")


def test_what_cannot_be_signed(signer: Signer, shelf: Shelf, registry: Real) -> None:
    name = f"{registry.host}/trust/refused"
    shelf.put("small", f"{name}:1")
    sign = ("image", "sign", "--key", signer.key)
    assert f"{name}:2 is not there" in signer.onggi.fails(*sign, f"{name}:2")
    guess = signer.onggi.fails(*sign, f"{name}:1", env={"COSIGN_PASSWORD": "guess"})
    assert f"the password does not open the private key {signer.key}" in guess
    assert "is no private key" in signer.onggi.fails("image", "sign", "--key", signer.pub, f"{name}:1")
    assert "there is no key /nowhere" in signer.onggi.fails("image", "sign", "--key", "/nowhere", f"{name}:1")
    assert "is a private key" in signer.onggi.fails("image", "verify", "--key", signer.key, f"{name}:1")
    del signer.onggi.env["COSIGN_PASSWORD"]
    assert "there is no terminal to ask at" in signer.onggi.fails(*sign, f"{name}:1")
    assert not any(
        ".sig" in each.path and each.method == "PUT" for each in registry.requests() if "refused" in each.path
    )


def test_signing_where_one_has_to_log_in(signer: Signer, shelf: Shelf, tmp_path: Path) -> None:
    with real.serve(tmp_path / "locked", users={"me": "secret"}) as locked:
        name = f"{locked.host}/app:1"
        shelf.put("small", name, "--dest-creds", "me:secret")
        assert "onggi login" in signer.onggi.fails("image", "sign", "--key", signer.key, name)
        signer.onggi("login", "-u", "me", "--password-stdin", locked.host, stdin=b"secret")
        signer.sign(name)
        signer.verified(name)


def test_the_policy_says_whose_signature_counts(
    people: Callable[[str], Signer], shelf: Shelf, registry: Real, tmp_path: Path
) -> None:
    one, other = people("one"), people("other")
    name = f"{registry.host}/trust/policy:1"
    shelf.put("small", name)
    assert "no key says who must have signed" in one.onggi.fails("image", "verify", name)
    settings = tmp_path / "registries.toml"
    settings.write_text(
        f'[[policy]]\nprefix = "{registry.host}/trust"\nrequire = ["signature"]\nkey = "one/cosign.pub"\n'
    )
    one.onggi.env["ONGGI_REGISTRIES"] = str(settings)
    other.sign(name)
    assert "1 signature by another key" in one.onggi.fails("image", "verify", name)
    one.sign(name)
    assert "signed with" in one.onggi("image", "verify", name)


def look(name: str, demand: Demand, *asked: Path) -> str:
    """What a pull asks before anything is stored; the digest of what it would take in."""
    with open_wire(Settings(root=Path("/nowhere"))) as wire:
        signatories = required(demand, asked)
        wanted = reference.parse(name)
        place = wire.home(wanted)
        asking = resolve.image(place, resolve.tag_or_digest(wanted), platform.of_host())
        return wire.driver.run(trusted(place, asking, signatories)).manifest.digest


def test_a_pull_needs_each_of_those_who_must_have_signed(
    people: Callable[[str], Signer], shelf: Shelf, registry: Real
) -> None:
    one, other = people("one"), people("other")
    name = f"{registry.host}/trust/pulled:1"
    digest = shelf.put("small", name)
    policy = Demand(line="registries.toml:1", keys=(one.pub, one.folder / "cosign.pub"))
    assert look(name, Demand()) == digest
    with pytest.raises(NotFound, match=r"is not signed; registries\.toml:1 demands that of all of"):
        look(name, policy)
    one.sign(name)
    assert look(name, policy) == digest
    with pytest.raises(Denied, match="1 signature by another key"):
        look(name, policy, other.pub)
    other.sign(name)
    assert look(name, policy, other.pub) == digest


def test_nothing_is_stored_before_it_is_known_to_be_signed(
    people: Callable[[str], Signer], shelf: Shelf, registry: Real
) -> None:
    one, other = people("one"), people("other")
    name = f"{registry.host}/trust/stored:1"
    shelf.put("small", name)
    other.sign(name)
    with one.onggi.engine() as engine:
        seen = len(registry.requests())
        with pytest.raises(Denied, match="1 signature by another key"):
            engine.pull(PullRequest(name=name, keys=(one.pub,)))
        assert engine.images.list() == []
        assert not list((one.onggi.root / "blobs/sha256").iterdir())
        layers = set(manifest_layers(registry, "trust/stored", "1"))
        assert not any(each.path.rpartition("/")[2] in layers for each in registry.requests()[seen:])
        one.sign(name)
        (pulled,) = engine.pull(PullRequest(name=name, keys=(one.pub,)))
        assert [image.id for image in engine.images.list()] == [pulled.id]


def manifest_layers(registry: Real, repository: str, tag: str) -> list[str]:
    document = manifest_at(registry, repository, tag)
    return [layer["digest"] for layer in document["layers"]]


def test_what_is_in_the_store_is_pulled_with_a_key_only_if_it_is_signed(
    signer: Signer, shelf: Shelf, registry: Real
) -> None:
    name = f"{registry.host}/trust/known:1"
    shelf.put("small", name)
    with signer.onggi.engine() as engine:
        engine.pull(PullRequest(name=name))
        with pytest.raises(NotFound, match="is not signed"):
            engine.pull(PullRequest(name=name, keys=(signer.pub,)))
        signer.sign(name)
        (pulled,) = engine.pull(PullRequest(name=name, keys=(signer.pub,)))
        assert not pulled.is_new


def test_all_tags_passes_over_what_is_no_image(signer: Signer, shelf: Shelf, registry: Real, tmp_path: Path) -> None:
    """The policy demands a signature of images; of signatures it does not."""
    onggi = signer.onggi
    settings = tmp_path / "registries.toml"
    settings.write_text(
        f'[[policy]]\nprefix = "{registry.host}/trust/all"\nrequire = ["signature"]\nkey = "{signer.pub}"\n'
    )
    onggi.env["ONGGI_REGISTRIES"] = str(settings)
    name = f"{registry.host}/trust/all"
    digest = shelf.put("small", f"{name}:1")
    signature = signature_tag(digest)
    signer.sign(f"{name}:1")
    shelf.put("small", f"{name}:zz")
    lines = onggi("pull", "-a", name).splitlines()
    assert f"Passed over 1 tag that is no image: {signature}" in lines
    assert sorted(lines[-2:]) == [f"{name}:1", f"{name}:zz"]
    assert sorted(onggi("images", "--format", "{{.Tag}}").splitlines()) == ["1", "zz"]
    alone = f"{registry.host}/trust/alone"
    move(f"{name}:{signature}", f"{alone}:{signature}")
    assert f"{alone} has no images, only other things: {signature}" in onggi.fails("pull", "-a", alone)
    assert "is not an image but application/vnd.dev.cosign" in onggi.fails("pull", f"{alone}:{signature}")


def test_a_signature_of_an_index_is_good_for_its_images(signer: Signer, shelf: Shelf, registry: Real) -> None:
    name = f"{registry.host}/trust/index"
    digest = shelf.put("both", f"{name}:1")
    assert signer.sign(f"{name}:1") == f"Signed {name}@{digest}"
    member = look(f"{name}:1", Demand(), signer.pub)
    assert member != digest
    with pytest.raises(NotFound, match=f"{member} is not signed"):
        look(f"{name}@{member}", Demand(), signer.pub)


def test_bundles_among_the_referrers(signer: Signer, shelf: Shelf, tmp_path: Path) -> None:
    """A registry that knows what refers to what, and a bundle that is signed with openssl as cosign 3 has it."""
    with Server(tmp_path / "served") as served:
        name = f"{served.address}/app"
        digest = shelf.put("small", f"{name}:1")
        key, pub, message = tmp_path / "ec.key", tmp_path / "ec.pub", tmp_path / "message"
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key], check=True)
        subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", pub], check=True)
        statement = wares.encode(
            {
                "_type": "https://in-toto.io/Statement/v1",
                "subject": [{"digest": {"sha256": digest.removeprefix("sha256:")}, "annotations": {"env": "prod"}}],
                "predicateType": bundle.SIGN,
                "predicate": {},
            }
        )
        kind = b"application/vnd.in-toto+json"
        message.write_bytes(b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(statement), statement))
        made = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key, message], check=True, capture_output=True)
        document = wares.encode(
            {
                "mediaType": bundle.MEDIA_TYPE,
                "verificationMaterial": {"publicKey": {"hint": "ec"}, "tlogEntries": []},
                "dsseEnvelope": {
                    "payload": base64.b64encode(statement).decode(),
                    "payloadType": kind.decode(),
                    "signatures": [{"sig": base64.b64encode(made.stdout).decode()}],
                },
            }
        )
        for data in (document, b"{}"):
            put_blob(served.address, "app", data)
        manifest = {
            "schemaVersion": 2,
            "mediaType": wares.MANIFEST,
            "artifactType": bundle.MEDIA_TYPE,
            "config": wares.descriptor("application/vnd.oci.empty.v1+json", b"{}"),
            "layers": [wares.descriptor(bundle.MEDIA_TYPE, document)],
            "subject": {"mediaType": wares.MANIFEST, "digest": digest, "size": 1},
            "annotations": {bundle.PREDICATE_ANNOTATION: bundle.SIGN},
        }
        put(served.address, "app", wares.digest(json.dumps(manifest).encode()), manifest)
        found = json.loads(signer.onggi("image", "verify", "--format=json", "--key", pub, f"{name}:1"))
        (signature,) = found["signatures"]
        assert (signature["form"], signature["annotations"]) == ("bundle", {"env": "prod"})
        assert "1 signature by another key" in signer.refused(f"{name}:1")
        signer.sign(f"{name}:1")
        assert [each["form"] for each in signer.verified(f"{name}:1")["signatures"]] == ["cosign"]
