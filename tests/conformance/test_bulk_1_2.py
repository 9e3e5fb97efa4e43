"""Many workflows in one request (reference 1.2)."""

from dataclasses import replace

import pytest

from podium.clock import ManualClock
from podium.errors import ValidationFailed
from podium.service.bulk import NOT_TRIED, Bulk
from world import task

UNKNOWN = "01890a5d-ac96-8b3c-9f3c-4a7d00000000"
MISSING = f"No such workflow found by id: {UNKNOWN}"
OPERATIONS = {
    "pauseWorkflow": lambda bulk, ids: bulk.pause(ids),
    "resumeWorkflow": lambda bulk, ids: bulk.resume(ids),
    "restart": lambda bulk, ids: bulk.restart(ids, use_latest=False),
    "retry": lambda bulk, ids: bulk.retry(ids),
    "terminate": lambda bulk, ids: bulk.terminate(ids, None),
    "deleteWorkflow": lambda bulk, ids: bulk.remove(ids, archive=True),
    "terminateRemove": lambda bulk, ids: bulk.terminate_and_remove(
        ids, None, archive=True
    ),
    "searchWorkflow": lambda bulk, ids: bulk.search(ids, include_tasks=True),
}


@pytest.fixture
def bulk(world):
    return world.podium.bulk


@pytest.fixture
def running(world):
    """Return the ids of three workflows that wait."""
    world.register("waits", [task("WAIT", "wait")])
    return [world.start("waits") for _ in range(3)]


def response(succeeded, failed=None):
    return {
        "bulkErrorResults": failed or {},
        "bulkSuccessfulResults": succeeded,
        "message": "Bulk Request has been processed.",
    }


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("ids", [None, []], ids=["absent", "empty"])
def test_1_2_a_list_without_ids_is_refused(bulk, name, ids):
    with pytest.raises(ValidationFailed) as refusal:
        OPERATIONS[name](bulk, ids)

    [finding] = refusal.value.findings
    assert (f"{name}.workflowIds", "WorkflowIds list cannot be null.") == (
        finding.path,
        finding.message,
    )


@pytest.mark.parametrize("name", OPERATIONS)
def test_1_2_more_than_a_thousand_ids_are_refused(bulk, name):
    with pytest.raises(ValidationFailed) as refusal:
        OPERATIONS[name](bulk, [f"id-{number}" for number in range(1_001)])

    [finding] = refusal.value.findings
    assert finding.message == (
        "Cannot process more than 1000 workflows. Please use multiple requests."
    )


@pytest.mark.parametrize("name", OPERATIONS)
def test_1_2_what_fails_for_one_id_is_told_beside_it(bulk, name):
    assert response([], {UNKNOWN: MISSING}) == OPERATIONS[name](bulk, [UNKNOWN])


def test_1_2_pause_and_resume(world, bulk, running):
    paused = bulk.pause(running)

    assert response(running) == paused
    assert {"PAUSED"} == {world.status(one) for one in running}

    resumed = bulk.resume([*running, UNKNOWN])

    assert response(running, {UNKNOWN: MISSING}) == resumed
    assert {"RUNNING"} == {world.status(one) for one in running}


def test_1_2_resuming_what_is_not_paused_says_so(bulk, running):
    first, second, _ = running
    bulk.pause([first])

    answer = bulk.resume([first, second])

    assert [first] == answer["bulkSuccessfulResults"]
    assert answer["bulkErrorResults"] == {
        second: f"The workflow {second} is not PAUSED so cannot resume. "
        "Current status is RUNNING"
    }


def test_1_2_terminate_with_a_reason(world, bulk, running):
    assert response(running) == bulk.terminate(running, "enough")
    assert {("TERMINATED", "enough")} == {
        (one["status"], one["reasonForIncompletion"])
        for one in map(world.workflow, running)
    }


def test_1_2_restart_and_retry(world, bulk, running):
    first, second, third = running
    bulk.terminate([first, second], None)

    restarted = bulk.restart([first, third], use_latest=False)
    retried = bulk.retry([second, third])

    assert [first] == restarted["bulkSuccessfulResults"]
    assert "is not in terminal state" in restarted["bulkErrorResults"][third]
    assert [second] == retried["bulkSuccessfulResults"]
    assert {third: "Workflow is still running.  status=RUNNING"} == (
        retried["bulkErrorResults"]
    )
    assert {"RUNNING"} == {world.status(one) for one in running}


def test_1_2_removing_what_runs_needs_no_archive(world, bulk, running):
    kept = bulk.remove(running, archive=True)

    assert kept["bulkErrorResults"] == {
        one: f"Cannot archive workflow: {one} with status: RUNNING" for one in running
    }
    assert response(running) == bulk.remove(running, archive=False)
    assert {MISSING.replace(UNKNOWN, one) for one in running} == set(
        bulk.pause(running)["bulkErrorResults"].values()
    )


def test_1_2_terminate_and_remove_names_each_id_once(world, bulk, running):
    answer = bulk.terminate_and_remove(running, None, archive=False)

    assert response(running) == answer


def test_1_2_terminate_and_remove_takes_what_has_completed_too(world, bulk, running):
    for one in running:
        world.signal_task(one, "wait")

    answer = bulk.terminate_and_remove(running, "enough", archive=True)

    assert response(running) == answer
    assert {"COMPLETED"} == {world.status(one) for one in running}, "in the archive"


def test_1_2_search_returns_the_workflows(world, bulk, running):
    answer = bulk.search([*running, UNKNOWN], include_tasks=False)

    shown = answer["bulkSuccessfulResults"]
    assert running == [one["workflowId"] for one in shown]
    assert [[], [], []] == [one["tasks"] for one in shown]
    assert {UNKNOWN: MISSING} == answer["bulkErrorResults"]


def test_1_2_an_id_that_is_there_twice_counts_once(bulk, running):
    first, *_ = running

    assert response([first]) == bulk.pause([first, first])


class TickingClock(ManualClock):
    """A clock on which every look at it takes seven seconds."""

    def now(self):
        self.advance(7_000)
        return super().now()


def test_1_2_what_there_is_no_time_for_is_told_not_dropped(world, running):
    slow = replace(world.opened.home, clock=TickingClock())
    bulk = Bulk(slow, world.podium.workflows, world.podium.recovery)

    answer = bulk.pause(running)

    first, second, third = running
    assert response([first, second], {third: NOT_TRIED}) == answer
    assert "RUNNING" == world.status(third)


@pytest.mark.embedded_only("moto is not made for threads")
def test_1_2_threads_of_a_home_that_takes_several_do_the_same(world, running):
    home = world.opened.home
    several = replace(home, requests_at_once=4)
    bulk = Bulk(several, world.podium.workflows, world.podium.recovery)

    assert response(running) == bulk.pause(running)
