"""What a hostile image tries between clone and execve, when the process is still half the host's."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from onggi.container import op
from onggi.errors import Failed, OnggiError
from onggi.linux import attach
from onggi.linux.launch import Launcher, MonitorOptions

from .conftest import Boxes, written

pytestmark = pytest.mark.kernel

DESCRIPTORS = range(3, 40)
SECRET = "a secret of the host"


def last(plan: op.Plan, *ops: op.Op) -> op.Plan:
    return msgspec.structs.replace(plan, ops=(*plan.ops, *ops))


# The host's folders by way of an inherited descriptor (as in CVE-2024-21626).


def test_no_working_folder_leads_to_the_host(boxes: Boxes) -> None:
    (boxes.folder / "secret").write_text(SECRET)
    up = "../" * 12 + str(boxes.folder / "secret").lstrip("/")
    for number in DESCRIPTORS:
        home = boxes.home()
        plan = last(boxes.plan(home, "/bin/cat", up), op.ChangeDirectory(f"/proc/self/fd/{number}"))
        with open(home / "output", "w+b") as output:
            try:
                boxes.launcher.step(plan, output.fileno(), output.fileno()).wait()
            except OnggiError:
                pass
        assert SECRET not in (home / "output").read_text(), f"descriptor {number} is a folder of the host"


def test_no_working_folder_of_a_container_leads_to_the_host(boxes: Boxes) -> None:
    (boxes.folder / "secret").write_text(SECRET)
    up = "../" * 12 + str(boxes.folder / "secret").lstrip("/")
    for number in DESCRIPTORS:
        home = boxes.home()
        plan = last(boxes.plan(home, "/bin/cat", up), op.ChangeDirectory(f"/proc/self/fd/{number}"))
        try:
            boxes.launcher.container(plan, home, MonitorOptions())
        except OnggiError:
            continue
        attach.wait(home)
        assert SECRET not in written(home), f"descriptor {number} is a folder of the host"


def test_no_program_of_the_host_is_executed(boxes: Boxes) -> None:
    program = boxes.folder / "program"
    shutil.copy("/bin/busybox", program)
    up = "/".join([".."] * 12) + str(program)
    for number in DESCRIPTORS:
        step, _ = boxes.step(f"/proc/self/fd/{number}/{up}")
        with pytest.raises(Failed):
            step.wait()


def test_the_child_has_no_descriptor_but_its_own(boxes: Boxes) -> None:
    """What is open when the program is looked up, by what may be a shebang of /proc/self/fd."""
    codes = set()
    for number in DESCRIPTORS:
        step, _ = boxes.step(f"/proc/self/fd/{number}")
        with pytest.raises(Failed) as raised:
            step.wait()
        codes.add((number, raised.value.exit_code))
    assert len([number for number, code in codes if code != 127]) <= 1  # the socket that reports the failure


# The interpreter that the launcher runs (as in CVE-2019-5736).

ATTACK = """
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

__attribute__((constructor)) static void attack(void) {
    errno = 0;
    chmod("/proc/self/exe", 04755); printf("chmod %d\\n", errno); errno = 0;
    chown("/proc/self/exe", 1, 1); printf("chown %d\\n", errno); errno = 0;
    utime("/proc/self/exe", 0); printf("utime %d\\n", errno);
    fflush(stdout);
    _exit(0);
}
"""


@pytest.fixture
def interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of Python that launchers run from here on."""
    copy = tmp_path / "venv/bin/python3"
    copy.parent.mkdir(parents=True)
    real = Path(sys.executable).resolve()
    shutil.copy(real, copy)
    (tmp_path / "venv/pyvenv.cfg").write_text(f"home = {real.parent}\n")
    monkeypatch.setattr(sys, "executable", str(copy))
    return copy


@pytest.fixture
def hostile(tmp_path: Path, interpreter: Path) -> Path:
    """A layer whose programs are the launcher's interpreter, with a library that attacks it from within."""
    layer = tmp_path / "hostile"
    (layer / "bin").mkdir(parents=True)
    lines = subprocess.run(["ldd", interpreter], capture_output=True, text=True, check=True).stdout.splitlines()
    for library in {word for line in lines for word in line.split() if word.startswith("/")}:
        (layer / library.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, layer / library.lstrip("/"))
        if not (layer / "lib" / Path(library).name).exists():
            (layer / "lib").mkdir(exist_ok=True)
            shutil.copy(library, layer / "lib")
    (tmp_path / "attack.c").write_text(ATTACK)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", layer / "attack.so", tmp_path / "attack.c"], check=True)
    (layer / "bin/link").symlink_to("/proc/self/exe")
    (layer / "bin/script").write_text("#!/proc/self/exe\n")
    (layer / "bin/script").chmod(0o755)
    return layer


@pytest.mark.parametrize("program", ["/proc/self/exe", "/bin/link", "/bin/script"])
def test_the_launchers_interpreter_cannot_be_changed(
    tmp_path: Path, busybox: str, interpreter: Path, hostile: Path, program: str
) -> None:
    before = interpreter.stat()
    with Launcher() as launcher:
        boxes = Boxes(tmp_path, busybox, launcher)
        home = boxes.home()
        plan = boxes.plan(home, program, lower=(str(hostile),))
        plan = msgspec.structs.replace(plan, env=("LD_PRELOAD=/attack.so", "LD_LIBRARY_PATH=/lib"))
        with open(home / "output", "w+b") as output:
            code = launcher.step(plan, output.fileno(), output.fileno()).wait()
        text = (home / "output").read_text()
    assert code == 0, text
    answers = dict(line.split() for line in text.splitlines())
    after = interpreter.stat()
    assert (after.st_mode, after.st_uid, after.st_mtime_ns) == (before.st_mode, before.st_uid, before.st_mtime_ns)
    assert answers == dict.fromkeys(("chmod", "chown", "utime"), str(errno.EROFS))
