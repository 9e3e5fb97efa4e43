"""Logs are readable on a terminal and JSON elsewhere."""

import io
import json
import logging

import pytest

from podium_local.logs import set_up_logs


class _Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def _put_logging_back():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def test_on_a_terminal_an_event_is_a_line_with_its_facts():
    stream = _Terminal()
    set_up_logs(stream)

    logging.getLogger("x").info("workflow_started", extra={"workflow_id": "w"})

    assert (
        "INFO    workflow_started  \x1b[2mworkflow_id=w\x1b[0m\n" in stream.getvalue()
    )


def test_elsewhere_an_event_is_an_object():
    stream = io.StringIO()
    set_up_logs(stream)

    logging.getLogger("x").warning("command_failed", extra={"workflow_id": "w"})

    line = json.loads(stream.getvalue())
    assert ("WARNING", "command_failed", "w") == (
        line["level"],
        line["message"],
        line["workflow_id"],
    )


def test_a_failure_comes_with_its_traceback():
    stream = _Terminal()
    set_up_logs(stream)

    try:
        int("broken")
    except ValueError:
        logging.getLogger("x").exception("it_failed")

    assert "ValueError: invalid literal" in stream.getvalue()
