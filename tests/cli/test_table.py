"""Docker's column layout."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from onggi.cli.table import cut, cut_left, layout, printable, shorten, width, wrap


def test_columns_are_as_wide_as_their_widest_cell_and_three() -> None:
    text = layout(
        [
            ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"],
            ["busybox", "latest", "65ad0d468eb1", "12 months ago", "4.26MB"],
            ["registry.example.org/team/api", "v1.2", "9f1c2d3e4f50", "2 hours ago", "183MB"],
        ]
    )
    assert text.splitlines() == [
        "REPOSITORY                      TAG       IMAGE ID       CREATED         SIZE",
        "busybox                         latest    65ad0d468eb1   12 months ago   4.26MB",
        "registry.example.org/team/api   v1.2      9f1c2d3e4f50   2 hours ago     183MB",
    ]


def test_wide_letters_take_two_columns() -> None:
    assert width("옹기") == 4
    assert width("e\u0301") == 1
    assert [
        line.index("|") + line.count("옹") + line.count("기")
        for line in layout([["옹기", "|"], ["a", "|"]]).splitlines()
    ] == [10, 10]


def test_control_characters_cannot_move_the_cursor() -> None:
    assert printable("a\x1b[2Jb\nc\u202e") == "a [2Jb c "


def test_shorten() -> None:
    assert shorten("abcdef", 6) == "abcdef"
    assert shorten("abcdefg", 6) == "abcde…"


@given(st.lists(st.lists(st.text(), min_size=3, max_size=3)))
def test_a_line_for_each_line(grid: list[list[str]]) -> None:
    text = layout(grid)
    assert text.count("\n") == len(grid)
    assert len(text.splitlines()) == len(grid)


def test_a_table_is_set_closer_where_the_terminal_is_narrow() -> None:
    lines = [("ID", "EMPTY", "PATH", "NAME"), ("1", "", "/a/long/path/to/Dockerfile", "shop/api:latest")]
    assert layout(lines, 100, {2: cut_left, 3: cut}) == layout(lines)
    assert layout(lines, 30, {2: cut_left, 3: cut}).splitlines() == [
        "ID  PATH          NAME",
        "1   …/Dockerfile  shop/api:la…",
    ]


def test_spares_are_left_out_where_cutting_is_not_enough() -> None:
    lines = [("NAME", "CREATED", "STATUS"), ("a-long-name", "About a minute ago", "Exited (0)")]
    assert layout(lines, 38, {0: cut}, spares=(1,)).splitlines() == [
        "NAME    CREATED             STATUS",
        "a-lon…  About a minute ago  Exited (0)",
    ]
    assert layout(lines, 37, {0: cut}, spares=(1,)).splitlines() == [
        "NAME         STATUS",
        "a-long-name  Exited (0)",
    ]


def test_headers_alone_are_all_there() -> None:
    assert layout([("NAME", "STATUS")], 5) == "NAME  STATUS\n"


@given(st.text(), st.integers(2, 40))
def test_what_is_cut_fits(text: str, most: int) -> None:
    text = printable(text)
    assert width(cut(text, most)) <= most
    assert width(cut_left(text, most)) <= most
    assert cut(text, most) == text or cut(text, most).endswith("…")


def test_a_line_is_broken_between_words_and_not_within_an_amount() -> None:
    line = " gen  RUN make  ran: there was no build before  25 ms"
    assert wrap(line, None, 4) == wrap(line, 80, 4) == [line]
    assert wrap(line, len(line) - 1, 4) == [line.removesuffix("  25 ms"), "    25 ms"]
