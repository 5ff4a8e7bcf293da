from __future__ import annotations

import json

import pytest

from onggi.container.log_options import attributes_of, decided, driver, for_journal
from onggi.container.spec import ContainerSpec, LogConfig, LogDriver, Process
from onggi.errors import Invalid, OnggiError, Unsupported

ID = "0123456789abcdef" * 4


def spec(driver: LogDriver, auto_remove: bool = False, **options: str) -> ContainerSpec:
    return ContainerSpec(
        image="web:1",
        image_id=f"sha256:{'f' * 64}",
        labels={"team": "blue", "app.tier": "front", "app.zone": "a"},
        process=Process(environment=("LANG=C", "LC_ALL=ko_KR", "EMPTY=")),
        auto_remove=auto_remove,
        log=LogConfig(driver, {name.replace("_", "-"): text for name, text in options.items()}),
    )


def test_by_default_it_has_a_limit() -> None:
    assert decided(LogConfig()) == LogConfig("local")
    limits = {"max-size": "10000000", "max-file": "3", "compress": "true"}
    assert for_journal(ContainerSpec(image="a"), ID, "web") == ("local", limits)


@pytest.mark.parametrize(
    ("asked", "options"),
    [
        (spec("json-file"), {"max-file": "1", "compress": "false"}),
        (spec("json-file", max_size="1.5k", max_file="2"), {"max-size": "1500", "max-file": "2", "compress": "false"}),
        (
            spec("json-file", max_size="1g", max_file="9", compress="T"),
            {"max-size": "1000000000", "max-file": "9", "compress": "true"},
        ),
        (spec("local", max_size="64mb"), {"max-size": "64000000", "max-file": "3", "compress": "true"}),
        (spec("local", compress="false"), {"max-size": "10000000", "max-file": "3", "compress": "false"}),
        (spec("local", auto_remove=True), {"max-size": "10000000", "max-file": "3", "compress": "false"}),
        (spec("local", mode="blocking"), {"max-size": "10000000", "max-file": "3", "compress": "true"}),
        (
            spec("json-file", mode="non-blocking", max_buffer_size="4m"),
            {"max-file": "1", "compress": "false"},
        ),
        (spec("none"), {}),
    ],
)
def test_what_the_journal_is_told(asked: ContainerSpec, options: dict[str, str]) -> None:
    assert for_journal(asked, ID, "web") == (asked.log.driver, options)


def test_what_is_said_about_each_line() -> None:
    asked = spec("json-file", labels="team,nothing", env="LANG,EMPTY", tag="{{.Name}}/{{ .ID }} of {{.ImageName}}")
    known = {"EMPTY": "", "LANG": "C", "tag": "web/0123456789ab of web:1", "team": "blue"}
    assert attributes_of(asked, ID, "web") == known
    assert json.loads(for_journal(asked, ID, "web")[1]["attrs"]) == known
    asked = spec("local", labels_regex="^app", env_regex="LC_")
    assert attributes_of(asked, ID, "web") == {"LC_ALL": "ko_KR", "app.tier": "front", "app.zone": "a"}
    asked = spec("local", tag="{{.FullID}} {{.ImageID}} {{.ImageFullID}}")
    assert attributes_of(asked, ID, "web") == {"tag": f"{ID} {'f' * 12} {'f' * 64}"}


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"max-sise": "1m"}, Invalid, "unknown log opt 'max-sise' for local log driver; did you mean max-size?"),
        ({"max-size": "big"}, Invalid, "max-size=big: 'big' is not a size"),
        ({"max-size": "0"}, Invalid, "max-size must be a positive number"),
        ({"max-file": "0"}, Invalid, "max-file=0"),
        ({"max-file": "two"}, Invalid, "max-file=two"),
        ({"compress": "yes"}, Invalid, "compress=yes: it is neither true nor false"),
        ({"compress": "true", "max-file": "1"}, Invalid, "compress cannot be true"),
        ({"labels-regex": "("}, Invalid, "not a regular expression"),
        ({"tag": "{{.Nam}}"}, Invalid, "there is no {{.Nam}}"),
        ({"max-buffer-size": "1m"}, Invalid, "max-buffer-size option is only supported with 'mode=non-blocking'"),
        ({"mode": "non-blocking", "max-buffer-size": "0"}, Invalid, "max-buffer-size must be a positive number"),
        ({"mode": "fast"}, Invalid, "logging mode not supported: fast"),
    ],
)
def test_what_cannot_be(options: dict[str, str], kind: type[OnggiError], message: str) -> None:
    with pytest.raises(kind) as raised:
        decided(LogConfig("local", options))
    assert message in raised.value.message


def test_compressing_a_json_file_needs_files_that_are_full() -> None:
    with pytest.raises(Invalid, match="max-size is not set"):
        decided(LogConfig("json-file", {"compress": "true", "max-file": "3"}))
    assert decided(LogConfig("none", {"anything": "goes"})).driver == "none"


def test_drivers_by_name() -> None:
    assert driver("json-file") == "json-file"
    with pytest.raises(Unsupported, match="the log driver syslog is not there"):
        driver("syslog")
    with pytest.raises(Invalid, match="there is no log driver 'locale'; did you mean local"):
        driver("locale")
