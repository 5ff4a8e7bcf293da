from __future__ import annotations

import pytest

from onggi.dockerfile.parse import parse
from onggi.dockerfile.source import DockerfileError, Span
from onggi.dockerfile.syntax import (
    Add,
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    ExecForm,
    Expose,
    HealthCheck,
    Heredoc,
    Instruction,
    Label,
    Maintainer,
    OnBuild,
    Pair,
    Run,
    Shell,
    ShellForm,
    StopSignal,
    User,
    Volume,
    Workdir,
)

_SECOND = 1_000_000_000


def only(text: str) -> Instruction:
    """The one instruction after a FROM."""
    (instruction,) = parse(f"FROM scratch\n{text}").stages[0].instructions
    return instruction


def pairs(found: tuple[Pair, ...]) -> list[tuple[str, str]]:
    return [(pair.name.text, pair.value.text) for pair in found]


def test_a_file_is_arguments_then_stages() -> None:
    dockerfile = parse("ARG V=1\nFROM a:$V AS Build\nRUN x\nFROM --platform=linux/amd64 build\n")
    assert [arg.definitions[0].name.text for arg in dockerfile.arguments] == ["V"]
    assert [stage.name for stage in dockerfile.stages] == ["build", "1"]
    assert dockerfile.stages[0].base.image.text == "a:$V"
    assert dockerfile.stages[1].base.platform is not None
    assert dockerfile.stages[1].base.platform.text == "linux/amd64"


def test_keywords_have_no_case() -> None:
    assert isinstance(only("wOrKdIr /x"), Workdir)


def test_words_know_their_place() -> None:
    copy = only("COPY --chown=me  a \\\n   b /c")
    assert isinstance(copy, Copy)
    assert copy.origin.span == Span(2, 1, 3, 8)
    assert [word.span for word in copy.sources] == [Span(2, 18, 2, 19), Span(3, 4, 3, 5)]
    assert copy.destination.span == Span(3, 6, 3, 8)
    assert copy.chown is not None
    assert copy.chown.span == Span(2, 6, 2, 16)


# --- lines


def test_continuation_keeps_blanks_and_passes_over_comments_and_empty_lines() -> None:
    run = only("RUN a \\\n  # why\n\n  && b \\  \n&& c")
    assert isinstance(run, Run)
    assert run.command == ShellForm("a   && b && c")
    assert run.origin.comments == ("why",)


def test_two_escapes_do_not_continue_a_line() -> None:
    dockerfile = parse("FROM a\nRUN echo \\\\\nUSER x")
    assert [type(item) for item in dockerfile.stages[0].instructions] == [Run, User]


def test_a_line_may_be_continued_to_the_end_of_the_file() -> None:
    assert only("RUN a \\\n").origin.text == "RUN a"


def test_the_escape_directive_changes_the_escape_character() -> None:
    dockerfile = parse("# escape=`\nFROM a\nWORKDIR C:\\\nRUN a `\n b")
    assert dockerfile.escape == "`"
    assert [item.origin.text for item in dockerfile.stages[0].instructions] == ["WORKDIR C:\\", "RUN a  b"]


def test_directives_end_at_the_first_line_that_is_none() -> None:
    dockerfile = parse("#!/usr/bin/env x\n#syntax = docker/dockerfile:1\n# Check=skip=all\n# hello\n# escape=`\nFROM a")
    assert [(item.name, item.value) for item in dockerfile.directives] == [
        ("syntax", "docker/dockerfile:1"),
        ("check", "skip=all"),
    ]
    assert dockerfile.escape == "\\"


def test_comments_go_with_the_instruction_that_follows() -> None:
    dockerfile = parse("# one\n\n#two\nFROM a\n# three\n")
    assert dockerfile.stages[0].base.origin.comments == ("one", "two")
    assert dockerfile.comments == ("three",)


