"""The demo's workflow as a tree of rows, at every stage of an order."""

import pytest

from podium_local.demo.definitions import (
    WORKFLOW,
    task_definitions,
    workflow_definitions,
)
from podium_local.demo.progress import rows, sub_workflow_ids
from podium_local.demo.screen import Style, tree
from podium_sdk import TaskDef, Workflow, WorkflowDef
from world import SECOND, new_world, simple, task

ITEMS = [
    {"sku": "cup", "quantity": 4, "price": "6.50"},
    {"sku": "teapot", "quantity": 1, "price": "24.90"},
]
ORDER = {
    "orderId": "o-1",
    "customer": "Ada",
    "items": ITEMS,
    "shippingMethod": "express",
}
COURIER = {"courier": "Swift Express", "trackingNumber": "TRK-1"}


@pytest.fixture
def world():
    with new_world() as world:
        definitions = world.podium.definitions
        definitions.register_tasks(
            [TaskDef.from_json(one) for one in task_definitions()]
        )
        definitions.update_workflows(
            [WorkflowDef.from_json(one) for one in workflow_definitions()]
        )
        yield world


def work(world, task_type, output, milliseconds):
    """Have a worker spend some time on a task."""
    taken = world.take(task_type)
    world.advance(milliseconds)
    world.report(taken, output=output)


def prepare(world):
    """Bring an order up to its parcel."""
    work(world, "validate_order", {"total": "50.90"}, 200)
    work(world, "charge_payment", {"paymentId": "pay-1", "amount": "50.90"}, 900)
    work(world, "reserve_item", {"sku": "cup", "quantity": 4, "shelf": "A-1"}, 30)
    work(world, "reserve_item", {"sku": "teapot", "quantity": 1, "shelf": "A-2"}, 30)


def look(world, workflow_id):
    """Return the workflow's rows."""
    workflow = Workflow.from_json(world.workflow(workflow_id))
    children = {
        child: Workflow.from_json(world.workflow(child))
        for child in sub_workflow_ids(workflow)
    }
    return rows(workflow, children, world.clock.now())


def drawn(world, workflow_id):
    """Return the tree as a terminal without colours shows it, without the ids."""
    lines = tree(look(world, workflow_id), 0, 100, Style())
    return "\n".join(line.replace(workflow_id, "").rstrip() for line in lines)


# --- the whole order -----------------------------------------------------------------


def test_what_is_still_to_come_is_shown_too(world):
    order = world.start(WORKFLOW, ORDER)

    expected = """\
⠋ order_fulfilment       0 ms
├─ ○ validate_order
├─ · plan
├─ · prepare
├─ · prepared
├─ · shipping_method
├─ · ship
└─ · summary"""
    assert expected == drawn(world, order)


def test_branches_appear_where_the_fork_has_made_them(world):
    order = world.start(WORKFLOW, ORDER)
    work(world, "validate_order", {"total": "50.90"}, 200)
    work(world, "charge_payment", {"paymentId": "pay-1", "amount": "50.90"}, 900)
    world.take("reserve_item")
    world.advance(2 * SECOND)

    expected = """\
⠋ order_fulfilment        3.1 s
├─ ✓ validate_order       0.2 s
├─ ✓ plan                  0 ms
├─ ✓ prepare               0 ms  3 branches
│  ├─ ✓ charge_payment    0.9 s
│  ├─ ⠋ reserve_item_1    2.0 s
│  └─ ○ reserve_item_2
├─ ⠋ prepared             2.9 s
├─ · shipping_method
├─ · ship
└─ · summary"""
    assert expected == drawn(world, order)


def test_attempts_of_a_sub_workflows_task_stand_one_below_the_other(world):
    order = world.start(WORKFLOW, ORDER)
    prepare(world)
    work(world, "pack_express", {}, 200)
    world.fail("book_courier", "the courier does not answer")

    expected = """\
⠋ order_fulfilment          1.4 s
├─ ✓ validate_order         0.2 s
├─ ✓ plan                    0 ms
├─ ✓ prepare                 0 ms  3 branches
│  ├─ ✓ charge_payment      0.9 s
│  ├─ ✓ reserve_item_1      30 ms
│  └─ ✓ reserve_item_2      30 ms
├─ ✓ prepared               1.0 s
├─ ✓ shipping_method         0 ms  express
│  └─ ✓ pack_express        0.2 s
├─ ⠋ ship                    0 ms  order_shipping
│  ├─ ✗ book_courier         0 ms  the courier does not answer
│  ├─ ○ book_courier               attempt 2, begins 1 s after the failure
│  ├─ · wait_for_courier
│  └─ · print_label
└─ · summary"""
    assert expected == drawn(world, order)


