from __future__ import annotations

import pytest

from onggi.configuration import toml
from onggi.errors import Invalid
from onggi.lint.config import own
from onggi.lint.config.config import Changes, Config
from onggi.lint.policy import LabelKind, Policy
from onggi.lint.severity import Severity

CODES = ("DL3007", "DL3008", "OG1001", "StageNameCasing")
ALL = """\
[lint]
ignore = ["DL3008", "SC2086"]
threshold = "warning"
trusted-registries = ["docker.io", "*.example.com"]
strict-labels = true
base-days = 30
pragmas = false
shellcheck = false
lang = "ko"
format = "gitlab_codeclimate"
exclude = ["vendor", "/third/**"]

[lint.severity]
DL3007 = "error"
SC2046 = "style"

[lint.labels]
"org.opencontainers.image.version" = "semver"

[[lint.overrides]]
paths = ["test/**", "**/*.dev.Dockerfile"]
ignore = ["DL3007"]
severity = { OG1001 = "info" }
no-fail = true
"""


def config(text: str) -> Config:
    return own.config_of_file(toml.document(text, "onggi.toml"), CODES)


def test_all_keys_become_a_policy() -> None:
    found = config(ALL)
    assert found.notes == ()
    assert (found.language, found.format, found.excluded) == ("ko", "gitlab", ("vendor", "third/**"))
    assert found.policy("Dockerfile", Changes()) == Policy(
        ignored=frozenset({"DL3008", "SC2086"}),
        severities={"DL3007": Severity.ERROR, "SC2046": Severity.STYLE},
        threshold=Severity.WARNING,
        registries=("docker.io", "*.example.com"),
        labels={"org.opencontainers.image.version": LabelKind.SEMVER},
        has_only_labels=True,
        base_days=30,
        has_pragmas=False,
        has_shellcheck=False,
    )


@pytest.mark.parametrize("path", ["test/Dockerfile", "test/a/b/Dockerfile", "x/api.dev.Dockerfile"])
def test_an_override_changes_what_it_names_for_its_files(path: str) -> None:
    policy = config(ALL).policy(path, Changes())
    assert policy.ignored == {"DL3007", "DL3008", "SC2086"}
    assert policy.severities["OG1001"] is Severity.INFO
    assert policy.severities["DL3007"] is Severity.ERROR
    assert policy.threshold is None
    assert policy.base_days == 30


def test_what_a_person_says_comes_last() -> None:
    more = Changes(ignored=frozenset({"OG1001"}), threshold=Severity.ERROR, has_pragmas=True)
    policy = config(ALL).policy("test/Dockerfile", more)
    assert policy.ignored == {"DL3007", "DL3008", "SC2086", "OG1001"}
    assert policy.threshold is Severity.ERROR
    assert policy.has_pragmas


def test_folders_are_excluded_with_all_in_them() -> None:
    found = config(ALL)
    assert found.excludes("vendor/x/Dockerfile") and found.excludes("third/Dockerfile")
    assert not found.excludes("src/vendor.Dockerfile")


@pytest.mark.parametrize("text", ["", "# nothing\n", "[lint]\n", "\ufeff[lint]\r\nignore = []\r\n"])
def test_little_is_enough(text: str) -> None:
    assert config(text).policy("Dockerfile", Changes()) == Policy()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[lint]\nthreshold = 'eror'\n", "onggi.toml:2: lint.threshold: expected error, warning, info, style, ignore"),
        ("[lint]\nthreshold = 'eror'\n", "not 'eror'; did you mean error?"),
        ("[lint]\nthreshold = 3\n", "or none, not a number"),
        ("[lint]\nignore = 'DL3008'\n", "onggi.toml:2: lint.ignore: expected a list, not 'DL3008'"),
        ("[lint]\nignore = [\n  'DL3008',\n  7,\n]\n", "lint.ignore[1]: expected a text, not a number"),
        ("[lint]\nignore = [' ']\n", "lint.ignore[0]: expected a text, not ' '"),
        ("[lint]\nseverity = { DL3008 = 'fatal' }\n", "onggi.toml:2: lint.severity.DL3008: expected error, warning,"),
        ("[lint.severity]\n\nDL3008 = true\n", "onggi.toml:3: lint.severity.DL3008: expected error, warning, info or"),
        ("[lint]\nlint.x = 1\n", "onggi.toml:2: lint.lint: there is no such key"),
        ("[lint]\nstrict-label = true\n", "lint.strict-label: there is no such key; did you mean strict-labels?"),
        ("[lint]\nfailure-threshold = 'error'\n", "; hadolint's failure-threshold is threshold here"),
        ("[lint]\nbase-days = true\n", "lint.base-days: expected a number of days, not a boolean"),
        ("[lint]\nbase-days = 1.5\n", "lint.base-days: expected a number of days, not a number"),
        ("[lint]\nbase-days = -5\n", "onggi.toml:2: lint.base-days: expected at least 1 day, not -5"),
        ("[lint]\nshellcheck = 'no'\n", "lint.shellcheck: expected true or false, not 'no'"),
        ("[lint]\nlang = 'kr'\n", "lint.lang: expected en or ko, not 'kr'"),
        ("[lint]\nformat = 'codacy'\n", "lint.format: expected tty, json,"),
        ("[lint]\nlabels = { a = 'sem' }\n", "lint.labels.a: expected text, url, semver,"),
        ("[lint]\nexclude = ['a[']\n", "lint.exclude[0]: expected a pattern ("),
        ("[[lint.overrides]]\nignore = []\n", "onggi.toml:1: lint.overrides[0]: the key paths is missing"),
        (
            "[[lint.overrides]]\npaths = ['a']\n[[lint.overrides]]\npaths = ['a']\nformat = 'json'\n",
            "onggi.toml:5: lint.overrides[1].format: there is no such key",
        ),
        ("lint = 3\n", "onggi.toml:1: lint: expected a table, not a number"),
        ("[lnit]\n", "onggi.toml:1: lnit: there is no such key; did you mean lint?"),
        ("[lint\n", "onggi.toml:1:6: expected ']' at the end of a table declaration"),
        ("[lint]\nignore = [\n", "onggi.toml:3: "),
        ("[lint]\nx = " + "[" * 5000, "onggi.toml is nested too deeply"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_key(text: str, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        config(text)
    assert message in caught.value.message


def test_codes_that_no_rule_has_are_told() -> None:
    text = """\
[lint]
ignore = [
    "DL3008",  # versions
    "DL307",
]
severity.StageNamCasing = "error"
[[lint.overrides]]
paths = ["a"]
ignore = ["SC99"]
"""
    assert config(text).notes == (
        "onggi.toml:4: lint.ignore[1]: there is no rule DL307; did you mean DL3007?",
        "onggi.toml:6: lint.severity.StageNamCasing: there is no rule StageNamCasing; did you mean StageNameCasing?",
        "onggi.toml:9: lint.overrides[0].ignore[0]: there is no rule SC99",
    )
