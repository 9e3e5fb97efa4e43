"""rateLimitConfig: how many workflows of a key run at once (2.5, 4.11)."""

import pytest

from podium.errors import LimitReached
from podium.model.requests import RerunWorkflowRequest
from world import HOUR, MINUTE, SECOND, simple, task

TASKS = [simple("work")]


def limited(world, name="limited", limit=1, policy="QUEUE", tasks=TASKS, **fields):
    config = {
        "rateLimitKey": "${workflow.input.customer}",
        "concurrentExecLimit": limit,
        "policy": policy,
    }
    config.update(fields.pop("rateLimitConfig", {}))
    world.register(name, tasks, rateLimitConfig=config, **fields)
    return name


def start(world, name="limited", customer="c", **fields):
    return world.start(name, {"customer": customer}, **fields)


def is_queued(world, workflow_id):
    shown = world.workflow(workflow_id)
    return (shown["status"], shown["rateLimited"], len(shown["tasks"])) == (
        "RUNNING",
        True,
        0,
    )


def test_4_11_beyond_the_limit_a_workflow_is_queued(world):
    limited(world, limit=2)
    running = [start(world) for _ in range(2)]
    queued = start(world)

    assert [False, False] == [is_queued(world, one) for one in running]
    assert is_queued(world, queued)
    assert {"c"} == {world.workflow(one)["rateLimitKey"] for one in (*running, queued)}
    assert 2 == len(world.poll("work", count=10))


def test_4_11_the_end_of_one_lets_the_next_run_at_once(world):
    limited(world)
    first = start(world)
    second = start(world)
    world.complete("work")

    assert "COMPLETED" == world.status(first)
    assert not world.workflow(second)["rateLimited"]
    assert second == world.complete("work")["workflowInstanceId"]
    assert "COMPLETED" == world.status(second)


def test_4_11_first_come_first_served(world):
    limited(world)
    started = []
    for _ in range(4):
        started.append(start(world))
        world.advance(SECOND)
    served = [world.complete("work")["workflowInstanceId"] for _ in started]

    assert started == served


def test_4_11_a_higher_priority_is_let_in_first(world):
    limited(world)
    first = start(world)
    low = start(world, priority=1)
    high = start(world, priority=50)
    served = [world.complete("work")["workflowInstanceId"] for _ in range(3)]

    assert [first, high, low] == served


@pytest.mark.parametrize(
    ("key", "fields", "shown"),
    [
        ("${workflow.input.customer}", {}, "c"),
        ("${workflow.correlationId}", {"correlationId": "k"}, "k"),
        ("${workflow.workflowType}:${workflow.input.customer}", {}, "limited:c"),
        ("all", {}, "all"),
        ("", {}, "limited"),
        (None, {}, "limited"),
        ("${workflow.input.number}", {}, "7"),
        ("${workflow.input.none}", {}, "0"),
        ("${workflow.input.filled}", {}, "by template"),
    ],
)
def test_4_11_key(world, key, fields, shown):
    limited(
        world,
        rateLimitConfig={"rateLimitKey": key},
        inputTemplate={"number": 7, "none": 0, "filled": "by template"},
    )

    assert shown == world.workflow(start(world, **fields))["rateLimitKey"]


def test_4_11_each_key_has_its_own_limit(world):
    limited(world)
    started = [start(world, customer=one) for one in ("a", "b")]

    assert [False, False] == [is_queued(world, one) for one in started]


def test_4_11_definitions_share_the_limit_of_a_key(world):
    limited(world, name="one")
    limited(world, name="two")
    start(world, "one")

    assert is_queued(world, start(world, "two"))


def test_4_11_without_a_config_nothing_is_limited(world):
    world.register("free", TASKS)
    started = world.start("free")

    shown = world.workflow(started)
    assert "rateLimitKey" not in shown
    assert shown["rateLimited"] is False


def test_4_11_a_limit_of_zero_is_none(world):
    limited(world, limit=0)
    started = [start(world) for _ in range(3)]

    assert [False] * 3 == [is_queued(world, one) for one in started]


# --- REJECT ------------------------------------------------------------------------


def test_4_11_beyond_the_limit_a_start_is_refused(world):
    limited(world, policy="REJECT")
    start(world)

    with pytest.raises(LimitReached) as refusal:
        start(world)

    assert (429, False) == (refusal.value.status, refusal.value.retryable)
    assert "limited" in refusal.value.message


def test_4_11_after_the_end_of_one_a_start_is_accepted_again(world):
    limited(world, policy="REJECT")
    first = start(world)
    world.complete("work")
    assert "COMPLETED" == world.status(first)

    assert "RUNNING" == world.status(start(world))


def test_4_11_a_refused_start_may_be_repeated_with_its_idempotency_key(world):
    limited(world, policy="REJECT")
    start(world)
    key = {"idempotencyKey": "k", "idempotencyStrategy": "RETURN_EXISTING"}
    with pytest.raises(LimitReached):
        start(world, **key)
    world.complete("work")

    accepted = start(world, **key)

    assert "RUNNING" == world.status(accepted)
    assert accepted == start(world, **key)


# --- while queued ------------------------------------------------------------------


