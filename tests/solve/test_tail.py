from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from onggi.solve.tail import KEPT, Tail

OUT, ERR = 1, 2


def tail(*pieces: tuple[int, bytes]) -> Tail:
    made = Tail()
    for stream, data in pieces:
        made.write(stream, data)
    return made


def test_the_order_is_that_in_which_lines_ended() -> None:
    pieces = tail((OUT, b"a\nb"), (ERR, b"warning\n"), (OUT, b"c\nd\n"), (ERR, b"error"))
    assert pieces.lines(20) == ("a", "warning", "bc", "d", "error")


def test_much_output_after_an_error_does_not_push_it_out() -> None:
    noise = [(OUT, b"x" * 99 + b"\n")] * 10_000
    lines = tail((ERR, b"FATAL\n"), *noise).lines(20)
    assert len(lines) == 20
    assert lines[0] == "FATAL"


def test_many_errors_leave_room_for_output() -> None:
    lines = tail(*[(OUT, b"out\n")] * 30, *[(ERR, b"err\n")] * 5, *[(OUT, b"more\n")] * 30).lines(20)
    assert lines == ("err",) * 5 + ("more",) * 15
    assert tail((OUT, b"out\n"), *[(ERR, b"err\n")] * 30).lines(20) == ("err",) * 20


def test_a_line_without_end_is_cut() -> None:
    assert tail((OUT, b"y" * 3 * KEPT)).lines(20) == ("y" * KEPT,)


@given(st.lists(st.tuples(st.sampled_from([OUT, ERR]), st.lists(st.sampled_from(["a", "bb", "ö"]), min_size=1))))
def test_few_lines_are_all_there(written: list[tuple[int, list[str]]]) -> None:
    pieces = [(stream, "".join(f"{line}\n" for line in lines).encode()) for stream, lines in written]
    count = sum(len(lines) for _, lines in written)
    assert list(tail(*pieces).lines(2 * count + 2)) == [line for _, lines in written for line in lines]
