"""The published @io-orkes/conductor-javascript, unmodified, against a running server.

Which server, ``--server`` says: `podium dev`, or the template in an emulator.

``clients/javascript/scenario.mjs`` runs once; the tests judge what it saw.
"""

import shutil
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not shutil.which("npm"), reason="there is no npm"),
]

CLIENT = Path(__file__).parent / "clients" / "javascript"


@pytest.fixture(scope="module")
def told(tell):
    """What every step of the scenario saw, by its name."""
    installed = CLIENT / "node_modules" / ".installed"
    assert installed.exists(), f"run `make clients`: there is no {installed}"
    return tell("node", CLIENT / "scenario.mjs")


def test_task_definitions_are_kept_updated_listed_and_deleted(step):
    seen = step("task_definitions")
    assert "by hand" == seen["description"]
    assert ["js_by_hand"] == seen["names"]
    assert "No such taskType found by name: js_gone" in seen["gone"]


def test_workflow_definitions_have_versions(step):
    seen = step("workflow_definitions")
    assert ["js_by_hand.1", "js_by_hand.2"] == seen["versions"]
    assert 1 == seen["latest"]


def test_its_workers_run_its_fluent_workflows(step):
    seen = step("workers")
    assert ["COMPLETED", "COMPLETED"] == seen["statuses"]
    assert {"n": 16} == seen["output"]
    assert {"left": {"n": 2}, "right": {"n": 4}} == seen["joined"]


def test_a_task_is_updated_by_hand_with_logs(step):
    seen = step("updates")
    assert "COMPLETED" == seen["status"]
    assert {"half": True, "done": True} == seen["output"] == seen["short"]["output"]
    assert {"item": "tea"} == seen["input"]
    assert ["looked at"] == seen["logs"]
    assert "No such workflow found by id: nothing" in seen["unknown"]


def test_a_synchronous_start_answers_where_it_waits_and_a_signal_ends_it(step):
    expected = {"status": "RUNNING", "requestId": "r1", "signalled": "COMPLETED"}
    assert expected == step("execute")


def test_workflows_are_paused_resumed_and_terminated(step):
    expected = {"paused": "PAUSED", "status": "TERMINATED", "reason": "enough"}
    assert expected == step("pause_and_terminate")


def test_failed_workflows_are_retried_restarted_and_rerun(step):
    expected = {
        "failed": "FAILED",
        "retried": 2,
        "restarted": "RUNNING",
        "rerun": {"item": "again"},
        "output": {"n": 3},
    }
    assert expected == step("recovery")


def test_workflows_and_tasks_are_found(step):
    seen = step("search")
    assert seen["total"]
    assert (["js"], ["js_by_hand"], ["js_by_hand"]) == (
        seen["correlated"],
        seen["tasks"],
        seen["sizes"],
    )
    assert "No such workflow found" in seen["gone"]


def test_variables_and_state_are_updated(step):
    seen = step("state")
    assert {"colour": "red"} == seen["first"]
    assert ("COMPLETED", {"colour": "blue"}) == (seen["status"], seen["variables"])


def test_a_definition_is_tried_out_with_mocks(step):
    assert {"status": "COMPLETED", "output": {"mocked": True}} == step("dry_run")


def test_schedules_are_paused_resumed_and_deleted(step):
    seen = step("schedules")
    assert (True, 3, 0) == (seen["paused"], seen["few"], seen["found"])
    assert "js_daily" in seen["gone"]


def test_event_handlers_are_kept_and_removed(step):
    seen = step("event_handlers")
    assert [["js_handler", False]] == seen["all"]
    assert "js_handler" in seen["again"]


def test_all_schedules_stand_still_and_go_on_with_each_run_once(step):
    seen = step("all_schedules")
    assert (["js_each_second"], 0) == (seen["listed"], seen["others"])
    assert 0 == seen["halted"]
    assert "COMPLETED" == seen["status"]
    assert len(seen["times"]) == len(set(seen["times"])) >= 2


def test_what_handlers_did_is_told_by_handler_and_by_event(step):
    seen = step("event_executions")
    assert ["js_hears", "js_sleeps"] == seen["all"]
    assert ["js_hears"] == seen["active"]
    event = "conductor:js_telling:tell"
    hears = {"name": "js_hears", "event": event, "active": True, "numberOfActions": 1}
    assert [hears] == seen["overview"]
    assert ["js_hears", event, "start_workflow"] == seen["done"]
    assert seen["same"]
    assert ["js_by_hand", 7] == seen["started"]


def test_workflows_are_started_by_name_skipped_signalled_and_gone_back_in(step):
    seen = step("by_other_ways")
    assert ["COMPLETED", "RUNNING", "COMPLETED"] == seen["statuses"]
    assert (2, []) == (seen["started"], seen["polls"])
