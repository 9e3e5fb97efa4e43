"""Where the progress is shown: redrawn in place on a terminal, else line by line."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, TextIO

from podium_local.demo.progress import PENDING, Row

_RED, _GREEN, _YELLOW, _CYAN, _BOLD, _DIM = "31", "32", "33", "36", "1", "2"
_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_TURN = 100
"""Milliseconds that the spinner rests."""

_MARKS: dict[str, tuple[str, str]] = {
    PENDING: ("·", _DIM),
    "SCHEDULED": ("○", _YELLOW),
    "PAUSED": ("○", _YELLOW),
    "COMPLETED": ("✓", _GREEN),
    "COMPLETED_WITH_ERRORS": ("✓", _YELLOW),
    "SKIPPED": ("·", _DIM),
    "CANCELED": ("✗", _YELLOW),
    "FAILED": ("✗", _RED),
    "FAILED_WITH_TERMINAL_ERROR": ("✗", _RED),
    "TERMINATED": ("✗", _RED),
    "TIMED_OUT": ("✗", _RED),
}
"""Mark and colour of each status; those that move have the spinner."""

_FINE = "·○✓✗├└│─…"
_ASCII = str.maketrans(_FINE + _SPINNER, ".o+x|`|-~" + "*" * len(_SPINNER))


@dataclass(frozen=True, slots=True)
class Style:
    """What the place where the lines go can show."""

    has_colours: bool = False
    is_ascii: bool = False

    def paint(self, text: str, colour: str) -> str:
        """Return the text in a colour, where there are any."""
        if not (self.has_colours and colour and text):
            return text
        return f"\x1b[{colour}m{text}\x1b[0m"

    def spell(self, text: str) -> str:
        """Return the text in the letters that there are."""
        return text.translate(_ASCII) if self.is_ascii else text


class Screen(Protocol):
    """Shows the rows of one workflow as they change, while it is entered."""

    def show(self, rows: Sequence[Row], now: int) -> None:
        """Show where the workflow stands now."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


# --- lines ---------------------------------------------------------------------------


def tree(rows: Sequence[Row], now: int, width: int, style: Style) -> list[str]:
    """Return a line for each row, none wider than the terminal."""
    longest = max((len(row.branch) + len(row.name) for row in rows), default=0)
    return [_line(row, now, longest, width, style) for row in rows]


def _line(row: Row, now: int, longest: int, width: int, style: Style) -> str:
    mark, colour = _MARKS.get(row.status) or (_spin(now), _CYAN)
    name = row.name.ljust(longest - len(row.branch))
    time = f"{duration(row.elapsed):>7}"
    parts = (
        (row.branch, _DIM),
        (f"{mark} ", colour),
        (name, _name_colour(row)),
        (f"  {time}", ""),
        (f"  {row.note}" if row.note else "", _RED if colour == _RED else _DIM),
    )
    line, left = "", width
    for text, paint in parts:
        shown = text if len(text) <= left else _cut(text, left)
        left -= len(shown)
        line += style.paint(style.spell(shown), paint)
    return line.rstrip()


def _cut(text: str, width: int) -> str:
    return text[: width - 1] + "…" if width else ""


def _name_colour(row: Row) -> str:
    if not row.branch:
        return _BOLD
    return _DIM if row.status == PENDING else ""


def _spin(now: int) -> str:
    return _SPINNER[now // _TURN % len(_SPINNER)]


def duration(milliseconds: int | None) -> str:
    """Return a time as people read it."""
    if milliseconds is None:
        return ""
    if milliseconds < 100:
        return f"{milliseconds} ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:.1f} s"
    return f"{milliseconds // 60_000}:{milliseconds // 1000 % 60:02} min"


# --- screens -------------------------------------------------------------------------


def is_terminal(out: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether lines can be drawn anew."""
    return out.isatty() and environment.get("TERM", "dumb") != "dumb"


def style_of(out: TextIO, environment: Mapping[str, str]) -> Style:
    """Return what the stream can show; NO_COLOR is honoured (no-color.org)."""
    return Style(
        has_colours=is_terminal(out, environment) and not environment.get("NO_COLOR"),
        is_ascii=not _can_spell(out),
    )


def _can_spell(out: TextIO) -> bool:
    try:
        (_FINE + _SPINNER).encode(out.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


class Terminal:
    """Draws the tree over its last drawing, in one write.

    What is higher than the terminal could not be drawn over, so until the end only the
    last rows of such a tree are shown.
    """

    def __init__(self, out: TextIO, style: Style) -> None:
        self._out = out
        self._style = style
        self._lines: list[str] = []
        self._drawn = 0

    def show(self, rows: Sequence[Row], now: int) -> None:
        """Draw what fits."""
        size = shutil.get_terminal_size()
        self._lines = tree(rows, now, size.columns - 1, self._style)
        self._draw(self._lines[-(size.lines - 1) :])

    def __enter__(self) -> Self:
        self._out.write(_HIDE_CURSOR)
        return self

    def __exit__(self, *_: object) -> None:
        self._draw(self._lines)
        self._out.write(_SHOW_CURSOR)
        self._out.flush()

    def _draw(self, lines: Sequence[str]) -> None:
        # Back to the line's beginning too: Ctrl-C leaves its ^C behind.
        back = f"\r\x1b[{self._drawn}A" if self._drawn else ""
        self._out.write(back + "".join(f"\x1b[2K{line}\n" for line in lines) + "\x1b[J")
        self._out.flush()
        self._drawn = len(lines)


class Plain:
    """Prints a line for each status that has come since the last look."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._style = Style(is_ascii=not _can_spell(out))
        self._seen: set[tuple[str, int, str]] = set()

    def show(self, rows: Sequence[Row], now: int) -> None:  # noqa: ARG002 - no spinner
        """Print what is new, in the order in which it came."""
        new = [(key, row) for key, row in _begun(rows) if key not in self._seen]
        for key, row in sorted(new, key=lambda one: _moment(one[1])):
            self._seen.add(key)
            note = f"  {row.note}" if row.note else ""
            line = f"{row.changed / 1000:6.2f} s  {row.status:<11}  {row.path}{note}"
            self._out.write(self._style.spell(line) + "\n")
        self._out.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def _begun(rows: Sequence[Row]) -> Iterator[tuple[tuple[str, int, str], Row]]:
    """Yield the rows that have begun, each with what tells its statuses apart."""
    attempts: Counter[str] = Counter()
    for row in rows:
        if row.status != PENDING:
            attempts[row.path] += 1
            yield (row.path, attempts[row.path], row.status), row


def _moment(row: Row) -> tuple[int, bool]:
    """Return what to sort by: the workflow ends after all that ends with it."""
    return row.changed, not row.branch and row.status != "RUNNING"