def test_windows_line_ends_and_a_byte_order_mark_are_taken() -> None:
    dockerfile = parse("\ufeffFROM a\r\nRUN x \\\r\n  y\r\nRUN <<E\r\nz\r\nE\r\n")
    first, second = dockerfile.stages[0].instructions
    assert first.origin.text == "RUN x   y"
    assert isinstance(second, Run)
    assert second.heredocs[0].content == "z\n"


def test_a_huge_line_is_fine() -> None:
    text = "x" * 1_000_000
    run = only(f"RUN {text}")
    assert isinstance(run, Run)
    assert run.command == ShellForm(text)


# --- forms


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ('RUN ["a", "b c"]', ExecForm(("a", "b c"))),
        ('RUN  [ "a" ,"\\u00e9" ] ', ExecForm(("a", "é"))),
        ("RUN a b", ShellForm("a b")),
        ("RUN [ -f x ] && y", ShellForm("[ -f x ] && y")),
        ("RUN ['a']", ShellForm("['a']")),
        ('RUN ["a"] b', ShellForm('["a"] b')),
        ('RUN ["a",]', ShellForm('["a",]')),
        ("RUN [NaN]", ShellForm("[NaN]")),
        ("RUN " + "[" * 100_000, ShellForm("[" * 100_000)),
        ('RUN -- --x ["a"]', ShellForm('--x ["a"]')),
    ],
)
def test_json_or_shell_form(text: str, command: object) -> None:
    run = only(text)
    assert isinstance(run, Run)
    assert run.command == command


@pytest.mark.parametrize("text", ["CMD [1]", 'CMD ["a", null]', "RUN [[]]", 'COPY ["a", 1]', 'VOLUME [{"a": 1}]'])
def test_an_array_of_other_things_is_a_mistake(text: str) -> None:
    with pytest.raises(DockerfileError, match="holds only strings"):
        only(text)


def test_empty_arrays_clear_what_the_base_says() -> None:
    cmd, entrypoint = only("CMD []"), only("ENTRYPOINT []")
    assert isinstance(cmd, Cmd)
    assert isinstance(entrypoint, Entrypoint)
    assert cmd.command == entrypoint.command == ExecForm(())


@pytest.mark.parametrize("keyword", ["ENV", "LABEL"])
def test_pairs(keyword: str) -> None:
    new = only(f"{keyword} a=1 b=\"x y\" c='z' d=p\\ q e=")
    assert isinstance(new, Env | Label)
    assert pairs(new.pairs) == [("a", "1"), ("b", '"x y"'), ("c", "'z'"), ("d", "p\\ q"), ("e", "")]
    old = only(f"{keyword} name a  b=c")
    assert isinstance(old, Env | Label)
    assert (pairs(old.pairs), old.is_spaced) == ([("name", "a  b=c")], True)


def test_arg_defines_one_or_many() -> None:
    arg = only('ARG a b= c="x y"')
    assert isinstance(arg, Arg)
    assert [(item.name.text, item.default.text if item.default else None) for item in arg.definitions] == [
        ("a", None),
        ("b", ""),
        ("c", '"x y"'),
    ]


def test_copy_takes_words_or_an_array() -> None:
    for text in ("COPY --from=build --link a b /c/", 'COPY --from=build --link=TRUE ["a", "b", "/c/"]'):
        copy = only(text)
        assert isinstance(copy, Copy)
        assert [word.text for word in copy.sources] == ["a", "b"]
        assert copy.destination.text == "/c/"
        assert copy.stage is not None
        assert copy.link is not None
        assert (copy.stage.text, copy.link.text) == ("build", "true")


