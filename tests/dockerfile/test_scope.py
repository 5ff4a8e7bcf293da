from __future__ import annotations

from onggi.dockerfile.parse import parse
from onggi.dockerfile.scope import Scope, global_scope, stage_scope


def at_the_end(text: str, **build_args: str) -> Scope:
    dockerfile = parse(text)
    scope = stage_scope(global_scope(dockerfile, {"TARGETARCH": "amd64"}, build_args), {"HOME": "/"})
    for instruction in dockerfile.stages[0].instructions:
        scope = scope.after(instruction)
    return scope


def test_from_sees_arguments_and_what_is_automatic() -> None:
    dockerfile = parse("ARG a=1\nARG b=$a-$TARGETARCH\nARG c\nARG d\nFROM x\nENV a=2")
    scope = global_scope(dockerfile, {"TARGETARCH": "amd64"}, {"d": "given", "TARGETARCH": "arm", "other": "x"})
    assert dict(scope.variables) == {"TARGETARCH": "arm", "a": "1", "b": "1-arm", "d": "given"}
    assert set(scope.declared) == {"a", "b", "c", "d"}


def test_a_stage_sees_what_it_declares() -> None:
    scope = at_the_end("ARG a=1\nARG b=2\nFROM x\nARG a\nARG b=3\nARG c\nARG d=$a$b e=$d", d="given")
    assert dict(scope.variables) == {"HOME": "/", "a": "1", "b": "3", "d": "given", "e": "given"}
    assert set(scope.declared) == {"a", "b", "c", "d", "e"}


def test_values_of_one_env_do_not_see_one_another() -> None:
    scope = at_the_end("FROM x\nENV a=1 b=2\nENV a=$b b=$a")
    assert (scope.variables["a"], scope.variables["b"]) == ("2", "1")


def test_what_a_word_asks_for_is_remembered() -> None:
    scope = at_the_end("FROM x\nENV a=1")
    expansion = scope.look_up("$b'$c'${a:+$d}${HOME}$b")
    assert (expansion.text, expansion.found, expansion.missed) == ("$c/", ("a", "HOME"), ("b", "d"))
    assert scope.look_up_text("'$b' \\$c").missed == ("b",)


def test_a_word_that_is_wrong_comes_to_nothing() -> None:
    scope = at_the_end("FROM x\nENV a=1")
    assert scope.expand("${a") == ""
    assert scope.look_up("${b:?missing}").missed == ("b",)
    assert scope.split("a 'b") == []
    assert scope.split("$a 'b c'") == ["1", "b c"]


def test_the_escape_is_that_of_the_file() -> None:
    assert at_the_end("# escape=`\nFROM x\nENV a=`$b").variables["a"] == "$b"
