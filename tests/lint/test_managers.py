"""Which commands install what a manifest lists."""

from __future__ import annotations

import pytest

from onggi.lint.knowledge.managers import deed, required_files
from onggi.lint.shell.commands import read
from onggi.lint.shell.script import Script


def told(script: str) -> tuple[str, bool] | None:
    """The manager, and whether it builds."""
    (command,) = read(Script("sh", script, 1, 1)).commands
    found = deed(command)
    return (found.manager.name, found.is_build) if found is not None else None


@pytest.mark.parametrize(
    "script, manager",
    [
        ("npm ci --omit=dev", "npm"),
        ("npm install --loglevel error", "npm"),
        ("yarn", "yarn"),
        ("yarn --frozen-lockfile", "yarn"),
        ("pnpm i", "pnpm"),
        ("pip3.11 install --no-cache-dir -r requirements.txt", "pip"),
        ("/venv/bin/pip install --requirement=a.txt", "pip"),
        ("python3 -m pip install -ra.txt", "pip"),
        ("poetry install --no-root", "poetry"),
        ("uv sync --frozen", "uv"),
        ("uv pip install -r requirements.txt", "uv"),
        ("bundle install --jobs 4", "bundle"),
        ("composer install --no-dev", "composer"),
        ("mamba env create -f environment.yml", "conda"),
        ("go mod download -x", "go"),
        ("mvn -B dependency:go-offline", "mvn"),
        ("gradle dependencies --no-daemon", "gradle"),
        ("cargo chef cook --release", "cargo"),
        ("dotnet restore App.csproj", "dotnet"),
    ],
)
def test_what_brings_dependencies(script: str, manager: str) -> None:
    assert told(script) == (manager, False)


@pytest.mark.parametrize(
    "script, manager",
    [
        ("go build -o /app ./cmd/app", "go"),
        ("go test ./...", "go"),
        ("./mvnw -DskipTests clean package", "mvn"),
        ("./gradlew :app:bootJar", "gradle"),
        ("cargo build --release", "cargo"),
        ("dotnet publish -c Release", "dotnet"),
    ],
)
def test_what_builds_with_them(script: str, manager: str) -> None:
    assert told(script) == (manager, True)


@pytest.mark.parametrize(
    "script",
    [
        "npm install express",
        "npm install -g pm2",
        "npm run build",
        "npm ci --offline",
        "yarn build",
        "yarn global add serve",
        "pip install flask",
        "pip install .",
        "pip freeze -r a.txt",
        "go install example.org/tool@latest",
        "go version",
        "mvn -o package",
        "cargo new app",
        "bundle exec rake",
        "conda install numpy",
        "echo npm ci",
    ],
)
def test_what_does_neither(script: str) -> None:
    assert told(script) is None


def test_the_files_that_pip_is_given() -> None:
    (command,) = read(
        Script("sh", "pip install -r a.txt --requirement b.txt -rc.txt --requirement=d.txt e", 1, 1)
    ).commands
    assert [file.text for file in required_files(command)] == ["a.txt", "b.txt", "c.txt", "d.txt"]
