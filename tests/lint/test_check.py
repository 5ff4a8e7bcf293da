"""What BuildKit says of the same files (frontend/dockerfile/dockerfile_lint_test.go): line, rule, message."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from onggi.dockerfile.parse import parse, parse_all
from onggi.dockerfile.source import DockerfileError, Span
from onggi.errors import Invalid
from onggi.lint.check import check, failure
from onggi.lint.draft import draft, findings, violations
from onggi.lint.finding import Finding
from onggi.lint.rules.table import RULES as ALL_RULES
from onggi.lint.view.facts import Base, Facts
from onggi.oci.config import ImageConfig, RootFs, RunConfig
from onggi.oci.platform import Platform

FACTS = Facts(
    automatic={
        "BUILDPLATFORM": "linux/amd64",
        "TARGETPLATFORM": "linux/amd64",
        "TARGETOS": "linux",
        "TARGETARCH": "amd64",
    }
)


def told(findings: tuple[Finding, ...]) -> list[tuple[int, str, str]]:
    return [(finding.lines[0], finding.rule.code, finding.message.en) for finding in findings]


def checked(text: str, facts: Facts = FACTS) -> list[tuple[int, str, str]]:
    return told(check(parse(text), facts))


def many(keyword: str) -> str:
    return (
        f"Multiple {keyword} instructions should not be used in the same stage because only the last one will be used"
    )


@pytest.mark.parametrize(
    "text, expected",
    [
        (
            "\nFROM scratch AS BadStageName\n\nFROM scratch as base2\n\nFROM scratch AS base3\n",
            [
                (2, "StageNameCasing", "Stage name 'BadStageName' should be lowercase"),
                (4, "FromAsCasing", "'as' and 'FROM' keywords' casing do not match"),
            ],
        ),
        (
            "from scratch AS base\nfrom scratch as base2\n",
            [(1, "FromAsCasing", "'AS' and 'from' keywords' casing do not match")],
        ),
        (
            "FROM scratch\n# why\nCOPY Dockerfile \\\n\n.\nCOPY Dockerfile \\\n.\n",
            [(5, "NoEmptyContinuation", "Empty continuation line")],
        ),
        (
            "frOM scratch as base\nfrom scratch as base2\n",
            [
                (
                    1,
                    "ConsistentInstructionCasing",
                    "Command 'frOM' should match the case of the command majority (lowercase)",
                )
            ],
        ),
        (
            "from scratch\nCOPY Dockerfile /foo\nCOPY Dockerfile /bar\n",
            [
                (
                    1,
                    "ConsistentInstructionCasing",
                    "Command 'from' should match the case of the command majority (uppercase)",
                )
            ],
        ),
        ("FROM alpine\nRUN <<'EOT'\nenv\nEOT\n", []),
        (
            "FROM scratch AS b\nFROM scratch AS b\n",
            [(2, "DuplicateStageName", 'Duplicate stage name "b", stage names should be unique')],
        ),
        (
            "FROM scratch AS scratch\nFROM scratch AS context\n",
            [
                (1, "ReservedStageName", 'Stage name should not use the same name as reserved stage "scratch"'),
                (2, "ReservedStageName", 'Stage name should not use the same name as reserved stage "context"'),
            ],
        ),
        (
            "FROM scratch\nENTRYPOINT mycommand\n",
            [
                (
                    2,
                    "JSONArgsRecommended",
                    "JSON arguments recommended for ENTRYPOINT to prevent unintended behavior related to OS signals",
                )
            ],
        ),
        (
            "FROM scratch\nMAINTAINER me@example.org\n",
            [(2, "MaintainerDeprecated", "Maintainer instruction is deprecated in favor of using label")],
        ),
        ("ARG BUILDPLATFORM=linux/amd64\nFROM --platform=$BUILDPLATFORM scratch\n", []),
        ("ARG DEBUG\nFROM scra${DEBUG:-tch}\n", []),
        (
            "FROM --platform=$BULIDPLATFORM scratch\n",
            [
                (
                    1,
                    "UndefinedArgInFrom",
                    "FROM argument 'BULIDPLATFORM' is not declared (did you mean BUILDPLATFORM?)",
                )
            ],
        ),
        (
            "ARG MY_OS=linux\nARG MY_ARCH=amd64\nFROM --platform=linux/${MYARCH} busybox\n",
            [(3, "UndefinedArgInFrom", "FROM argument 'MYARCH' is not declared (did you mean MY_ARCH?)")],
        ),
        (
            "ARG tag=latest\nFROM busybox:${tag}${version} AS b\n",
            [(2, "UndefinedArgInFrom", "FROM argument 'version' is not declared")],
        ),
        (
            "FROM scratch\nWORKDIR app/\n",
            [
                (
                    2,
                    "WorkdirRelativePath",
                    'Relative workdir "app/" can have unexpected results if the base image changes',
                )
            ],
        ),
        (
            "FROM scratch\nCOPY $foo .\nARG foo=bar\nRUN echo $foo\n",
            [(2, "UndefinedVar", "Usage of undefined variable '$foo'")],
        ),
        (
            "FROM scratch\nARG DIR_BINARIES=binaries/\nARG DIR_ASSETS=assets/\nCOPY $DIR_ASSET .\n",
            [(4, "UndefinedVar", "Usage of undefined variable '$DIR_ASSET' (did you mean $DIR_ASSETS?)")],
        ),
        (
            "FROM scratch\nENV PATH=$PAHT:/tmp/bin\n",
            [(2, "UndefinedVar", "Usage of undefined variable '$PAHT' (did you mean $PATH?)")],
        ),
        (
            'FROM scratch\nENTRYPOINT ["/a"]\nCMD ["/a"]\nHEALTHCHECK CMD ["/a"]\nCOPY <<EOF /a.txt\nHello\nEOF\n'
            'ENTRYPOINT ["/b"]\nCMD ["/b"]\nHEALTHCHECK CMD ["/b"]\n',
            [
                (2, "MultipleInstructionsDisallowed", many("ENTRYPOINT")),
                (3, "MultipleInstructionsDisallowed", many("CMD")),
                (4, "MultipleInstructionsDisallowed", many("HEALTHCHECK")),
            ],
        ),
        (
            "FROM scratch\nENV testkey value\nLABEL key value\n",
            [
                (
                    2,
                    "LegacyKeyValueFormat",
                    '"ENV key=value" should be used instead of legacy "ENV key value" format',
                ),
                (
                    3,
                    "LegacyKeyValueFormat",
                    '"LABEL key=value" should be used instead of legacy "LABEL key value" format',
                ),
            ],
        ),
        (
            "FROM --platform=${TARGETPLATFORM} scratch\n",
            [
                (
                    1,
                    "RedundantTargetPlatform",
                    "Setting platform to predefined ${TARGETPLATFORM} in FROM is redundant as this is the default "
                    "behavior",
                )
            ],
        ),
        (
            "FROM scratch\nARG SECRET_PASSPHRASE\nENV SUPER_Secret=foo\nENV password=bar secret=baz\n"
            "ARG super_duper_secret_token=foo auth=bar\nENV apikey=bar sunflower=foo\nENV git_key=\nENV PUBLIC_KEY=\n"
            "ARG public_token\n",
            [
                (line, "SecretsUsedInArgOrEnv", f"Do not use ARG or ENV instructions for sensitive data ({what})")
                for line, what in [
                    (2, 'ARG "SECRET_PASSPHRASE"'),
                    (3, 'ENV "SUPER_Secret"'),
                    (4, 'ENV "password"'),
                    (4, 'ENV "secret"'),
                    (5, 'ARG "super_duper_secret_token"'),
                    (5, 'ARG "auth"'),
                    (6, 'ENV "apikey"'),
                    (7, 'ENV "git_key"'),
                ]
            ],
        ),
        (
            "ARG SFX=box:\nFROM busy${SFX}\n",
            [
                (
                    2,
                    "InvalidDefaultArgInFrom",
                    "Default value for ARG busy${SFX} results in empty or invalid base image name",
                )
            ],
        ),
        (
            "FROM --platform=linux/amd64 scratch\n",
            [
                (
                    1,
                    "FromPlatformFlagConstDisallowed",
                    'FROM --platform flag should not use constant value "linux/amd64"',
                )
            ],
        ),
        (
            "FROM scratch\nEXPOSE 80/TcP\n",
            [(2, "ExposeProtoCasing", "Defined protocol '80/TcP' in EXPOSE instruction should be lowercase")],
        ),
        (
            "FROM scratch\nEXPOSE 127.0.0.1:80:80\n",
            [
                (
                    2,
                    "ExposeInvalidFormat",
                    "EXPOSE instruction should not define an IP address or host-port mapping, found '127.0.0.1:80:80'",
                )
            ],
        ),
    ],
)
def test_findings_are_those_of_buildkit(text: str, expected: list[tuple[int, str, str]]) -> None:
    assert checked(text) == expected


def test_a_build_argument_does_not_hide_a_wrong_default() -> None:
    text = "ARG VERSION\nFROM busybox:$VERSION\n"
    message = "Default value for ARG busybox:$VERSION results in empty or invalid base image name"
    facts = replace(FACTS, build_args={"VERSION": "latest"})
    assert checked(text, facts) == [(2, "InvalidDefaultArgInFrom", message)]


def test_a_build_argument_takes_the_place_of_a_default() -> None:
    text = "FROM scratch\nARG a=$nothing\nCOPY $a /\n"
    assert checked(text) == [(2, "UndefinedVar", "Usage of undefined variable '$nothing'")]
    assert checked(text, replace(FACTS, build_args={"a": "x"})) == []


def test_only_needed_stages_are_looked_into_and_all_are_named_well() -> None:
    text = "FROM scratch AS First\nCOPY $foo .\n\nFROM scratch AS second\nCOPY $bar .\n"
    name = (1, "StageNameCasing", "Stage name 'First' should be lowercase")
    foo = (2, "UndefinedVar", "Usage of undefined variable '$foo'")
    bar = (5, "UndefinedVar", "Usage of undefined variable '$bar'")
    assert checked(text) == [name, foo, bar]
    assert checked(text, replace(FACTS, stages=frozenset({1}))) == [name, bar]


def test_a_build_context_is_no_image_without_a_version() -> None:
    text = "FROM base\nCOPY --from=tools /x /x\nUSER 65532\n"
    rules = [rule for rule in ALL_RULES if rule.code in ("DL3006", "DL3022")]
    assert [line for line, _, _ in told(check(parse(text), FACTS, rules))] == [1, 2]
    assert check(parse(text), replace(FACTS, named=frozenset({"base", "tools"})), rules) == ()


def test_ignored_files_of_copy_and_add() -> None:
    facts = replace(FACTS, ignore=("Dockerfile",))
    assert checked("FROM scratch\nCOPY x Dockerfile ./\nADD Dockerfile /windy\n", facts) == [
        (2, "CopyIgnoredFile", 'Attempting to Copy file "Dockerfile" that is excluded by .dockerignore'),
        (3, "CopyIgnoredFile", 'Attempting to Add file "Dockerfile" that is excluded by .dockerignore'),
    ]


def test_definitions_without_their_name_in_the_comment() -> None:
    text = (
        "# check=experimental=InvalidDefinitionDescription\n# bar this is the bar\nARG foo=bar\n# BasE this is it\n"
        "FROM scratch AS base\n# a bad comment\nARG version=latest\n# a bad comment\nARG foo=baz bar=qux\n"
    )
    assert checked(text) == [
        (line, "InvalidDefinitionDescription", f"Comment for {what} should follow the format: `# {name} <description>`")
        for line, what, name in [
            (3, "ARG", "foo"),
            (5, "FROM", "base"),
            (7, "ARG", "version"),
            (9, "ARG", "<arg_key>"),
        ]
    ]


def test_what_a_base_has_as_triggers_is_found_where_the_base_is_named() -> None:
    base = Base(environment={"HOME": "/root"}, triggers=("ENV TOKEN=$HOME", "COPY $nothing /"))
    facts = replace(FACTS, bases={0: base})
    assert [(line, code) for line, code, _ in checked("# why\nFROM base AS a\n\nFROM a\n", facts)] == [
        (2, "UndefinedVar"),
        (2, "SecretsUsedInArgOrEnv"),
    ]
    own = "FROM scratch AS a\nONBUILD ENV TOKEN=1\n\nFROM a\nRUN x\n"
    assert [(line, code) for line, code, _ in checked(own)] == [(4, "SecretsUsedInArgOrEnv")]


def test_a_base_is_what_its_configuration_says() -> None:
    config = RunConfig(env=("A=b=c", "PATH=/x"), shell=("/bin/bash", "-c"), on_build=("RUN x",))
    image = ImageConfig(architecture="arm", os="linux", variant="v7", rootfs=RootFs("layers", ()), config=config)
    assert Base.of(image) == Base(
        environment={"A": "b=c", "PATH": "/x"},
        shell=("/bin/bash", "-c"),
        triggers=("RUN x",),
        platform=Platform("arm", "linux", "v7"),
    )


def test_the_place_is_the_word_and_the_lines_are_the_whole_instruction() -> None:
    (finding,) = check(parse("FROM scratch\nCOPY --chown=1 \\\n  $foo \\\n  <<E \\\n  /x/\nhi\nE\n"), FACTS)
    assert finding.span == Span(3, 3, 3, 7)
    assert finding.lines == (2, 7)


BAD = "FROM scratch as base\ncopy Dockerfile .\n"
CASING = (3, "ConsistentInstructionCasing", "Command 'copy' should match the case of the command majority (uppercase)")
JOINT = (2, "FromAsCasing", "'as' and 'FROM' keywords' casing do not match")


@pytest.mark.parametrize(
    "directive, expected",
    [
        ("", [JOINT, CASING]),
        ("skip=all", []),
        ("skip=all;error=true", []),
        ("skip=ConsistentInstructionCasing,FromAsCasing", []),
        ("skip = ConsistentInstructionCasing ; error = true", [JOINT]),
        ("experimental=all;skip=FromAsCasing", [CASING]),
    ],
)
def test_the_directive_says_what_to_skip(directive: str, expected: list[tuple[int, str, str]]) -> None:
    assert checked(f"#{'check=' if directive else ''}{directive}\n{BAD}") == expected


def test_skipping_all_does_not_skip_what_is_switched_on_as_an_experiment() -> None:
    text = "# check=skip=all;experimental=InvalidDefinitionDescription\n# x\nFROM scratch as base\n"
    assert [code for _, code, _ in checked(text)] == ["InvalidDefinitionDescription"]


def test_the_build_argument_takes_the_place_of_the_directive() -> None:
    facts = replace(FACTS, build_args={"BUILDKIT_DOCKERFILE_CHECK": "skip=FromAsCasing"})
    assert checked(f"#check=skip=all\n{BAD}", facts) == [CASING]


def test_a_comment_above_an_instruction_says_what_to_skip_there() -> None:
    text = (
        "FROM scratch\n# check=skip=SecretsUsedInArgOrEnv it is a public one\nARG TOKEN\n"
        "# check = this is prose\nARG SECRET\n# check=skip=all\n\nARG AUTH\n"
    )
    assert [line for line, _, _ in checked(text)] == [5, 8]


@pytest.mark.parametrize(
    "directive, sentence",
    [
        ("skp=all", "invalid check option 'skp=all'; did you mean skip?"),
        ("all", "invalid check option 'all'"),
        ("skip=all;", "invalid check option ''"),
        ("error=maybe", "the check option error is true or false, not 'maybe'"),
    ],
)
def test_a_wrong_directive_is_shown(directive: str, sentence: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        checked(f"# syntax=x\n#  check={directive}\nFROM scratch\n")
    assert caught.value.sentence == sentence
    assert caught.value.span.line == 2
    with pytest.raises(Invalid, match="--build-arg BUILDKIT_DOCKERFILE_CHECK: "):
        checked("FROM scratch", replace(FACTS, build_args={"BUILDKIT_DOCKERFILE_CHECK": directive}))


def test_findings_are_an_error_where_the_file_says_so() -> None:
    for directive, is_error in [("error=true", True), ("error=false", False), ("skip=all;error=true", False)]:
        dockerfile = parse(f"#check={directive}\n{BAD}")
        error = failure(dockerfile, FACTS, check(dockerfile, FACTS))
        assert (error is not None) == is_error
    dockerfile = parse(f"#check=error=true\n{BAD}{BAD}")
    error = failure(dockerfile, FACTS, check(dockerfile, FACTS))
    assert error is not None
    assert error.sentence.startswith("lint violation found for rules: FromAsCasing, ConsistentInstructionCasing")
    assert error.span.line == 2


TWINS = "FROM debian:12\nUSER 1000\n{comment}CMD run me\n"
TWIN_CODES = {"DL3025", "JSONArgsRecommended"}


@pytest.mark.parametrize("code", sorted(TWIN_CODES))
@pytest.mark.parametrize("comment", ["# check=skip={code}\n", "# hadolint ignore={code}\n"])
def test_who_skips_a_rule_skips_its_twin(code: str, comment: str) -> None:
    def found(text: str) -> set[str]:
        return {finding.rule.code for finding in check(parse(text), FACTS, ALL_RULES)} & TWIN_CODES

    assert found(TWINS.format(comment=comment.format(code=code))) == set()
    assert found(TWINS.format(comment="")) == {"JSONArgsRecommended"}


def test_a_lint_tells_of_the_twin_that_is_not_buildkits() -> None:
    dockerfile, errors = parse_all(TWINS.format(comment=""))
    made = draft(dockerfile, errors, FACTS, ALL_RULES)
    told = findings(made, ALL_RULES, violations(made, ALL_RULES))
    assert {finding.rule.code for finding in told} & TWIN_CODES == {"DL3025"}


REPEATED = 'FROM debian:12\nCMD ["a"]\nENTRYPOINT ["b"]\n{comment}CMD ["c"]\nCMD ["d"]\nENTRYPOINT ["e"]\n'
REPEATED_CODES = {"DL3012", "DL4003", "DL4004", "MultipleInstructionsDisallowed"}


@pytest.mark.parametrize(
    "comment, places",
    [
        ("", [("DL4003", 4), ("DL4003", 5), ("DL4004", 6)]),
        ("# hadolint ignore=DL4003\n", [("MultipleInstructionsDisallowed", 2), ("DL4003", 6), ("DL4004", 7)]),
        ("# hadolint global ignore=MultipleInstructionsDisallowed\n", []),
    ],
)
def test_a_twin_may_tell_it_at_another_line(comment: str, places: list[tuple[str, int]]) -> None:
    dockerfile, errors = parse_all(REPEATED.format(comment=comment))
    made = draft(dockerfile, errors, FACTS, ALL_RULES)
    told = findings(made, ALL_RULES, violations(made, ALL_RULES))
    assert [(each.rule.code, each.lines[0]) for each in told if each.rule.code in REPEATED_CODES] == places
