"""Decorated functions: how they get their input and what their answers report."""

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Annotated

import pytest
from pydantic import BaseModel, Field

from podium_sdk import (
    InProgress,
    PodiumClient,
    Task,
    TaskResult,
    TaskRunner,
    TerminalError,
    task_context,
    worker_task,
)
from podium_sdk.native import lambda_worker
from podium_sdk.testing import run_once


class Item(BaseModel):
    sku: str
    price: Decimal


class Receipt(BaseModel):
    order_id: str = Field(alias="orderId")
    paid: dt.date


@dataclasses.dataclass
class Parcel:
    number: int
    item: Item


def outcome(function, input=None, task=None):
    result = run_once(worker_task("t")(function), input, task)
    return result.status, result.output_data, result.reason_for_incompletion


# --- input -----------------------------------------------------------------------


def test_a_decorated_function_is_still_a_function():
    @worker_task("greet")
    def greet(name: str) -> str:
        """Say hello."""
        return f"Hello, {name}!"

    assert "Hello, Ada!" == greet("Ada")
    assert ("greet", "Say hello.") == (greet.__name__, greet.__doc__)


def test_input_comes_as_keyword_arguments_of_the_annotated_types():
    def charge(amount: Decimal, on: dt.date, item: Item, *, note: str = "none", rest):
        return [type(one).__name__ for one in (amount, on, item, note, rest)]

    given = {
        "amount": "9.90",
        "on": "2026-08-01",
        "item": {"sku": "a", "price": 1},
        "rest": {"any": ["thing"]},
        "unknown": 1,
    }

    expected = {"result": ["Decimal", "date", "Item", "str", "dict"]}
    assert expected == outcome(charge, given)[1]


def test_a_parameter_annotated_with_task_gets_the_task():
    def look(task: Task) -> str:
        return task.task_id

    def both(task: Task, a: int) -> str:
        return f"{task.task_id} {a}"

    assert {"result": "task-1"} == outcome(look, {"task": "not this"})[1]
    assert {"result": "task-1 3"} == outcome(both, {"a": 3})[1]


def test_a_double_star_parameter_takes_the_rest():
    def split(a: int, **rest):
        return {"a": a, "rest": rest}

    expected = {"a": 1, "rest": {"b": 2, "c": None}}
    assert expected == outcome(split, {"a": 1, "b": 2, "c": None})[1]


def test_null_counts_as_absent_where_there_is_a_default():
    def show(a: int = 3, b: int | None = None, c: str | None = "x"):
        return {"a": a, "b": b, "c": c}

    assert {"a": 3, "b": None, "c": "x"} == outcome(show, {"a": None, "c": None})[1]


def test_a_parameter_may_have_an_alias_and_any_name():
    def show(order_id: Annotated[str, Field(alias="orderId")], json: int, copy: int):
        return [order_id, json, copy]

    given = {"orderId": "o", "json": 1, "copy": 2}
    assert {"result": ["o", 1, 2]} == outcome(show, given)[1]


def test_input_that_does_not_fit_fails_for_good_and_says_where():
    def charge(amount: int, item: Item): ...

    status, _, reason = outcome(charge, {"amount": "much", "item": {"sku": "a"}})

    assert "FAILED_WITH_TERMINAL_ERROR" == status
    assert "The input does not fit: amount: Input should be a valid integer" in reason
    assert "item.price: Field required" in reason


def test_an_input_that_lies_elsewhere_is_not_taken_for_an_empty_one():
    task = Task(task_id="1", external_input_payload_storage_path="s3/path")

    assert "FAILED" == outcome(lambda: "ran", task=task)[0]


def test_functions_that_no_input_can_fit_are_refused_when_decorated():
    async def asynchronous(): ...

    def anonymous(a, /): ...

    def variadic(*a): ...

    for function in (asynchronous, anonymous, variadic):
        with pytest.raises(TypeError):
            worker_task("t")(function)


def test_a_decorator_that_was_told_no_type_says_how_to_tell_it():
    with pytest.raises(TypeError, match=r'say which: @worker_task\("'):
        worker_task(lambda: None)


@pytest.mark.parametrize(
    "use", [lambda one: TaskRunner(PodiumClient(), [one]), lambda_worker]
)
def test_a_function_that_is_not_decorated_is_refused(use):
    def plain(): ...

    with pytest.raises(TypeError, match=r"plain .* is no worker: decorate it with @w"):
        use(plain)


