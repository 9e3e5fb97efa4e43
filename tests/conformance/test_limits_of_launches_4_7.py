"""Limits of SUB_WORKFLOW and START_WORKFLOW tasks: those of their definitions (4.7)."""

import pytest

from podium.model.requests import RerunWorkflowRequest
from world import HOUR, MINUTE, SECOND, fork_join, inline, join_on, simple, task

RATED = {"rateLimitPerFrequency": 2, "rateLimitFrequencyInSeconds": 10}
SUB = {"concurrentExecLimit": 1, "retryCount": 0}


def subs(number, kind="SUB_WORKFLOW", name="sub"):
    """Return a fork of that many tasks of one definition that start a workflow."""
    refs = [f"{name}_{n}" for n in range(number)]
    asked = {"inputParameters": {"startWorkflow": {"name": "child"}}}
    if kind == "SUB_WORKFLOW":
        asked = {"subWorkflowParam": {"name": "child"}}
    branches = [[task(kind, ref, **{**asked, "name": name})] for ref in refs]
    return [fork_join(*branches), join_on(*refs)]


@pytest.fixture
def family(world):
    """Return a world in which a child is a single task of a worker."""
    world.register_task("in_child", retryCount=0)
    world.register("child", [simple("in_child")])
    return world


def children(world, started, status="IN_PROGRESS"):
    """Return the children of a workflow whose task has that status."""
    tasks = world.workflow(started)["tasks"]
    return [
        one.get("subWorkflowId")
        for one in tasks
        if (one["taskType"], one["status"]) == ("SUB_WORKFLOW", status)
    ]


def test_4_7_no_more_children_run_than_the_limit_of_their_task_allows(family):
    family.register_task("sub", **{**SUB, "concurrentExecLimit": 2})
    started = family.run(subs(5))

    assert 2 == len(children(family, started))
    assert [None] * 3 == children(family, started, "SCHEDULED")
    assert 2 == len(family.poll("in_child", count=10))
    family.advance(HOUR // 2)
    assert 2 == len(children(family, started))


def test_4_7_the_limit_of_children_counts_across_workflows(family):
    family.register_task("sub", **SUB)
    first, second = (family.run(subs(1), name=name) for name in ("one", "two"))

    assert (1, 0) == (len(children(family, first)), len(children(family, second)))


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED"])
def test_4_7_the_end_of_a_child_lets_the_next_one_start_at_once(family, status):
    family.register_task("sub", **SUB)
    first = family.run(subs(1), name="one")
    second = family.run(subs(1), name="two")
    family.report(family.take("in_child"), status)

    assert status == family.status(first)
    assert 1 == len(children(family, second))


def test_4_7_all_children_have_their_turn(family):
    family.register_task("sub", **SUB)
    started = family.run(subs(4))
    for _ in range(4):
        assert 1 == len(children(family, started))
        family.complete("in_child")

    assert "COMPLETED" == family.status(started)


def test_4_7_a_parent_that_ends_gives_back_the_place_of_its_child(family):
    family.register_task("sub", **SUB)
    first = family.run(subs(2), name="one")
    second = family.run(subs(1), name="two")
    family.podium.workflows.terminate(first, "enough")
    family.settle()

    assert 1 == len(children(family, second))
    assert "CANCELED" == family.status_of(first, "sub_1")


def test_4_7_children_have_a_rate_too(family):
    family.register_task("sub", **RATED)
    started = family.run(subs(5))
    assert 2 == len(children(family, started))
    family.advance(10 * SECOND - 1)
    assert 2 == len(children(family, started))

    family.advance(1)

    assert 4 == len(children(family, started))
    family.advance(10 * SECOND)
    assert 5 == len(children(family, started))


def test_4_7_what_starts_workflows_apart_has_a_rate(family):
    family.register_task("start", **RATED)
    started = family.run(subs(3, "START_WORKFLOW", "start"))
    assert 2 == len(family.poll("in_child", count=10))

    family.advance(10 * SECOND)

    assert "COMPLETED" == family.status(started)
    assert 1 == len(family.poll("in_child", count=10))


def test_4_7_what_starts_workflows_apart_gives_its_place_back_at_once(family):
    family.register_task("start", **SUB)
    started = family.run(subs(3, "START_WORKFLOW", "start"))

    assert "COMPLETED" == family.status(started)
    assert 3 == len(family.poll("in_child", count=10))


def test_4_7_a_child_with_a_delay_takes_its_place_when_it_is_due(family):
    family.register_task("sub", **SUB)
    delayed = task(
        "SUB_WORKFLOW",
        "late",
        name="sub",
        startDelay=60,
        subWorkflowParam={"name": "child"},
    )
    late = family.run([delayed], name="late")
    first = family.run(subs(1))
    assert 1 == len(children(family, first))
    family.advance(MINUTE)
    assert [] == children(family, late)

    family.complete("in_child")

    assert 1 == len(children(family, late))


def test_4_7_a_retry_of_a_child_waits_for_a_place(family):
    family.register_task(
        "sub", concurrentExecLimit=1, retryCount=1, retryDelaySeconds=0
    )
    first = family.run(subs(1), name="one")
    second = family.run(subs(1), name="two")
    family.fail("in_child")

    assert (0, 1) == (len(children(family, first)), len(children(family, second)))
    family.complete("in_child")
    assert 1 == len(children(family, first))


def test_4_7_children_that_go_on_with_their_parent_wait_for_a_place(family):
    family.register_task("sub", **SUB)
    parents = [family.run(subs(1), name=name) for name in ("one", "two")]
    for _ in parents:
        family.fail("in_child")
    for parent in parents:
        family.podium.recovery.retry(parent, resume=True)
        family.settle()

    for parent in parents:
        assert "RUNNING" == family.status(parent)
        [task] = family.poll("in_child", count=10)
        family.advance(HOUR // 2)
        assert [] == family.poll("in_child")
        family.report(task)

    assert ["COMPLETED"] * 2 == [family.status(parent) for parent in parents]


def test_4_7_a_rerun_of_a_child_waits_for_a_place(family):
    family.register_task("sub", **SUB)
    parent = family.run(subs(1), name="one")
    family.complete("in_child")
    other = family.run(subs(1), name="two")
    again = RerunWorkflowRequest.from_json(
        {"reRunFromTaskId": family.task(parent, "sub_0")["taskId"]}
    )
    family.podium.recovery.rerun(parent, again)
    family.settle()
    assert [] == children(family, parent)

    family.complete("in_child")

    assert "COMPLETED" == family.status(other)
    assert 1 == len(children(family, parent))


def test_4_7_a_workflow_that_calls_itself_does_not_wait_for_itself(world):
    world.register_task("again", concurrentExecLimit=1)
    deeper = task(
        "SUB_WORKFLOW",
        "again",
        subWorkflowParam={"name": "down"},
        inputParameters={"left": "${less.output.result}"},
    )
    choice = task(
        "SWITCH",
        "choice",
        evaluatorType="javascript",
        expression="$.left > 0 ? 'deeper' : 'there'",
        inputParameters={"left": "${workflow.input.left}"},
        decisionCases={
            "deeper": [
                inline("less", "$.n - 1", n="${workflow.input.left}"),
                deeper,
            ]
        },
        defaultCase=[simple("bottom")],
    )
    world.register("down", [choice])
    started = world.start("down", {"left": 3})
    other = world.start("down", {"left": 1})
    assert "SCHEDULED" == world.status_of(other, "again")

    for _ in range(2):
        world.complete("bottom")

    assert ["COMPLETED"] * 2 == [world.status(one) for one in (started, other)]