def test_flags() -> None:
    run = only('RUN --mount=type=cache,target=/a --mount="type=tmpfs,target=/b c" --network=none --security=insecure x')
    assert isinstance(run, Run)
    assert [word.text for word in run.mounts] == ["type=cache,target=/a", "type=tmpfs,target=/b c"]
    assert run.network is not None
    assert run.security is not None
    assert (run.network.text, run.security.text) == ("none", "insecure")
    add = only("ADD --checksum=sha256:00 --keep-git-dir --unpack=false --exclude=a --exclude=b --chmod=644 x y")
    assert isinstance(add, Add)
    assert [word.text for word in add.exclude] == ["a", "b"]
    assert add.unpack is not None
    assert add.unpack.text == "false"


def test_the_plain_ones() -> None:
    workdir, user, stop, maintainer = (
        only("WORKDIR /a b"),
        only("USER me:us"),
        only("STOPSIGNAL 9"),
        only("MAINTAINER A <a@b>"),
    )
    assert isinstance(workdir, Workdir)
    assert isinstance(user, User)
    assert isinstance(stop, StopSignal)
    assert isinstance(maintainer, Maintainer)
    assert (workdir.path.text, user.user.text) == ("/a b", "me:us")
    assert (stop.signal.text, maintainer.name.text) == ("9", "A <a@b>")
    expose, volume, shell = only("EXPOSE 80 53/udp"), only('VOLUME ["/a b"]'), only('SHELL ["sh", "-c"]')
    assert isinstance(expose, Expose)
    assert isinstance(volume, Volume)
    assert isinstance(shell, Shell)
    assert [word.text for word in expose.ports] == ["80", "53/udp"]
    assert [word.text for word in volume.paths] == ["/a b"]
    assert shell.arguments == ("sh", "-c")


