from __future__ import annotations

import pytest

from onggi.lint.knowledge.managers import deed
from onggi.lint.shell.commands import read
from onggi.lint.shell.script import Script
from onggi.lint.view.context import MemoryContext
from onggi.lint.view.local_needs import is_alone


def alone(script: str, files: dict[str, str] | None) -> bool:
    found = deed(read(Script("sh", script, 1, 1)).commands[0])
    assert found is not None
    return is_alone(found, found.manager.manifests, None if files is None else MemoryContext(files))


@pytest.mark.parametrize(
    "script, files",
    [
        ("npm ci", {"package.json": '{"scripts": {"build": "tsc"}, "dependencies": {"a": "^1.0.0"}}'}),
        ("yarn", {"package.json": '{"dependencies": {"a": "npm:b@1"}}', "yarn.lock": "…"}),
        ("pip install -r requirements.txt", {"requirements.txt": "a==1\nb @ https://example.com/b.whl\n# -r c.txt"}),
        ("pip install -r requirements.txt", {"requirements.txt": "--index-url https://example.com/simple\na==1"}),
        ("pip install -r requirements.txt", {"requirements.txt": "git+https://example.com/a@v1#egg=a"}),
        ("bundle install", {"Gemfile": 'source "https://rubygems.org"\ngem "rails", "~> 8.0"'}),
        ("go mod download", {"go.mod": "module a\nreplace b => example.com/c v1.0.0"}),
        ("conda env create", {"environment.yml": "dependencies:\n  - numpy\n  - pip:\n    - flask==3.1.0"}),
        ("npm ci", None),
    ],
)
def test_manifests_are_enough(script: str, files: dict[str, str] | None) -> None:
    assert alone(script, files)


@pytest.mark.parametrize(
    "script, files",
    [
        ("npm ci", {"package.json": '{"scripts": {"prepare": "husky"}}'}),
        ("npm ci", {"package.json": "{"}),
        ("npm ci", {"package.json": "{}", "binding.gyp": "…"}),
        ("npm ci --prefix web", None),
        ("yarn", {"package.json": '{"resolutions": {"a": "patch:a@1#./a.patch"}}'}),
        ("yarn", {"package.json": "{}", ".yarnrc.yml": "yarnPath: .yarn/releases/yarn-4.cjs"}),
        ("pnpm install", {"package.json": "{}", "pnpm-workspace.yaml": "packages: [a]"}),
        ("pnpm install", {"package.json": '{"pnpm": {"patchedDependencies": {"a": "a.patch"}}}'}),
        ("pip install -r requirements.txt", {"requirements.txt": "a==1\n./lib/b"}),
        ("pip install -r requirements.txt", {"requirements.txt": "wheels/b.whl"}),
        ("pip install -r requirements.txt", {"requirements.txt": "--requirement=b.txt"}),
        ("pip install -r requirements.txt", {"requirements.txt": "b @ file:///app/b"}),
        ("pip install -r requirements.txt", {"main.py": "…"}),
        ("pip install -r requirements.txt -c pins.txt", None),
        ("pip install -r requirements.txt .", None),
        ("pip install -e . -r requirements.txt", None),
        ("pipenv install", {"Pipfile": '[packages]\na = {path = "a"}', "Pipfile.lock": "…"}),
        ("bundle install", {"Gemfile": "gemspec"}),
        ("bundle install", {"Gemfile": 'gem "a", path: "a"'}),
        ("bundle install", {"Gemfile": 'ruby file: ".ruby-version"'}),
        ("go mod download", {"go.mod": "module a\nreplace b => ../b"}),
        ("go mod download", {"go.mod": "module a", "go.work": "use ./b"}),
        ("conda env create", {"environment.yml": "dependencies:\n  - pip:\n    - -r requirements.txt"}),
    ],
)
def test_manifests_are_not_enough(script: str, files: dict[str, str] | None) -> None:
    assert not alone(script, files)