def test_a_wait_says_for_what(world):
    order = world.start(WORKFLOW, {**ORDER, "shippingMethod": "standard"})
    prepare(world)
    work(world, "pack_standard", {}, 200)
    work(world, "book_courier", COURIER, 200)
    world.advance(SECOND)

    waiting = [row for row in look(world, order) if row.name == "wait_for_courier"]

    assert [("ship/wait_for_courier", "waits for 2 seconds", 1000)] == [
        (row.path, row.note, row.elapsed) for row in waiting
    ]


def test_an_order_comes_to_its_end(world):
    order = world.start(WORKFLOW, ORDER)
    prepare(world)
    work(world, "pack_express", {}, 200)
    world.fail("book_courier", "the courier does not answer")
    world.advance(SECOND)
    work(world, "book_courier", COURIER, 200)
    world.advance(2 * SECOND)
    work(world, "print_label", {"label": "Swift Express TRK-1"}, 100)

    expected = """\
✓ order_fulfilment          4.7 s
├─ ✓ validate_order         0.2 s
├─ ✓ plan                    0 ms
├─ ✓ prepare                 0 ms  3 branches
│  ├─ ✓ charge_payment      0.9 s
│  ├─ ✓ reserve_item_1      30 ms
│  └─ ✓ reserve_item_2      30 ms
├─ ✓ prepared               1.0 s
├─ ✓ shipping_method         0 ms  express
│  └─ ✓ pack_express        0.2 s
├─ ✓ ship                   3.3 s  order_shipping
│  ├─ ✗ book_courier         0 ms  the courier does not answer
│  ├─ ✓ book_courier        0.2 s  attempt 2
│  ├─ ✓ wait_for_courier    2.0 s
│  └─ ✓ print_label         0.1 s
└─ ✓ summary                 0 ms"""
    assert expected == drawn(world, order)
    assert {
        "orderId": "o-1",
        "paid": "50.90 EUR",
        "paymentId": "pay-1",
        "reserved": ["4 cup, shelf A-1", "1 teapot, shelf A-2"],
        "courier": "Swift Express",
        "trackingNumber": "TRK-1",
    } == world.output(order)


def test_an_order_that_is_refused_says_why(world):
    order = world.start(WORKFLOW, {**ORDER, "items": []})
    world.fail("validate_order", "o-1 has no items", "FAILED_WITH_TERMINAL_ERROR")

    top, refused, *rest = look(world, order)

    assert "FAILED" == top.status
    assert "o-1 has no items" in top.note
    assert ("FAILED_WITH_TERMINAL_ERROR", "o-1 has no items") == (
        refused.status,
        refused.note,
    )
    assert {""} == {row.status for row in rest}


# --- what the demo's workflow does not have ------------------------------------------


def test_the_branches_of_a_static_fork_are_known_from_the_start(world):
    workflow_id = world.run(
        [
            simple("first"),
            task(
                "FORK_JOIN",
                "fork",
                forkTasks=[[simple("a"), simple("b")], [simple("c")]],
            ),
            task("JOIN", "join", joinOn=["b", "c"]),
        ]
    )

    expected = """\
⠋ tested       0 ms
├─ ○ first
├─ · fork
│  ├─ · a
│  ├─ · b
│  └─ · c
└─ · join"""
    assert expected == drawn(world, workflow_id)


def test_a_wait_without_an_end_waits_for_a_signal(world):
    workflow_id = world.run([task("WAIT", "approval")])

    assert ["waits for a signal"] == [row.note for row in look(world, workflow_id)[1:]]


def test_a_workflow_without_its_definition_is_a_row_alone():
    workflow = Workflow(workflow_id="w", create_time=1_000)

    assert [("RUNNING", 500)] == [
        (row.status, row.elapsed) for row in rows(workflow, {}, 1_500)
    ]
