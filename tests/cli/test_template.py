"""Go templates: outputs that Docker is known to give, mistakes with their place, and whatever people type."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onggi.cli.template import NilList, NilMap, OpenMap, TemplateError, parse

# A part of what `docker inspect` says of a container.
CONTAINER: dict[str, Any] = {
    "Id": "4fa6e0f0c6786287e131c3852c58a2e01cc697a68231826813597e4994f1d6e2",
    "Name": "/api",
    "Path": "node",
    "Args": ["server.js", "--port=3000"],
    "State": {"Status": "running", "Running": True, "Pid": 4711, "ExitCode": 0, "Health": None},
    "RestartCount": 0,
    "Config": {
        "Env": ["PATH=/usr/bin", "NODE_ENV=production"],
        "Labels": OpenMap({"com.example.team": "shop", "stage": "test"}),
        "Cmd": None,
    },
    "Mounts": [
        {"Type": "bind", "Source": "/srv/a", "Destination": "/a", "RW": True},
        {"Type": "bind", "Source": "/srv/b", "Destination": "/b", "RW": False},
    ],
    "NetworkSettings": {
        "IPAddress": "172.17.0.2",
        "Ports": OpenMap({"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "443/tcp": None}),
        "Networks": OpenMap({"bridge": {"IPAddress": "172.17.0.2"}, "back": {"IPAddress": "10.0.0.9"}}),
    },
    "Ratio": 0.5,
    "Label": lambda key: f"<{key}>",
}

# Most of these stand in Docker's documentation of inspect and of formatting.
KNOWN = [
    ("{{.Name}}", "/api"),
    ("{{.State.Status}}", "running"),
    ("{{.State.Running}} {{.State.Pid}}", "true 4711"),
    ("{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", "10.0.0.9 172.17.0.2 "),
    (
        "{{range $p, $conf := .NetworkSettings.Ports}}{{with $conf}}{{$p}} -> {{(index . 0).HostPort}}{{end}}{{end}}",
        "80/tcp -> 8080",
    ),
    ('{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}', "8080"),
    ('{{index .Config.Labels "com.example.team"}}', "shop"),
    ('{{index .Config.Labels "missing"}}', ""),
    ("{{.Config.Labels.stage}} {{.Config.Labels.missing}}", "test <no value>"),
    ("{{json .Config.Env}}", '["PATH=/usr/bin","NODE_ENV=production"]'),
    ("{{json .Config.Labels}}", '{"com.example.team":"shop","stage":"test"}'),
    ("{{json .State.Health}}", "null"),
    ("{{range .Config.Env}}{{println .}}{{end}}", "PATH=/usr/bin\nNODE_ENV=production\n"),
    ('{{join .Args " , "}}', "server.js , --port=3000"),
    ('{{range split .Name "p"}}[{{.}}]{{end}}', "[/a][i]"),
    ("{{.Name | upper}} {{upper .Path}} {{title .Path}} {{lower .Path}}", "/API NODE Node node"),
    ("{{slice .Id 0 12}} {{truncate .Id 5}} {{slice .Id 60}}", "4fa6e0f0c678 4fa6e d6e2"),
    ("{{len .Mounts}} {{len .Name}} {{len .Config.Labels}}", "2 4 2"),
    ("{{.Args}}", "[server.js --port=3000]"),
    ("{{.Config.Labels}}", "map[com.example.team:shop stage:test]"),
    ("{{(index .Mounts 1)}}", "{bind /srv/b /b false}"),
    ("{{range .Mounts}}{{if .RW}}{{.Source}}{{else}}({{.Source}}){{end}};{{end}}", "/srv/a;(/srv/b);"),
    ("{{range $i, $m := .Mounts}}{{if $i}}, {{end}}{{$m.Destination}}{{end}}", "/a, /b"),
    ('{{range .Mounts}}{{if eq .Destination "/a"}}{{continue}}{{end}}{{.Source}}{{end}}', "/srv/b"),
    ("{{range .Mounts}}{{.Source}}{{break}}{{end}}", "/srv/a"),
    ("{{range .Config.Cmd}}x{{else}}none{{end}}", "none"),
    ("{{with .State.Health}}{{.Status}}{{else}}no health{{end}}", "no health"),
    ("{{with .Config}}{{$.Name}} {{len .Env}}{{end}}", "/api 2"),
    ('{{if eq .State.Status "running"}}up{{else if eq .State.Status "exited"}}down{{else}}?{{end}}', "up"),
    ('{{if eq .State.Status "paused" "running"}}alive{{end}}', "alive"),
    ("{{if and .State.Running (gt .State.Pid 0)}}ok{{end}}", "ok"),
    ("{{if or .State.Health (not .State.Running)}}x{{else}}y{{end}}", "y"),
    ("{{and .State.Health .State.Health.Status}}", "<no value>"),  # looks no further than the first
    ("{{if ne .RestartCount 0}}again{{end}}", ""),
    ("{{if lt .Ratio 1}}part{{end}}", "part"),
    ("{{$n := .Name}}{{$n}}{{$n = .Path}}{{$n}}", "/apinode"),
    ("{{$all := 0}}{{range .Mounts}}{{$all = .Source}}{{end}}{{$all}}", "/srv/b"),
    ("{{with $x := .Path}}{{$x}}{{.}}{{end}}", "nodenode"),
    ('{{.Label "a"}} {{"b" | .Label}}', "<a> <b>"),
    ('{{printf "%s %d" .Path .State.Pid | printf "%q"}}', '"node 4711"'),
    ('{{print "a" 1 2 "b"}} {{println "x" 1}}', "a1 2b x 1\n"),
    ('{{pad .Path 1 2}}|{{pad "" 1 2}}|', " node  ||"),
    ("a {{- .Path -}} \n b", "anodeb"),
    ("{{/* a comment */}}x{{- /* another */ -}} y", "xy"),
    ("{{`raw {{ }} \\n`}}{{\"}}\"}}{{'a'}}{{0x10}}{{-3}}{{1e3}}{{true}}", "raw {{ }} \\n}}971" + "6-31000true"),
    ('{{"\\t\\u00e9\\x41\\"" }}', "\té" + 'A"'),
    ("{{html .Name}}{{urlquery .Name}}", "/api%2Fapi"),
    ("no action at all }} {", "no action at all }} {"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "shown"), KNOWN)
def test_known_outputs(text: str, shown: str) -> None:
    assert parse(text).render(CONTAINER) == shown


def test_printf() -> None:
    text = (
        '{{printf "%-8s|%5d|%q|%v|%t|%.2f|%%|%x|%x|%05d|%c" .Path 42 .Name .Args .State.Running .Ratio 255 "hi" 7 65}}'
    )
    assert parse(text).render(CONTAINER) == 'node    |   42|"/api"|[server.js --port=3000]|true|0.50|%|ff|6869|00007|A'


def test_json_is_compact_and_escapes_nothing_but_what_it_must() -> None:
    assert (
        parse("{{json .}}").render({"a": "<b> & 옹기", "n": [1, 2.5, None, True]})
        == '{"a":"<b> & 옹기","n":[1,2.5,null,true]}'
    )


def test_json_of_what_was_never_set_is_null() -> None:
    document = {"Options": NilMap(), "Cmd": NilList(), "Labels": OpenMap()}
    assert (
        parse("{{json .Options}} {{json .Cmd}} {{json .Labels}} {{.Options}}").render(document) == "null null {} map[]"
    )


def test_json_of_a_row_leaves_its_methods_out() -> None:
    assert parse("{{json .}}").render({"ID": "1", "Label": str}) == '{"ID":"1"}'


# Text, the character (from 1) where it is wrong, and a part of the message.
MISTAKES = [
    ("{{.Nmae}}", 3, "there is no field .Nmae; did you mean .Name?"),
    ("{{.name}}", 3, "there is no field .name; did you mean .Name?"),
    ("{{.State.Sttus}}", 9, "there is no field .Sttus; did you mean .Status?"),
    ("{{.Name.First}}", 8, ".Name is a string, it has no field .First"),
    ("{{.State.Health.Status}}", 16, ".State.Health is nothing"),
    ("x {{.Name", 3, "{{ without its }}"),
    ("{{if .Name}}x", 3, "if without its {{end}}"),
    ("{{range .Args}}{{else}}", 3, "range without its {{end}}"),
    ("{{end}}", 3, "{{end}} without an if, range or with"),
    ("{{break}}", 3, "break outside a range"),
    ("{{if}}x{{end}}", 5, "a value is expected, not }}"),
    ("{{}}", 3, "a value is expected, not }}"),
    ("{{uper .Name}}", 3, "there is no function uper; did you mean upper?"),
    ("{{ID}}", 3, "there is no function ID"),
    ("{{(.Name}}", 3, "( without its )"),
    ("{{.Name)}}", 8, ") is not expected after a value"),
    ("{{.Name | }}", 11, "a value is expected, not }}"),
    ("{{.Name | .}}", 11, "only a function or a field can stand after |"),
    ("{{$x}}", 3, "there is no variable $x"),
    ("{{range .Args}}{{$x := .}}{{end}}{{$x}}", 36, "there is no variable $x"),
    ("{{upper .State.Pid}}", 3, "upper: a string is expected, not a number"),
    ("{{upper}}", 3, "upper takes 1 argument, not 0"),
    ("{{index .Args 7}}", 3, "index: 7 is out of range; there are 2"),
    ("{{eq .Name 1}}", 3, "cannot compare a number with a string"),
    ("{{range .Name}}{{end}}", 3, "range goes over a list or a map, not a string"),
    ("{{.Name 1}}", 3, ".Name takes no arguments"),
    ("{{.Label}}", 3, ".Label takes one string"),
    ("{{% }}", 3, "'%' is not expected here"),
    ('{{"a}}', 3, "is not expected here"),
    ('{{"\\q"}}', 4, "\\q means nothing in a string"),
    ('{{printf "%d" .Name}}', 3, "a whole number is expected, not a string"),
    ('{{printf "%s"}}', 3, "printf has no value for %s"),
    ("{{99999999999999999999}}", 3, "too large"),
    ("{{/* no end }}", 3, "is not expected here"),
    ("{{" + "(" * 300 + "}}", None, "nested too deeply"),
    ("{{if 1}}" * 300, None, "nested too deeply"),
    ('{{define "x"}}{{end}}', 3, "define is not expected here"),
]


@pytest.mark.parametrize(("text", "character", "message"), MISTAKES, ids=[case[0][:40] for case in MISTAKES])
def test_mistakes_say_where_and_what(text: str, character: int | None, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse(text).render(CONTAINER)
    assert message in str(caught.value)
    if character is not None:
        assert str(caught.value).startswith(f"--format, character {character}: ")


def test_an_unknown_field_names_the_known_ones() -> None:
    with pytest.raises(TemplateError) as caught:
        parse("{{.Zzz}}").render({"B": 1, "A": 2})
    assert caught.value.hint == "fields: .A, .B"


def test_header_shows_names_whatever_is_done_to_the_fields() -> None:
    names = {"ID": "CONTAINER ID", "Names": "NAMES", "Label": "LABEL"}
    template = parse("{{.ID | upper}}\t{{truncate .Names 2}}\t{{json .Names}}")
    assert template.header(names) == "CONTAINER ID\tNAMES\tNAMES"


# Properties

WORDS = st.sampled_from(
    [
        *("{{", "}}", "{{-", "-}}", "/*", "*/", "text", "\n"),
        *(".", ".Name", ".Args", ".State.Status", "$", "$x", ":=", "=", "|", "(", ")", ","),
        *("if", "else", "end", "range", "with", "break", "continue"),
        *("json", "len", "index", "printf", "upper", "eq", "and", "or", "not"),
        *('"a"', "`b`", "1", "-2", "0x1f", "1.5", "true", "nil"),
    ]
)


@given(st.lists(WORDS).map(" ".join))
@example("{{if .Name}}{{else if .Args}}{{else}}{{end}}")
def test_words_in_any_order_render_or_are_refused(text: str) -> None:
    try:
        parse(text).render(CONTAINER)
    except TemplateError as error:
        assert 0 <= error.at <= len(text)


@given(st.text())
def test_any_text_renders_or_is_refused(text: str) -> None:
    for source in (text, "{{" + text + "}}"):
        try:
            parse(source).render(CONTAINER)
        except TemplateError as error:
            assert 0 <= error.at <= len(source)


@given(st.text().filter(lambda text: "{{" not in text))
def test_text_without_actions_is_itself(text: str) -> None:
    assert parse(text).render(CONTAINER) == text


@given(st.dictionaries(st.text(), st.text()))
def test_index_finds_what_range_shows(labels: dict[str, str]) -> None:
    data = {"Labels": OpenMap(labels)}
    assert parse("{{range $k, $v := .Labels}}{{$v}}{{end}}").render(data) == "".join(
        labels[key] for key in sorted(labels)
    )
    assert parse("{{range $k, $v := .Labels}}{{if ne $v (index $.Labels $k)}}!{{end}}{{end}}").render(data) == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON)
def test_json_is_what_it_was(value: Any) -> None:
    assert json.loads(parse("{{json .X}}").render({"X": value})) == value


@given(st.text())
def test_quoted_text_reads_back(text: str) -> None:
    quoted = parse('{{printf "%q" .X}}').render({"X": text})
    assert parse("{{" + quoted + "}}").render({}) == text


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 30))
def test_printf_pads_numbers(number: int, width: int) -> None:
    assert parse(f'{{{{printf "%{width}d" .N}}}}').render({"N": number}) == str(number).rjust(width)
