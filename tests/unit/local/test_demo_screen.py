"""Rows on a terminal, and where there is none."""

import io
from contextlib import suppress

import pytest

from podium_local.demo.progress import Row
from podium_local.demo.screen import (
    Plain,
    Style,
    Terminal,
    duration,
    is_terminal,
    style_of,
    tree,
)

ORDER = Row("", "order", "order", "RUNNING", "id-1", 1_500)
CHARGED = Row("├─ ", "charge", "charge", "COMPLETED", elapsed=40, changed=300)
SHIPPED = Row("└─ ", "ship", "ship", "FAILED", "no courier", 1_200, 1_500)
TO_SHIP = Row("└─ ", "ship", "ship", "")


class Stream(io.StringIO):
    def __init__(self, *, is_terminal=True, encoding="utf-8"):
        super().__init__()
        self._is_terminal, self._encoding = is_terminal, encoding

    def isatty(self):
        return self._is_terminal

    @property
    def encoding(self):
        return self._encoding


@pytest.fixture(autouse=True)
def _size(monkeypatch):
    monkeypatch.setenv("COLUMNS", "81")
    monkeypatch.setenv("LINES", "25")


# --- lines ---------------------------------------------------------------------------


def test_times_and_notes_stand_below_each_other():
    assert [
        "⠋ order        1.5 s  id-1",
        "├─ ✓ charge    40 ms",
        "└─ ✗ ship      1.2 s  no courier",
    ] == tree([ORDER, CHARGED, SHIPPED], 0, 80, Style())


def test_the_mark_of_what_runs_turns():
    marks = {tree([ORDER], now, 80, Style())[0][0] for now in range(0, 1000, 100)}

    assert 10 == len(marks)


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (32, "└─ ✗ ship    1.2 s  no courier"),
        (25, "└─ ✗ ship    1.2 s  no c…"),
        (8, "└─ ✗ sh…"),
        (3, "└─ "),
        (0, ""),
    ],
)
def test_a_line_is_never_wider_than_the_terminal(width, line):
    assert [line.rstrip()] == tree([SHIPPED], 0, width, Style())


def test_colours_do_not_count_as_width():
    coloured = tree([SHIPPED], 0, 25, Style(has_colours=True))[0]

    assert "\x1b[2m└─ \x1b[0m\x1b[31m✗ \x1b[0mship    1.2 s\x1b[31m  no c…\x1b[0m" == (
        coloured
    )


def test_a_terminal_that_knows_no_signs_gets_letters():
    assert [
        "|- + charge    40 ms",
        "`- x ship      1.2 s  no c~",
    ] == tree([CHARGED, SHIPPED], 0, 27, Style(is_ascii=True))


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (None, ""),
        (0, "0 ms"),
        (99, "99 ms"),
        (100, "0.1 s"),
        (59_900, "59.9 s"),
        (61_000, "1:01 min"),
    ],
)
def test_times_are_written_as_people_read_them(milliseconds, shown):
    assert shown == duration(milliseconds)


# --- what a stream can show ----------------------------------------------------------


@pytest.mark.parametrize(
    ("stream", "environment", "expected"),
    [
        (Stream(), {"TERM": "xterm"}, True),
        (Stream(), {"TERM": "dumb"}, False),
        (Stream(), {}, False),
        (Stream(is_terminal=False), {"TERM": "xterm"}, False),
    ],
)
def test_a_terminal_is_what_lines_can_be_drawn_over_on(stream, environment, expected):
    assert expected == is_terminal(stream, environment)


@pytest.mark.parametrize(
    ("stream", "environment", "style"),
    [
        (Stream(), {}, Style(has_colours=True)),
        (Stream(), {"NO_COLOR": ""}, Style(has_colours=True)),
        (Stream(), {"NO_COLOR": "1"}, Style(has_colours=False)),
        (Stream(encoding="latin-1"), {}, Style(has_colours=True, is_ascii=True)),
        (Stream(is_terminal=False), {}, Style()),
    ],
)
def test_the_style_is_what_stream_and_user_allow(stream, environment, style):
    assert style == style_of(stream, {"TERM": "xterm", **environment})


# --- screens -------------------------------------------------------------------------


def test_a_terminal_is_drawn_over_in_place_while_its_cursor_hides():
    out = Stream()

    with Terminal(out, Style()) as screen:
        screen.show([ORDER, TO_SHIP], 0)
        screen.show([ORDER, CHARGED, SHIPPED], 0)
        seen = out.getvalue()

    first, second = "⠋ order      1.5 s  id-1", "⠋ order        1.5 s  id-1"
    assert seen.startswith(
        f"\x1b[?25l\x1b[2K{first}\n\x1b[2K└─ · ship\n\x1b[J\r\x1b[2A"
    )
    assert f"\r\x1b[2A\x1b[2K{second}\n" in seen
    assert out.getvalue().endswith(
        "\x1b[2K└─ ✗ ship      1.2 s  no courier\n\x1b[J\x1b[?25h"
    )


def test_of_a_tree_higher_than_the_terminal_the_end_is_shown_and_at_last_all(
    monkeypatch,
):
    monkeypatch.setenv("LINES", "3")
    out = Stream()

    with Terminal(out, Style()) as screen:
        screen.show([ORDER, CHARGED, SHIPPED], 0)
        meanwhile = out.getvalue()

    assert ("order" in meanwhile, "charge" in meanwhile) == (False, True)
    assert "\x1b[2A\x1b[2K⠋ order" in out.getvalue()


def test_an_error_leaves_the_cursor_visible():
    out = Stream()

    with suppress(ConnectionError), Terminal(out, Style()) as screen:
        screen.show([ORDER], 0)
        raise ConnectionError

    assert out.getvalue().endswith("\x1b[?25h")


def test_elsewhere_each_change_is_a_line_of_its_own():
    out = Stream(is_terminal=False)

    with Plain(out) as screen:
        screen.show([ORDER, TO_SHIP], 0)
        screen.show([ORDER, CHARGED, TO_SHIP], 0)
        screen.show([ORDER, CHARGED, SHIPPED], 0)

    assert [
        "  0.00 s  RUNNING      order  id-1",
        "  0.30 s  COMPLETED    charge",
        "  1.50 s  FAILED       ship  no courier",
    ] == out.getvalue().splitlines()


def test_changes_that_are_seen_at_once_come_in_their_order():
    ended = Row("", "order", "order", "COMPLETED", changed=1_500)
    out = Stream(is_terminal=False)

    with Plain(out) as screen:
        screen.show([ended, SHIPPED, CHARGED], 0)

    assert ["charge", "ship", "order"] == [
        line.split()[3] for line in out.getvalue().splitlines()
    ]


def test_each_attempt_has_lines_of_its_own():
    again = Row("└─ ", "ship", "ship", "COMPLETED", "attempt 2", 100, 1_800)
    out = Stream(is_terminal=False)

    with Plain(out) as screen:
        screen.show([ORDER, SHIPPED], 0)
        screen.show([ORDER, SHIPPED, again], 0)

    assert ["FAILED", "COMPLETED"] == [
        line.split()[2] for line in out.getvalue().splitlines()[1:]
    ]