def test_healthcheck() -> None:
    check = only(
        "HEALTHCHECK --interval=1m30s --timeout=3s --start-period=500ms --start-interval=1s --retries=4 CMD a b"
    )
    assert isinstance(check, HealthCheck)
    assert check.command == ShellForm("a b")
    assert (check.interval, check.timeout, check.start_period) == (90 * _SECOND, 3 * _SECOND, _SECOND // 2)
    assert (check.start_interval, check.retries) == (_SECOND, 4)
    none = only("HEALTHCHECK none")
    assert isinstance(none, HealthCheck)
    assert none.command is None
    array = only('HEALTHCHECK CMD ["a"]')
    assert isinstance(array, HealthCheck)
    assert array.command == ExecForm(("a",))


def test_onbuild_holds_an_instruction_and_its_text() -> None:
    onbuild = only("ONBUILD  copy  . /app")
    assert isinstance(onbuild, OnBuild)
    assert isinstance(onbuild.trigger, Copy)
    assert onbuild.expression == "copy  . /app"
    script = only("ONBUILD RUN <<E\nhi\nE")
    assert isinstance(script, OnBuild)
    assert script.expression == "RUN <<E\nhi\nE"


# --- heredocs


def test_a_heredoc_ends_where_its_name_stands_alone() -> None:
    dockerfile = parse("FROM a\nRUN <<EOF\n# no comment\n EOF\nEOFX\n\nEOF\nUSER x")
    run, user = dockerfile.stages[0].instructions
    assert isinstance(run, Run)
    assert run.heredocs == (Heredoc("EOF", "# no comment\n EOF\nEOFX\n\n", expand=True, strip_tabs=False),)
    assert isinstance(user, User)


def test_heredocs_quoted_stripped_and_several() -> None:
    run = only("RUN cat <<'A' 3<<-B > f\n$x\nA\n\t\tb\n\tB")
    assert isinstance(run, Run)
    assert run.heredocs == (
        Heredoc("A", "$x\n", expand=False, strip_tabs=False),
        Heredoc("B", "\t\tb\n", expand=True, strip_tabs=True),
    )
    assert run.heredocs[1].body() == "b\n"


def test_heredocs_of_copy_are_not_among_its_sources() -> None:
    copy = only("COPY <<one a <<two /dir/\n1\none\n2\ntwo")
    assert isinstance(copy, Copy)
    assert [word.text for word in copy.sources] == ["a"]
    assert [heredoc.content for heredoc in copy.heredocs] == ["1\n", "2\n"]


@pytest.mark.parametrize(
    "text",
    ['RUN ["cat", "<<E"]', "RUN echo '<<E'", "RUN echo $((1<<2))", "RUN cat <<<E", "CMD cat <<E", "RUN it's <<E"],
)
def test_what_opens_no_heredoc(text: str) -> None:
    assert only(text).origin.text == text


# --- mistakes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: the file has no instructions"),
        ("# x\n\n", "3:1: the file has no instructions"),
        ("ARG a=1\n", "2:1: the file has no FROM"),
        ("RUN x\nFROM a", "1:1: RUN comes before the first FROM"),
        ("FORM node", "1:1: unknown instruction FORM; did you mean FROM?"),
        ("FROM a\n  cpoy b c", "2:3: unknown instruction cpoy; did you mean COPY?"),
        ("FROM a\nSOMETHINGELSE b", "2:1: unknown instruction SOMETHINGELSE\n"),
        ("FROM", "1:1: FROM takes one argument or three, not 0"),
        ("FROM a b", "1:1: FROM takes one argument or three, not 2"),
        ("FROM a IS b", "1:8: FROM expects AS here, not IS"),
        ("FROM a AS 1b", "1:11: invalid stage name '1b'"),
        ("FROM --platfrom=x a", "1:6: unknown flag --platfrom; did you mean --platform?"),
        ("FROM a\nCOPY --form=b c d", "2:6: unknown flag --form; did you mean --from?"),
        ("FROM a\nCOPY --from c d", "2:6: the flag --from needs a value"),
        ("FROM a\nCOPY --from=a --from=b c d", "2:15: the flag --from is given twice"),
        ("FROM a\nCOPY --link=maybe c d", "2:6: the flag --link is true or false, not 'maybe'"),
        ("FROM a\nCMD --verbose", "2:5: unknown flag --verbose"),
        ("FROM a\nRUN --network=hots x", "2:5: --network cannot be 'hots'; did you mean host?"),
        ("FROM a\nCOPY x", "2:1: COPY needs a source and a destination"),
        ("FROM a\nADD", "2:1: ADD needs a source and a destination"),
        ("FROM a\nRUN", "2:1: RUN needs a command"),
        ("FROM a\nRUN []", "2:1: RUN needs a program"),
        ("FROM a\nENV", "2:1: ENV needs a name and a value"),
        ("FROM a\nENV a", "2:1: ENV a has no value"),
        ("FROM a\nENV a=b c", "2:9: c has no ="),
        ("FROM a\nLABEL =b", "2:7: a name in LABEL cannot be empty"),
        ("FROM a\nARG", "2:1: ARG needs a name"),
        ("FROM a\nARG =1", "2:5: an ARG's name cannot be empty"),
        ("FROM a\nWORKDIR", "2:1: WORKDIR needs a path"),
        ("FROM a\nEXPOSE", "2:1: EXPOSE needs a port"),
        ("FROM a\nVOLUME", "2:1: VOLUME needs a path"),
        ('FROM a\nVOLUME ["", "/x"]', "2:1: a path of VOLUME cannot be empty"),
        ("FROM a\nSHELL bash -c", "2:1: SHELL takes a JSON array"),
        ("FROM a\nSHELL []", "2:1: SHELL takes a JSON array"),
        ("FROM a\nHEALTHCHECK", "2:1: HEALTHCHECK goes on with CMD or NONE"),
        ("FROM a\nHEALTHCHECK curl", "2:13: HEALTHCHECK goes on with CMD or NONE, not curl"),
        ("FROM a\nHEALTHCHECK CMD", "2:1: HEALTHCHECK CMD needs a command"),
        ("FROM a\nHEALTHCHECK NONE x", "2:1: HEALTHCHECK NONE takes nothing else"),
        ("FROM a\nHEALTHCHECK --interval=3 CMD x", "2:13: --interval: not a length of time: '3'"),
        ("FROM a\nHEALTHCHECK --interval=1us CMD x", "2:13: --interval is at least 1ms, not 1us"),
        ("FROM a\nHEALTHCHECK --retries=-1 CMD x", "2:13: --retries is a count, not '-1'"),
        ("FROM a\nONBUILD", "2:1: ONBUILD needs an instruction"),
        ("FROM a\nONBUILD ONBUILD RUN x", "2:9: ONBUILD cannot be an ONBUILD trigger"),
        ("FROM a\nONBUILD from b", "2:9: FROM cannot be an ONBUILD trigger"),
        ("FROM a\nONBUILD RNU x", "2:9: unknown instruction RNU; did you mean RUN?"),
        ("FROM a\nRUN <<EOF\nx", "2:5: the heredoc <<EOF has no end"),
        ("FROM a\nCOPY x <<EOF\nEOF", "2:8: the destination of COPY cannot be a heredoc"),
        ("# escape=x\nFROM a", "1:1: the escape character cannot be 'x'"),
        ("# syntax=a\n# syntax=b\nFROM a", "2:1: the directive syntax is given twice"),
        ("FROM a\nRUN \0", "2:5: this is not text"),
    ],
)
def test_mistakes_are_shown_where_they_are(text: str, message: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        parse(text)
    assert str(caught.value).startswith(f"Dockerfile:{message}")


def test_a_mistake_is_underlined() -> None:
    with pytest.raises(DockerfileError) as caught:
        parse("FROM a\n\n\n\n\n\nFORM node:18-slim AS build", "web/Dockerfile")
    assert str(caught.value) == (
        "web/Dockerfile:7:1: unknown instruction FORM; did you mean FROM?\n"
        "   7 | FORM node:18-slim AS build\n"
        "     | ^^^^"
    )


def test_a_mistake_in_a_huge_line_is_shown_in_a_window() -> None:
    with pytest.raises(DockerfileError) as caught:
        parse("FROM a\nENV " + "a=b " * 100_000 + "oops " + "c=d " * 100_000)
    shown = str(caught.value).splitlines()
    assert shown[0] == "Dockerfile:2:400005: oops has no ="
    assert all(len(line) < 120 for line in shown)
    assert shown[1].index("oops") == shown[2].index("^^^^")


def test_tabs_stand_under_tabs() -> None:
    with pytest.raises(DockerfileError) as caught:
        parse("FROM a\n\tHEALTHCHECK\tfoo")
    assert str(caught.value).splitlines()[2] == "     | \t" + " " * len("HEALTHCHECK") + "\t^^^"


def test_an_instruction_keeps_its_keywords_as_written() -> None:
    stage = parse("From a As B\n onbuild\\\n  Copy x /").stages[0]
    assert [(word.text, word.span) for word in stage.base.origin.keywords] == [
        ("From", Span(1, 1, 1, 5)),
        ("As", Span(1, 8, 1, 10)),
    ]
    onbuild = stage.instructions[0]
    assert isinstance(onbuild, OnBuild)
    assert [word.text for word in (*onbuild.origin.keywords, *onbuild.trigger.origin.keywords)] == ["onbuild", "Copy"]


def test_an_instruction_knows_the_empty_lines_in_it() -> None:
    first, second = parse("FROM a\n\nRUN x \\\n\n  # why\n\t\n  y\n\nRUN z \\\n  y").stages[0].instructions
    assert first.origin.empty_lines == (4, 6)
    assert second.origin.empty_lines == ()


def test_directives_have_a_place() -> None:
    directives = parse("#!/x\n# escape=\\\n#check=skip=all\nFROM a").directives
    assert [directive.span for directive in directives] == [Span(2, 1, 2, 11), Span(3, 1, 3, 16)]
