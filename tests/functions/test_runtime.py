"""What Lambda calls: opened once, from the function's variables, with JSON logs."""

import json
import logging
import os
import subprocess
import sys

import pytest

from gateway_events import CONTEXT
from lambda_events import recorded_event
from podium.errors import InvalidInput
from podium_functions import logs
from podium_functions.runtime import Entrypoint, open_runtime
from podium_functions.sweeper import Sweeper

HANDLERS = ("control_api", "decider", "sweeper", "system_tasks", "worker_api")
IMPORT_BUDGET = 2.5
"""Seconds, on a slow machine; Lambda's limit is ten."""


@pytest.fixture(autouse=True)
def _logs_as_before():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    logs.set_up_logs.cache_clear()
    yield
    root.handlers[:], root.level = handlers, level
    logs.set_up_logs.cache_clear()


@pytest.fixture
def _variables(stack, monkeypatch):
    """Set what the template sets."""
    for name, value in stack.settings().model_dump(exclude_none=True).items():
        if isinstance(value, str | int):
            monkeypatch.setenv(f"PODIUM_{name.upper()}", str(value))
    monkeypatch.setenv("AWS_REGION", "us-east-1")


@pytest.mark.usefixtures("_variables")
def test_the_home_is_opened_by_the_first_event_and_kept():
    opened = []

    def make(runtime):
        opened.append(runtime)
        return Sweeper(runtime).handle

    handler = Entrypoint(make)
    assert [] == opened
    for _ in range(2):
        assert {"moved": 0} == handler(recorded_event("schedule"), CONTEXT)
    assert 1 == len(opened)


@pytest.mark.usefixtures("_variables")
def test_workflows_read_the_variables_of_the_deployment_and_of_the_function(
    monkeypatch,
):
    monkeypatch.setenv("CONDUCTOR_ENV_here", "of the function")
    monkeypatch.setenv("PODIUM_ENVIRONMENT_VARIABLES", '{"there": "of the stack"}')
    variables = open_runtime(os.environ).build().environment.variables()

    assert {"here": "of the function", "there": "of the stack"} == {
        one["name"]: one["value"] for one in variables
    }


@pytest.mark.usefixtures("_variables")
def test_in_lambda_the_home_is_opened_while_modules_are_imported(monkeypatch):
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    opened = []
    Entrypoint(lambda runtime: opened.append(runtime) or Sweeper(runtime).handle)
    assert 1 == len(opened)


def test_a_variable_that_is_missing_is_named():
    handler = Entrypoint(lambda runtime: Sweeper(runtime).handle)
    with pytest.raises(InvalidInput, match="PODIUM_WORKFLOWS_TABLE"):
        handler(recorded_event("schedule"), CONTEXT)


@pytest.mark.usefixtures("_variables")
def test_logs_are_json_lines_with_the_events_id(capsys):
    def handle(_event, _context):
        logging.getLogger("podium.service").info("happened", extra={"count": 3})
        logging.getLogger("botocore.credentials").info("found some")
        return {}

    Entrypoint(lambda _runtime: handle)({}, CONTEXT)
    [line] = capsys.readouterr().out.splitlines()
    logged = json.loads(line)
    assert ("happened", 3, "request") == (
        logged["message"],
        logged["count"],
        logged["request_id"],
    )


@pytest.mark.parametrize("name", HANDLERS)
def test_importing_a_function_is_quick_and_opens_nothing(name):
    """A clean process, without settings or credentials; the best of three."""
    program = (
        "import sys, time; began = time.perf_counter(); "
        f"import podium_functions.{name} as module; "
        "took = time.perf_counter() - began; "
        "assert callable(module.handler); "
        "assert 'boto3' not in sys.modules; "
        "assert 'uvicorn' not in sys.modules and 'moto' not in sys.modules; "
        "print(took)"
    )
    took = [
        float(subprocess.check_output([sys.executable, "-c", program], env={}))
        for _ in range(3)
    ]
    assert min(took) < IMPORT_BUDGET
