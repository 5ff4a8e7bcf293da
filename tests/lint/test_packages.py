from __future__ import annotations

import pytest

from onggi.dockerfile.source import Span
from onggi.lint.shell.commands import read
from onggi.lint.shell.script import Script
from onggi.lint.view.packages import APK, APT_GET, GEM, NPM, PIP, YUM, Installation, PackageManager, installation


def installed(text: str, manager: PackageManager) -> Installation | None:
    (command,) = read(Script("sh", text, 1, 1)).commands
    return installation(command, manager)


@pytest.mark.parametrize(
    "text, manager, packages",
    [
        ("apt-get install -y curl=8 git", APT_GET, ["curl=8", "git"]),
        ("apt-get -qq -o Dpkg::Use-Pty=0 install -t stable curl", APT_GET, ["curl"]),
        ("apt-get install -tstable curl", APT_GET, ["curl"]),
        ("apt-get install -- curl", APT_GET, ["curl"]),
        ("apt-get $OPTIONS install $PACKAGES", APT_GET, ["$PACKAGES"]),
        ("apk --repository https://example.org add -t .build gcc", APK, ["gcc"]),
        ("apk add", APK, []),
        ("pip3.12 install --timeout 5 flask", PIP, ["flask"]),
        ("python3 -u -m pip install flask", PIP, ["flask"]),
        ("npm --prefix /x i -g yarn", NPM, ["yarn"]),
        ("gem install nokogiri -- --with-x y", GEM, ["nokogiri"]),
        ("yum group install tools", YUM, ["tools"]),
    ],
)
def test_packages_are_the_words_behind_the_verb(text: str, manager: PackageManager, packages: list[str]) -> None:
    found = installed(text, manager)
    assert found is not None
    assert [package.text for package in found.packages] == packages


@pytest.mark.parametrize(
    "text, manager",
    [
        ("apt-get remove install-info", APT_GET),
        ("apt-get download install", APT_GET),
        ("apt install curl", APT_GET),
        ("apk info add", APK),
        ("pip list install", PIP),
        ("python3 -m venv install", PIP),
        ("npm run install", NPM),
        ("gem", GEM),
    ],
)
def test_other_commands_install_nothing(text: str, manager: PackageManager) -> None:
    assert installed(text, manager) is None


def test_a_flag_is_put_behind_the_verb() -> None:
    found = installed("yum group install tools", YUM)
    assert found is not None
    fix = found.fix("-y")
    assert fix is not None
    (edit,) = fix.edits
    assert (edit.span, edit.text) == (Span(1, 18, 1, 18), " -y")
