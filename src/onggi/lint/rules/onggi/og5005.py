from __future__ import annotations

import posixpath
from collections.abc import Iterator

from onggi.lint.knowledge.managers import required_files
from onggi.lint.rule import Example, Rule
from onggi.lint.view.manifests import Install, installs, requirements
from onggi.lint.view.subject import Subject
from onggi.lint.view.takings import printable, takings
from onggi.lint.violation import Text, Violation, listed

_MESSAGE = Text(
    "No exact version for {loose} of {all} in {path}: {names}",
    "{path}의 {all}개 중 {loose}개에 정확한 버전이 없습니다: {names}",
)
_MOST_NAMES = 4


def check(subject: Subject) -> Iterator[Violation]:
    """At the COPY that brings the file, once for each file."""
    told: set[str] = set()
    for install in installs(subject, takings(subject)):
        if install.program in ("pip", "uv") and not _is_constrained(install):
            for violation, path in _loose(subject, install):
                if path not in told:
                    told.add(path)
                    yield violation


def _is_constrained(install: Install) -> bool:
    return install.deed.command.has_flag("c", "constraint", "constraints", "require-hashes")


def _loose(subject: Subject, install: Install) -> Iterator[tuple[Violation, str]]:
    context = subject.facts.context
    if context is None:
        return
    for file in required_files(install.deed.command):
        found = next(install.holders(context, posixpath.normpath(file.text).lstrip("/")), None)
        if found is None:
            continue
        source, path = found
        required = requirements(context, path)
        if required.loose and not required.has_constraints:
            message = _MESSAGE.format(
                loose=str(len(required.loose)),
                all=str(required.all),
                path=printable(path),
                names=printable(listed(required.loose, _MOST_NAMES)),
            )
            yield source.step.violation(source.word.span, message), path


_PLAIN = "FROM python:3.12-slim\nCOPY requirements.txt .\nRUN pip install --no-cache-dir -r requirements.txt"
_SWEPT = "FROM python:3.12-slim\nCOPY . /app\nRUN python -m pip install -r /app/requirements/prod.txt"
_HASHED = "flask==3.1.0 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n"

RULE = Rule(
    code="OG5005",
    title=Text("Give each requirement an exact version", "requirements 파일에는 정확한 버전을 적습니다"),
    reason=Text(
        "Without == the version is chosen when the image is built: the same commit gives another image tomorrow, and a "
        "cached step hides it until the cache is gone.",
        "==가 없으면 빌드할 때 버전이 정해집니다. 같은 커밋에서 내일은 다른 이미지가 나오고, "
        "캐시가 남아 있는 동안은 눈에 띄지도 않습니다.",
    ),
    exception=Text(
        "Where the image is to test against the newest versions.", "최신 버전에서 시험해 보려는 이미지일 때."
    ),
    bad=(
        Example(_PLAIN, files={"requirements.txt": "flask\ngunicorn==23.0.0\n"}),
        Example(_PLAIN, files={"requirements.txt": "-r base.txt\n", "base.txt": "flask>=3,<4  # web\n"}),
        Example(_SWEPT, files={"requirements/prod.txt": "Django==5.*\nuvicorn[standard] ~= 0.34\n"}),
        Example(
            "FROM python:3.12 AS base\nCOPY requirements*.txt /\n\nFROM base\nRUN uv pip install -r requirements.txt",
            files={"requirements.txt": "requests ; python_version > '3'\n"},
        ),
    ),
    good=(
        Example(_PLAIN, files={"requirements.txt": f"# locked\n{_HASHED}gunicorn == 23.0.0 ; os_name == 'posix'\n"}),
        Example(_PLAIN, files={"requirements.txt": "flask\n-c constraints.txt\n", "constraints.txt": "flask==3.1.0"}),
        Example(
            _PLAIN, files={"requirements.txt": "./lib\nlib @ git+https://example.com/lib@v1\n-e .\nhttps://a/b.whl"}
        ),
        Example(_PLAIN.replace("-r", "-c constraints.txt -r"), files={"requirements.txt": "flask\n"}),
        Example("FROM python:3.12-slim\nCOPY . /app", files={"requirements.txt": "flask\n"}),
        Example(_SWEPT, files={"requirements/prod.txt": "flask==3.1.0", "requirements/dev.txt": "pytest"}),
        Example(_PLAIN, files={"src/requirements.txt": "flask\n"}),
        Example(_PLAIN),
    ),
    check=check,
)