@pytest.mark.parametrize(
    "options", [{"concurrency": 0}, {"poll_timeout": 5.1}, {"poll_timeout": -1}]
)
def test_options_out_of_range_are_refused_when_decorated(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        worker_task("t", **options)(lambda: None)


# --- output ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": None, "b": (1, 2)}, {"a": None, "b": [1, 2]}),
        (None, {}),
        ("text", {"result": "text"}),
        (0, {"result": 0}),
        ([Item(sku="a", price=1)], {"result": [{"sku": "a", "price": "1"}]}),
        (
            Receipt(orderId="o", paid=dt.date(2026, 8, 1)),
            {"orderId": "o", "paid": "2026-08-01"},
        ),
        (
            Parcel(1, Item(sku="a", price=1)),
            {"number": 1, "item": {"sku": "a", "price": "1"}},
        ),
        (
            {"at": dt.datetime(2026, 8, 1, tzinfo=dt.UTC)},
            {"at": "2026-08-01T00:00:00Z"},
        ),
    ],
)
def test_what_a_function_returns_is_the_output(value, expected):
    assert ("COMPLETED", expected, None) == outcome(lambda: value)


@pytest.mark.parametrize("value", [object(), {"a": float("nan")}, b"\xff"])
def test_an_output_that_is_not_json_fails_for_good(value):
    status, output, reason = outcome(lambda: value)

    assert ("FAILED_WITH_TERMINAL_ERROR", {}) == (status, output)
    assert reason.startswith("The output is not JSON: ")


def test_a_task_result_is_a_report_in_full():
    def report():
        return TaskResult(
            task_id="of no importance",
            status="FAILED",
            reason_for_incompletion="why",
            output_data={"at": dt.date(2026, 8, 1)},
        )

    result = run_once(worker_task("t")(report))

    assert ("task-1", "workflow-1") == (result.task_id, result.workflow_instance_id)
    assert ("FAILED", "why") == (result.status, result.reason_for_incompletion)
    assert {"at": "2026-08-01"} == result.output_data


def test_a_task_result_without_a_status_is_completed():
    result = TaskResult(output_data={"a": 1})

    assert ("COMPLETED", {"a": 1}, None) == outcome(lambda: result)


def _raise(error):
    raise error


@pytest.mark.parametrize("say", [lambda later: later, _raise], ids=["return", "raise"])
def test_a_function_may_ask_to_be_called_again(say):
    later = InProgress(30, {"seen": 5})

    result = run_once(worker_task("t")(lambda: say(later)))

    assert ("IN_PROGRESS", 30) == (result.status, result.callback_after_seconds)
    assert {"seen": 5} == result.output_data


def test_a_terminal_error_is_not_retried():
    expected = ("FAILED_WITH_TERMINAL_ERROR", {}, "the card was refused")

    assert expected == outcome(lambda: _raise(TerminalError("the card was refused")))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (KeyError("a"), "KeyError: 'a'"),
        (SystemExit(3), "SystemExit: 3"),
        (RuntimeError("x" * 600), ("RuntimeError: " + "x" * 600)[:500]),
    ],
)
def test_any_other_error_fails_with_its_reason_and_logs_its_traceback(error, reason):
    result = run_once(worker_task("t")(lambda: _raise(error)))

    assert ("FAILED", reason) == (result.status, result.reason_for_incompletion)
    [line] = result.logs
    assert line.log.startswith("Traceback (most recent call last)")
    assert ("task-1", type(error).__name__ in line.log) == (line.task_id, True)


# --- context ---------------------------------------------------------------------


def test_the_context_tells_the_task_and_its_log_travels_with_the_result():
    def work():
        context = task_context()
        context.log("one")
        context.log("two")
        return [context.task_id, context.workflow_id, context.attempt]

    task = Task(task_id="t", workflow_instance_id="w", retry_count=2)
    result = run_once(worker_task("t")(work), task=task)

    assert {"result": ["t", "w", 3]} == result.output_data
    assert [("one", "t"), ("two", "t")] == [(x.log, x.task_id) for x in result.logs]
    assert all(line.created_time > 0 for line in result.logs)


def test_there_is_no_context_outside_of_a_task():
    run_once(worker_task("t")(lambda: None))

    with pytest.raises(LookupError, match="run a task"):
        task_context()
