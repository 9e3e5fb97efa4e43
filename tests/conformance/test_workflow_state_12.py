"""What newer clients ask of workflows (reference 12 #21, #23, #24)."""

import pytest

from podium.errors import Conflict, InvalidInput, NotFound
from podium.model.requests import StartWorkflowRequest, WorkflowStateUpdate
from world import do_while, inline, simple, task

UNKNOWN = "01890a5d-ac96-8b3c-9f3c-4a7d00000000"


def update(world, workflow_id, until=(), **fields):
    return world.podium.synchronous.update_state(
        workflow_id, WorkflowStateUpdate.from_json(fields), "r-1", until, 1
    )


def test_12_variables_are_set_and_the_others_stay(world):
    waiting = world.run([task("WAIT", "wait")], variables={"a": 1, "b": 1})

    world.podium.workflows.set_variables(waiting, {"b": 2, "c": {"d": [3]}})

    assert {"a": 1, "b": 2, "c": {"d": [3]}} == world.workflow(waiting)["variables"]


def test_12_later_tasks_read_what_was_set(world):
    later = simple("later", inputParameters={"got": "${workflow.variables.a}"})
    waiting = world.run([task("WAIT", "wait"), later])

    world.podium.workflows.set_variables(waiting, {"a": "set"})
    world.signal_task(waiting, "wait")

    assert {"got": "set"} == world.input_of(waiting, "later")


def test_12_variables_of_an_ended_workflow_stay(world):
    ended = world.run([inline("a", "1")])

    with pytest.raises(Conflict):
        world.podium.workflows.set_variables(ended, {"a": 1})
    with pytest.raises(NotFound):
        world.podium.workflows.set_variables(UNKNOWN, {"a": 1})


def test_12_a_state_update_sets_variables_before_it_reports(world):
    later = simple("later", inputParameters={"got": "${workflow.variables.a}"})
    waiting = world.run([task("WAIT", "wait"), later])

    run = update(
        world,
        waiting,
        until=["wait"],
        taskReferenceName="wait",
        taskResult={"status": "COMPLETED", "outputData": {"x": 1}},
        variables={"a": "first"},
    )

    assert (waiting, "RUNNING", "r-1") == (
        run["workflowId"],
        run["status"],
        run["requestId"],
    )
    assert {"a": "first"} == run["variables"]
    assert {"x": 1} == world.output_of(waiting, "wait")
    assert {"got": "first"} == world.input_of(waiting, "later")


def test_12_a_state_update_waits_for_the_end(world):
    waiting = world.run([task("WAIT", "wait"), inline("after", "42")])

    run = update(
        world,
        waiting,
        taskReferenceName="wait",
        taskResult={"status": "COMPLETED"},
    )

    assert ("COMPLETED", {"result": 42}) == (run["status"], run["output"])


def test_12_a_state_update_waits_for_the_next_wait(world):
    waiting = world.run([task("WAIT", "first"), task("WAIT", "second")])

    run = update(
        world,
        waiting,
        taskReferenceName="first",
        taskResult={"status": "COMPLETED"},
    )

    assert ["COMPLETED", "IN_PROGRESS"] == [one["status"] for one in run["tasks"]]


def test_12_a_state_update_may_be_of_variables_alone(world):
    waiting = world.run([task("WAIT", "wait")])

    run = update(world, waiting, variables={"a": 1})

    assert {"a": 1} == run["variables"]


def test_12_a_state_update_of_a_task_that_is_not_open_changes_nothing(world):
    waiting = world.run([task("WAIT", "wait")])

    with pytest.raises(NotFound, match=f"no running task other of workflow {waiting}"):
        update(
            world,
            waiting,
            taskReferenceName="other",
            taskResult={"status": "COMPLETED"},
            variables={"a": 1},
        )
    with pytest.raises(InvalidInput, match="taskResult: required for the task wait"):
        update(world, waiting, taskReferenceName="wait")
    assert {} == world.workflow(waiting)["variables"]


def test_12_execute_as_an_api_answers_the_output(world):
    world.register("adds", [inline("sum", "$.a + $.b", a=1, b=2)])

    output = world.podium.synchronous.execute_as_api(
        StartWorkflowRequest(name="adds"), (), 1
    )

    assert {"result": 3} == output


def test_12_correlated_workflows_of_several_names(world):
    for name in ("a", "b", "c"):
        world.register(name, [task("WAIT", "wait")])
    first = world.start("a", correlationId="c-1")
    second = world.start("b", correlationId="c-1")
    third = world.start("b", correlationId="c-2")
    world.start("c", correlationId="c-1")

    found = world.podium.searching.correlated_of(
        ["a", "b"], ["c-1", "c-2", "c-3"], include_closed=False, include_tasks=False
    )

    assert {"c-1": [first, second], "c-2": [third], "c-3": []} == {
        one: [shown["workflowId"] for shown in listed] for one, listed in found.items()
    }


def test_12_23_summarized_a_loop_shows_its_last_iterations(world):
    looped = world.run(
        [
            do_while(
                inline("a", "1"),
                condition="if ($.loop.iteration < 12) {true;} else {false;}",
            )
        ]
    )

    shown = world.podium.workflows.get(looped, summarize=True)
    everything = world.workflow(looped)

    assert {"10", "11", "12"} == {
        key for key in shown["tasks"][0]["outputData"] if key.isdecimal()
    }
    assert 12 == shown["tasks"][0]["outputData"]["iteration"]
    assert 13 == len(everything["tasks"][0]["outputData"])
    assert everything["tasks"][1:] == shown["tasks"][1:]