def test_4_11_terminating_a_queued_workflow_takes_no_slot(world):
    limited(world)
    start(world)
    doomed = start(world)
    world.advance(SECOND)
    last = start(world)
    world.podium.workflows.terminate(doomed, "enough")
    world.settle()
    assert "TERMINATED" == world.status(doomed)
    assert not world.workflow(doomed)["rateLimited"]

    world.complete("work")

    assert last == world.take("work")["workflowInstanceId"]


def test_4_11_terminating_a_running_workflow_lets_the_next_run(world):
    limited(world)
    first, second = start(world), start(world)
    world.podium.workflows.terminate(first, "enough")
    world.settle()

    assert not is_queued(world, second)


def test_4_11_a_queued_workflow_that_is_paused_waits_for_both(world):
    limited(world)
    start(world)
    queued = start(world)
    world.podium.workflows.pause(queued)
    world.complete("work")
    assert ("PAUSED", 0) == (
        world.status(queued),
        len(world.workflow(queued)["tasks"]),
    )

    world.podium.workflows.resume(queued)

    assert queued == world.take("work")["workflowInstanceId"]


def test_4_11_resuming_does_not_let_a_queued_workflow_in(world):
    limited(world)
    start(world)
    queued = start(world)
    world.podium.workflows.pause(queued)
    world.podium.workflows.resume(queued)

    assert is_queued(world, queued)


def test_4_11_the_timeout_clock_starts_when_the_workflow_runs(world):
    limited(world, timeoutSeconds=60, timeoutPolicy="TIME_OUT_WF")
    started = start(world)
    queued = start(world)
    world.advance(59 * SECOND)
    assert is_queued(world, queued)

    world.advance(SECOND)
    assert "TIMED_OUT" == world.status(started)
    world.advance(59 * SECOND)
    assert "RUNNING" == world.status(queued)
    world.advance(SECOND)

    assert "TIMED_OUT" == world.status(queued)


def test_4_11_a_queued_workflow_stays_queued_as_long_as_it_takes(world):
    limited(world)
    world.register_task("work", responseTimeoutSeconds=36_000)
    start(world)
    queued = start(world)
    held = world.take("work")
    world.advance(3 * HOUR)
    assert is_queued(world, queued)

    world.report(held)

    assert queued == world.take("work")["workflowInstanceId"]


# --- children and others -----------------------------------------------------------


def parent_of(world, name="limited"):
    sub = task(
        "SUB_WORKFLOW",
        "sub",
        subWorkflowParam={"name": name},
        inputParameters={"customer": "c"},
    )
    return world.run([sub], name="parent")


def test_4_11_a_child_is_queued_too(world):
    limited(world)
    start(world)
    parent = parent_of(world)
    child = world.task(parent, "sub")["subWorkflowId"]
    assert is_queued(world, child)

    for _ in range(2):
        world.complete("work")

    assert "COMPLETED" == world.status(parent)


def test_4_11_a_child_that_is_refused_fails_its_task(world):
    limited(world, policy="REJECT")
    start(world)
    parent = parent_of(world)

    assert "FAILED" == world.status(parent)
    assert "rateLimitKey" in world.task(parent, "sub")["reasonForIncompletion"]


def test_4_11_a_queued_child_ends_with_its_parent(world):
    limited(world)
    start(world)
    parent = parent_of(world)
    child = world.task(parent, "sub")["subWorkflowId"]
    world.podium.workflows.terminate(parent, "enough")
    world.settle()

    assert "TERMINATED" == world.status(child)
    world.advance(MINUTE)
    world.complete("work")
    assert "RUNNING" == world.status(start(world))


def test_4_11_what_an_event_starts_is_queued_too(world):
    limited(world, rateLimitConfig={"rateLimitKey": "all"})
    start(world)
    world.register_handler(
        name="h",
        event="conductor:e:e",
        actions=[{"action": "start_workflow", "start_workflow": {"name": "limited"}}],
    )
    world.run(
        [task("EVENT", "e", sink="conductor", inputParameters={"a": 1})], name="e"
    )

    found = world.podium.searching.search('workflowType="limited"', "*", None, 0, 9)
    queued = [world.workflow(row.workflow_id)["rateLimited"] for row in found.rows]
    assert [False, True] == sorted(queued)


# --- brought back ------------------------------------------------------------------


def rerun(world, workflow_id):
    world.podium.recovery.rerun(workflow_id, RerunWorkflowRequest.from_json({}))


RECOVERIES = {
    "restart": lambda world, one: world.podium.recovery.restart(one),
    "retry": lambda world, one: world.podium.recovery.retry(one),
    "rerun": rerun,
}


@pytest.fixture(params=RECOVERIES.values(), ids=RECOVERIES)
def bring_back(request, world):
    """Return what brings an ended workflow back."""

    def bring(workflow_id):
        request.param(world, workflow_id)
        world.settle()

    return bring


@pytest.fixture
def failed(world):
    """Return a workflow that has failed and left its slot."""
    limited(world)
    world.register_task("work", retryCount=0)
    started = start(world)
    world.fail("work")
    assert "FAILED" == world.status(started)
    return started


