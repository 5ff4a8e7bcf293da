from __future__ import annotations

import pytest

from onggi.configuration import yaml
from onggi.errors import Invalid
from onggi.lint.config import hadolint
from onggi.lint.config.config import Changes, Config
from onggi.lint.policy import LabelKind, Policy
from onggi.lint.severity import Severity

CODES = ("DL3007", "DL3008")
ALL = """\
failure-threshold: warning
format: gitlab_codeclimate
ignored:
  - DL3008
label-schema:
  author: text
  created: rfc3339
no-color: true
override:
  error:
    - DL3007
  info: [SC2046]
  style:
strict-labels: true
disable-ignore-pragma: true
verbose: true
trustedRegistries:
  - docker.io
"""


def config(text: str) -> Config:
    return hadolint.config(yaml.document(text, ".hadolint.yaml"), CODES)


def test_all_keys_become_a_policy() -> None:
    found = config(ALL)
    assert found.notes == ()
    assert (found.format, found.has_colour) == ("gitlab", False)
    assert found.policy("Dockerfile", Changes()) == Policy(
        ignored=frozenset({"DL3008"}),
        severities={"DL3007": Severity.ERROR, "SC2046": Severity.INFO},
        threshold=Severity.WARNING,
        registries=("docker.io",),
        labels={"author": LabelKind.TEXT, "created": LabelKind.RFC3339},
        has_only_labels=True,
        has_pragmas=False,
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "ignored:\n", "{}"])
def test_little_is_enough(text: str) -> None:
    assert config(text).policy("Dockerfile", Changes()) == Policy()


@pytest.mark.parametrize(
    ("word", "threshold"), [("error", Severity.ERROR), ("none", Severity.STYLE), ("ignore", Severity.STYLE)]
)
def test_a_threshold_is_what_hadolint_takes_it_for(word: str, threshold: Severity) -> None:
    assert config(f"failure-threshold: {word}").policy("x", Changes()).threshold is threshold


def test_no_fail_is_no_threshold() -> None:
    assert config("no-fail: true\nfailure-threshold: error").policy("x", Changes()).threshold is None
    assert config("no-fail: false").policy("x", Changes()).threshold is Severity.INFO


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ignored: DL3008\n", ".hadolint.yaml:1: ignored: expected a list, not 'DL3008'"),
        ("ignored:\n  - DL3008\n  - 3\n", ".hadolint.yaml:3: ignored[1]: expected a text, not a number"),
        ("override:\n  error: DL3007\n", ".hadolint.yaml:2: override.error: expected a list, not 'DL3007'"),
        ("override:\n  eror: [DL3007]\n", ".hadolint.yaml:2: override.eror: there is no such key; did you mean error?"),
        ("- a\n", ".hadolint.yaml:1: expected keys with values, not a list"),
        ("DL3008\n", ".hadolint.yaml:1: expected keys with values, not 'DL3008'"),
        ("3: a\n", ".hadolint.yaml:1: expected keys that are texts, but 3 is there"),
        ("a: [\n", ".hadolint.yaml:2:1: expected the node content, but found '<stream end>'"),
        ("a:\n\t- b\n", ".hadolint.yaml:2:1: found character '\\t' that cannot start any token"),
        ("a: !!python/object:os.system x\n", ".hadolint.yaml:1:4: could not determine a constructor"),
        ("a: b\n---\nc: d\n", ".hadolint.yaml:2:1: but found another document"),
        ("a: 2024-99-99\n", ".hadolint.yaml: month must be in 1..12"),
        ("a: \x00\n", ".hadolint.yaml: unacceptable character #x0000"),
        ("[" * 5000, ".hadolint.yaml is nested too deeply"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_key(text: str, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        config(text)
    assert message in caught.value.message


def test_what_hadolint_passes_over_is_passed_over_and_told() -> None:
    found = config("trusted-registries: [a]\nignored:\n  - DL3008\n  - DL9\noverride:\n  info: [DL307]\n")
    assert found.notes == (
        ".hadolint.yaml:1: trusted-registries: there is no such key; did you mean trustedRegistries?",
        ".hadolint.yaml:4: ignored[1]: there is no rule DL9",
        ".hadolint.yaml:6: override.info[0]: there is no rule DL307; did you mean DL3007?",
    )
    assert found.changes.registries is not None
