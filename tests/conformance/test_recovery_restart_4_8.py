import pytest

from podium.errors import Conflict, NotFound
from world import SECOND, inline, new_world, simple, task


@pytest.fixture
def world(home_name):
    with new_world() as opened:
        for name in ("a", "b", "added"):
            opened.register_task(name, retryCount=0)
        yield opened


def restart(world, workflow_id, **options):
    world.podium.recovery.restart(workflow_id, **options)
    world.settle()


def test_an_ended_workflow_begins_anew_under_its_id(world):
    started = world.run([inline("first", "1"), simple("a")], {"n": 1})
    world.fail("a")
    before = world.workflow(started)["tasks"]
    world.advance(5 * SECOND)

    restart(world, started)

    shown = world.workflow(started)
    assert "RUNNING" == shown["status"]
    assert [("first", "COMPLETED"), ("a", "SCHEDULED")] == world.tasks(started)
    assert [True, False] == [one["executed"] for one in shown["tasks"]]
    assert [1, 2] == [one["seq"] for one in shown["tasks"]]
    ids = {one["taskId"] for one in before} & {one["taskId"] for one in shown["tasks"]}
    assert not ids
    assert (world.clock.now(), world.clock.now()) == (
        shown["createTime"],
        shown["startTime"],
    )
    assert (0, 0, {}) == (shown["endTime"], shown["lastRetriedTime"], shown["output"])
    assert "reasonForIncompletion" not in shown
    assert ({"n": 1}, []) == (shown["input"], shown["failedReferenceTaskNames"])
    world.complete("a")
    assert "COMPLETED" == world.status(started)


def test_the_tasks_of_before_are_in_the_journal_alone(world):
    started = world.run([simple("a")])
    held = world.take("a")
    world.podium.workflows.terminate(started, None)
    restart(world, started)

    world.report(held, output={"late": True})

    assert [("a", "SCHEDULED")] == world.tasks(started)


def test_variables_stay_as_they_are(world):
    sets = task("SET_VARIABLE", "set", inputParameters={"n": 1})
    started = world.run([simple("a"), sets, simple("b")])
    world.complete("a")
    world.fail("b")

    restart(world, started)

    assert {"n": 1} == world.workflow(started)["variables"]


def test_it_runs_by_its_own_definition_unless_the_latest_is_wanted(world):
    started = world.run([simple("a")], name="changing")
    world.complete("a")
    world.register("changing", [simple("a"), simple("added")])

    restart(world, started)
    world.complete("a")
    assert "COMPLETED" == world.status(started)

    restart(world, started, use_latest=True)
    world.complete("a")
    assert "RUNNING" == world.status(started)
    world.complete("added")
    assert "COMPLETED" == world.status(started)


def test_the_latest_version_is_taken(world):
    started = world.run([simple("a")], name="changing")
    world.register("changing", [simple("added")], version=2)
    world.fail("a")

    restart(world, started, use_latest=True)

    shown = world.workflow(started)
    assert 2 == shown["workflowVersion"] == shown["workflowDefinition"]["version"]
    assert ["added"] == world.refs(started)


def test_the_clock_of_its_timeout_starts_anew(world):
    started = world.run([simple("a")], timeoutSeconds=60, timeoutPolicy="TIME_OUT_WF")
    world.advance(50 * SECOND)
    world.podium.workflows.terminate(started, None)
    restart(world, started)

    world.advance(59 * SECOND)
    assert "RUNNING" == world.status(started)
    world.advance(2 * SECOND)

    assert "TIMED_OUT" == world.status(started)


def test_a_running_workflow_is_not_restarted(world):
    started = world.run([simple("a")])

    with pytest.raises(Conflict) as refused:
        world.podium.recovery.restart(started)

    assert (
        f"Workflow: tested.1/{started}.RUNNING is not in terminal state, "
        "unable to restart."
    ) == refused.value.message


def test_what_is_not_restartable_is_only_when_it_failed(world):
    completed = world.run([simple("a")], restartable=False)
    world.complete("a")
    failed = world.run([simple("a")], restartable=False)
    world.fail("a")

    restart(world, failed)

    assert "RUNNING" == world.status(failed)
    with pytest.raises(NotFound) as refused:
        world.podium.recovery.restart(completed)
    assert f"Workflow: tested.1/{completed}.COMPLETED is non-restartable" == (
        refused.value.message
    )


def test_without_a_latest_definition_there_is_nothing_to_restart_by(world):
    started = world.run([simple("a")], name="gone")
    world.fail("a")
    world.podium.definitions.remove_workflow("gone", 1)

    with pytest.raises(NotFound, match=f"latest definition for {started}"):
        world.podium.recovery.restart(started, use_latest=True)
    restart(world, started)

    assert "RUNNING" == world.status(started)


def test_its_row_says_that_it_runs_again(world):
    started = world.run([simple("a")])
    world.complete("a")
    restart(world, started)

    row = world.opened.home.index.find([started])[started]

    assert ("RUNNING", 0, None) == (row.status, row.end_time, row.archived)


def test_a_restarted_child_brings_its_parent_back(world):
    world.register("child", [simple("a"), simple("b")])
    child = task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})
    started = world.run([child])
    world.complete("a")
    world.fail("b")
    below = world.task(started, "sub")["subWorkflowId"]

    restart(world, below)

    assert [("a", "SCHEDULED")] == world.tasks(below)
    assert [("sub", "IN_PROGRESS")] == world.tasks(started)
    assert below == world.task(started, "sub")["subWorkflowId"]
    world.complete("a")
    world.complete("b")
    assert "COMPLETED" == world.status(below) == world.status(started)


def test_a_restarted_parent_starts_another_child(world):
    world.register("child", [simple("a")])
    child = task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})
    started = world.run([child])
    world.complete("a")
    first = world.task(started, "sub")["subWorkflowId"]

    restart(world, started)

    second = world.task(started, "sub")["subWorkflowId"]
    assert first != second
    world.complete("a")
    assert "COMPLETED" == world.status(started)


@pytest.mark.parametrize("operation", ["restart", "retry"])
def test_a_child_that_its_parent_has_forgotten_runs_for_itself(world, operation):
    world.register("child", [simple("a")])
    child = task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})
    started = world.run([child])
    world.fail("a", status="FAILED_WITH_TERMINAL_ERROR")
    orphan = world.task(started, "sub")["subWorkflowId"]
    restart(world, started)
    world.complete("a")

    getattr(world.podium.recovery, operation)(orphan)
    world.advance(600 * SECOND)

    assert ("RUNNING", "COMPLETED") == (world.status(orphan), world.status(started))
    world.complete("a")
    assert ("COMPLETED", "COMPLETED") == (world.status(orphan), world.status(started))