def test_4_11_a_workflow_that_is_brought_back_takes_a_slot(world, failed, bring_back):
    bring_back(failed)
    assert not world.workflow(failed)["rateLimited"]
    other = start(world)
    assert is_queued(world, other)

    assert failed == world.complete("work")["workflowInstanceId"]
    assert other == world.take("work")["workflowInstanceId"]


def test_4_11_a_workflow_that_is_brought_back_waits_for_a_slot(
    world, failed, bring_back
):
    other = start(world)
    bring_back(failed)
    assert ("RUNNING", True) == (
        world.status(failed),
        world.workflow(failed)["rateLimited"],
    )
    assert other == world.complete("work")["workflowInstanceId"]

    assert not world.workflow(failed)["rateLimited"]
    assert failed == world.complete("work")["workflowInstanceId"]
    assert "COMPLETED" == world.status(failed)
    assert not is_queued(world, start(world))


def test_4_11_a_child_that_is_brought_back_waits_while_its_parent_runs(
    world, bring_back
):
    limited(world)
    world.register_task("work", retryCount=0)
    parent = parent_of(world)
    child = world.task(parent, "sub")["subWorkflowId"]
    world.fail("work")
    assert "FAILED" == world.status(parent)
    start(world)

    bring_back(child)

    assert world.workflow(child)["rateLimited"]
    for _ in range(2):
        world.complete("work")
    assert "COMPLETED" == world.status(parent)


# --- families ----------------------------------------------------------------------


def sub(name="limited", ref="sub", **fields):
    return task(
        "SUB_WORKFLOW",
        ref,
        subWorkflowParam={"name": name, **fields.pop("params", {})},
        inputParameters={"customer": "c"},
        **fields,
    )


def child_of(world, parent, ref="sub"):
    return world.task(parent, ref)["subWorkflowId"]


@pytest.fixture(params=["QUEUE", "REJECT"])
def family(request, world):
    """Return a parent and its child, both of a key of which one may run at once."""
    world.register_task("work", retryCount=0)
    limited(world, policy=request.param)
    limited(world, "parent", policy=request.param, tasks=[simple("first"), sub()])
    parent = start(world, "parent")
    world.advance(SECOND)
    world.complete("first")
    return parent, child_of(world, parent)


def test_4_11_a_child_shares_the_slot_of_its_parent(world, family):
    parent, child = family
    assert not is_queued(world, child)
    world.complete("work")

    assert ["COMPLETED"] * 2 == [world.status(one) for one in (parent, child)]
    assert not is_queued(world, start(world))


def test_4_11_others_wait_for_the_whole_family(world):
    limited(world)
    limited(world, "parent", tasks=[sub(), simple("last")])
    parent = start(world, "parent")
    other = start(world)
    world.complete("work")
    assert is_queued(world, other)

    world.complete("last")

    assert "COMPLETED" == world.status(parent)
    assert not is_queued(world, other)


def test_4_11_a_grandchild_shares_the_slot_over_a_child_without_a_limit(world):
    limited(world)
    world.register("between", [sub()])
    limited(world, "parent", tasks=[sub("between")])
    parent = start(world, "parent")

    world.complete("work")

    assert "COMPLETED" == world.status(parent)


def test_4_11_a_child_with_another_key_waits_for_its_own_slot(world):
    limited(world, rateLimitConfig={"rateLimitKey": "other"})
    start(world)
    limited(world, "parent", tasks=[sub()])

    assert is_queued(world, child_of(world, start(world, "parent")))


def test_4_11_what_a_task_starts_apart_waits_for_its_own_slot(world):
    limited(world)
    request = {"name": "limited", "input": {"customer": "c"}}
    apart = task("START_WORKFLOW", "apart", inputParameters={"startWorkflow": request})
    limited(world, "parent", tasks=[apart, simple("last")])
    parent = start(world, "parent")
    other = world.output_of(parent, "apart")["workflowId"]
    assert is_queued(world, other)

    world.complete("last")

    assert not is_queued(world, other)


def test_4_11_who_waits_for_a_queued_workflow_shares_his_slot_with_it(world):
    limited(world)
    params = {"idempotencyKey": "k", "idempotencyStrategy": "RETURN_EXISTING"}
    limited(world, "parent", tasks=[simple("first"), sub(params=params)])
    parent = start(world, "parent")
    existing = start(world, idempotencyKey="k")
    assert is_queued(world, existing)
    world.complete("first")

    world.complete("work")

    assert ["COMPLETED"] * 2 == [world.status(one) for one in (parent, existing)]


def test_4_11_a_family_that_is_brought_back_waits_together(world, family, bring_back):
    parent, child = family
    world.fail("work")
    assert "FAILED" == world.status(parent)
    other = start(world)
    bring_back(child)
    assert [other] == [one["workflowInstanceId"] for one in world.poll("work", count=9)]

    world.podium.workflows.terminate(other, "enough")
    world.settle()

    assert not world.workflow(parent)["rateLimited"]
    assert child == world.complete("work")["workflowInstanceId"]
    assert "COMPLETED" == world.status(parent)
    assert not is_queued(world, start(world))
