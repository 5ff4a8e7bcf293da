"""What RUN --mount asks of the launcher: trees of layers, secrets in memory. On hostile layers too."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from onggi.container import op
from onggi.errors import OnggiError

from .conftest import Boxes

pytestmark = pytest.mark.kernel

SECRET = b"open sesame \xff\n"


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """As an image may have it: with links that lead up and out."""
    root = tmp_path / "layer"
    (root / "etc").mkdir(parents=True)
    (root / "etc/passwd").write_text("mine\n")
    (root / "file").write_text("text\n")
    (root / "link").symlink_to("../../../../../../etc/passwd")
    (root / "up").symlink_to("../../..")
    return root


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


def layers(layer: Path, place: Path, source: str, target: str, *more: Path) -> op.MountLayers:
    upper, work = (str(path) for path in more) if more else ("", "")
    return op.MountLayers((str(layer),), upper, work, str(place), source, target)


def test_a_folder_a_file_and_everything(boxes: Boxes, layer: Path, place: Path) -> None:
    inside = tuple(layers(layer, place, *each) for each in ((".", "/all"), ("etc", "/a/b"), ("file", "/one")))
    script = "cat /all/file /a/b/passwd /one; touch /all/x /a/b/x || echo > /one || echo read-only"
    assert boxes.output("sh", "-c", script, inside=inside).splitlines()[:3] == ["text", "mine", "text"]
    assert os.listdir(place) == []
    assert not (layer / "x").exists()


def test_links_lead_nowhere_else(boxes: Boxes, layer: Path, place: Path) -> None:
    inside = (layers(layer, place, "link", "/passwd"), layers(layer, place, "up", "/root"))
    assert boxes.output("sh", "-c", "cat /passwd /root/file /root/etc/passwd", inside=inside) == "mine\ntext\nmine\n"


def test_what_is_written_is_in_the_upper_folder(boxes: Boxes, layer: Path, place: Path, tmp_path: Path) -> None:
    upper, work = tmp_path / "u", tmp_path / "w"
    upper.mkdir()
    work.mkdir()
    inside = (layers(layer, place, ".", "/all", upper, work),)
    assert boxes.output("sh", "-c", "echo new > /all/file; cat /all/file", inside=inside) == "new\n"
    assert (layer / "file").read_text() == "text\n"
    assert (upper / "file").read_text() == "new\n"


def test_what_is_not_there(boxes: Boxes, layer: Path, place: Path) -> None:
    step, _ = boxes.step("true", inside=(layers(layer, place, "gone", "/x"),))
    with pytest.raises(OnggiError, match="mount gone of another stage or image at /x"):
        step.wait()


def test_secrets_are_in_memory_only(boxes: Boxes, place: Path) -> None:
    home = boxes.home()
    ops = (op.WriteSecret(0, str(place), "/run/token", 0o440, 3, 4), op.SecretVariable("TOKEN", 0))
    script = "cat /run/token; stat -c %u:%g:%a /run/token; echo $TOKEN; grep /run/token /proc/mounts; echo > /run/token"
    plan = boxes.plan(home, "sh", "-c", script, inside=ops)
    with open(home / "output", "wb") as output:
        step = boxes.launcher.step(plan, output.fileno(), output.fileno(), [SECRET])
    assert step.wait() != 0
    lines = (home / "output").read_bytes().splitlines()
    assert lines[:3] == [SECRET.strip(), b"3:4:440", SECRET.strip()]
    assert lines[3].startswith(b"tmpfs /run/token tmpfs ro,nosuid,nodev,noexec")
    assert b"Read-only file system" in lines[4]
    assert (home / "upper/run/token").read_bytes() == b""
    assert os.listdir(place) == []
    assert SECRET not in msgspec.json.encode(plan)


def test_targets_stay_beneath_the_root(boxes: Boxes, place: Path, tmp_path: Path) -> None:
    """A link of the image's at the target leads to a place in the image."""
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "run").symlink_to(f"../../../../../../{tmp_path}/host")
    (tmp_path / "host").mkdir()
    home = boxes.home()
    inside = (op.WriteSecret(0, str(place), "/run/token", 0o400, 0, 0),)
    plan = boxes.plan(home, "cat", "/run/token", lower=(str(bad),), inside=inside)
    with open(home / "output", "wb") as output:
        assert boxes.launcher.step(plan, output.fileno(), output.fileno(), [SECRET]).wait() == 0
    assert os.listdir(tmp_path / "host") == []
