"""Logs: readable on a terminal, JSON elsewhere."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import MemoryHandler
from typing import ClassVar, TextIO

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class TerminalFormatter(logging.Formatter):
    """One line an event: time, level, what happened, and the facts of it."""

    colours: ClassVar[dict[int, str]] = {
        logging.WARNING: "\x1b[33m",
        logging.ERROR: "\x1b[31m",
        logging.CRITICAL: "\x1b[31m",
    }

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with the traceback below it where there is one."""
        facts = " ".join(
            f"{key}={value}"
            for key, value in vars(record).items()
            if key not in _STANDARD and value is not None
        )
        time = self.formatTime(record, "%H:%M:%S")
        level = f"{record.levelname:<7}"
        if record.levelno in self.colours:
            level = f"{self.colours[record.levelno]}{level}\x1b[0m"
        line = f"{time} {level} {record.getMessage()}"
        if facts:
            line += f"  \x1b[2m{facts}\x1b[0m"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def set_up_logs(stream: TextIO = sys.stderr, level: int = logging.INFO) -> None:
    """Send all logs to the stream in the form that fits it."""
    handler = logging.StreamHandler(stream)
    formatter: logging.Formatter = TerminalFormatter()
    if not stream.isatty():
        formatter = LambdaPowertoolsFormatter()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


@contextmanager
def held_back_logs() -> Iterator[None]:
    """Keep what is logged until the block ends, and say it then."""
    root = logging.getLogger()
    handlers, held = root.handlers, MemoryHandler(sys.maxsize, logging.CRITICAL + 1)
    root.handlers = [held]
    try:
        yield
    finally:
        root.handlers = handlers
        for record in held.buffer:
            root.handle(record)
