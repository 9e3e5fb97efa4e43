"""The demo's definitions, its workers, and its last words."""

import json
import logging
import shlex

import pytest

from podium.expressions.javascript import is_syntax_valid
from podium.model.validation import check_task_definition, check_workflow_definition
from podium_local.demo import workers
from podium_local.demo.definitions import (
    register,
    task_definitions,
    workflow_definitions,
)
from podium_local.demo.run import closing_words
from podium_local.demo.workers import (
    WORKERS,
    book_courier,
    charge_payment,
    pack_express,
    pack_standard,
    print_label,
    reserve_item,
    validate_order,
)
from podium_local.logs import held_back_logs
from podium_sdk import PodiumClient, Task, TaskDef, Workflow, WorkflowDef
from podium_sdk.testing import ScriptedTransport, run_once

TASKS = {one["name"]: TaskDef.from_json(one) for one in task_definitions()}
WORKFLOWS = [WorkflowDef.from_json(one) for one in workflow_definitions()]
ITEMS = [
    {"sku": "cup", "quantity": 4, "price": "6.50"},
    {"sku": "teapot", "quantity": 1, "price": "24.90"},
]


@pytest.fixture(autouse=True)
def _no_work_takes_time(monkeypatch):
    monkeypatch.setattr(workers.time, "sleep", lambda _seconds: None)


# --- definitions ---------------------------------------------------------------------


@pytest.mark.parametrize("definition", WORKFLOWS, ids=lambda one: one.name)
def test_a_workflow_definition_is_valid(definition):
    findings = check_workflow_definition(
        definition, TASKS.get, syntax=is_syntax_valid, owner_email_mandatory=True
    )

    assert [] == findings


@pytest.mark.parametrize("definition", TASKS.values(), ids=lambda one: one.name)
def test_a_task_definition_is_valid(definition):
    assert [] == check_task_definition(definition)


def test_every_task_has_a_definition_and_a_worker():
    planned = {"charge_payment", "reserve_item"}
    simple = {
        task.name
        for workflow in WORKFLOWS
        for task in workflow.collect_tasks()
        if task.type == "SIMPLE"
    }

    assert simple | planned == set(TASKS) == {worker.task_type for worker in WORKERS}


def test_definitions_are_registered_over_those_of_an_earlier_run():
    transport = (
        ScriptedTransport()
        .on("POST", "/metadata/taskdefs", None)
        .on("PUT", "/metadata/workflow", {"bulkErrorResults": {}})
    )

    register(PodiumClient(transport=transport))

    (sent,) = transport.sent("PUT", "/metadata/workflow")
    assert workflow_definitions() == sent.json()


# --- workers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("worker", "given", "output"),
    [
        (validate_order, {"orderId": "o-1", "items": ITEMS}, {"total": "50.90"}),
        (
            charge_payment,
            {"orderId": "o-1", "customer": "Ada", "amount": "50.90"},
            {"paymentId": "pay-722499", "amount": "50.90"},
        ),
        (
            reserve_item,
            {"sku": "cup", "quantity": 4, "price": "6.50"},
            {"sku": "cup", "quantity": 4, "shelf": "A-26"},
        ),
        (pack_express, {"items": ITEMS}, {"parcels": 1, "pieces": 5}),
        (pack_standard, {"items": ITEMS}, {"parcels": 1, "pieces": 5}),
        (
            print_label,
            {"courier": "Steady Parcel", "trackingNumber": "TRK-1"},
            {"label": "Steady Parcel TRK-1"},
        ),
    ],
    ids=lambda one: getattr(one, "task_type", ""),
)
def test_a_worker_does_its_task(worker, given, output):
    result = run_once(worker, given)

    assert ("COMPLETED", output) == (result.status, result.output_data)


def test_an_order_without_items_is_refused_for_good():
    result = run_once(validate_order, {"orderId": "o-1", "items": []})

    assert ("FAILED_WITH_TERMINAL_ERROR", "o-1 has no items") == (
        result.status,
        result.reason_for_incompletion,
    )


@pytest.mark.parametrize(
    ("method", "retries", "status", "courier"),
    [
        ("express", 0, "FAILED", None),
        ("express", 1, "COMPLETED", "Swift Express"),
        ("standard", 1, "COMPLETED", "Steady Parcel"),
    ],
)
def test_the_courier_answers_the_second_call(method, retries, status, courier):
    attempt = Task(task_id="t", workflow_instance_id="w", retry_count=retries)

    result = run_once(
        book_courier, {"orderId": "o-1", "shippingMethod": method}, attempt
    )

    assert (status, courier) == (result.status, result.output_data.get("courier"))


# --- words ---------------------------------------------------------------------------


def test_the_last_words_have_the_output_and_commands_that_a_shell_takes():
    workflow = Workflow(workflow_id="w-1", output={"paid": "50.90 EUR"})

    lines = [
        line.strip() for line in closing_words(workflow, "http://h:1").splitlines()
    ]
    send, see = (shlex.split(line) for line in lines if line.startswith("curl "))

    assert '"paid": "50.90 EUR"' in lines
    assert "http://h:1/swagger-ui/index.html" in lines
    assert ["curl", "http://h:1/api/workflow/w-1"] == see
    assert {"orderId": "order-1002", "shippingMethod": "standard"} == json.loads(
        send[4]
    )
    assert "http://h:1/api/workflow/order_fulfilment" == send[5]


def test_logs_are_held_back_while_something_is_drawn(caplog):
    with held_back_logs():
        logging.getLogger("x").error("it_failed")
        meanwhile = caplog.messages[:]

    assert ([], ["it_failed"]) == (meanwhile, caplog.messages)
