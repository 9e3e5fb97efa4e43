"""What schedules cost: a run beyond its workflow, and a minute in which none is due."""

import pytest

from podium.bootstrap import build
from podium.model.requests import StartWorkflowRequest
from podium.model.schedule import WorkflowSchedule
from podium.model.workflow_definition import WorkflowDef
from podium.schedules.store import subject_of
from podium.service.scheduled_runs import OverdueSchedules
from world import task


@pytest.fixture
def podium(home):
    podium = build(home)
    definition = {"name": "w", "schemaVersion": 2, "tasks": [task("HUMAN", "ask")]}
    podium.definitions.update_workflows([WorkflowDef.from_json(definition)])
    return podium


def save(podium, name="a"):
    document = {
        "name": name,
        "cronExpression": "0 * * * * *",
        "startWorkflowRequest": {"name": "w", "version": 1},
    }
    return podium.scheduler.save(WorkflowSchedule.from_json(document))


def test_saving_a_schedule_is_a_read_a_write_and_a_timer(podium, meter):
    with meter.bill() as bill:
        save(podium)

    expected = {"dynamodb.GetItem": 1, "dynamodb.PutItem": 1, "sqs.SendMessage": 1}
    assert expected == dict(bill.calls)
    assert 1 == bill.write_units


def test_a_run_costs_two_writes_two_reads_and_a_timer_more_than_its_workflow(
    podium, meter, clock
):
    first = save(podium).next_run_time
    clock.advance(first - clock.now())
    request = StartWorkflowRequest.from_json({"name": "w", "version": 1})
    podium.starter.start(request)  # its definition is known from here on

    with meter.bill() as alone:
        podium.starter.start(request)
    with meter.bill() as bill:
        podium.decider_queue.wake(subject_of("a"))

    of_the_run = {"dynamodb.GetItem": 2, "dynamodb.PutItem": 2, "sqs.SendMessage": 1}
    assert of_the_run == dict(bill.calls - alone.calls)
    assert 2 == bill.write_units - alone.write_units


def test_a_timer_with_nothing_to_do_is_one_read(podium, meter):
    save(podium)

    with meter.bill() as bill:
        podium.decider_queue.wake(subject_of("a"))

    assert {"dynamodb.GetItem": 1} == dict(bill.calls)


def test_a_minute_in_which_nothing_is_overdue_is_one_small_read(podium, meter, home):
    overdue = OverdueSchedules(home)
    with meter.bill() as none_at_all:
        overdue.rearm()
    for number in range(5):
        save(podium, f"schedule {number}")
    with meter.bill() as none_overdue:
        overdue.rearm()

    for bill in (none_at_all, none_overdue):
        assert {"dynamodb.Query": 1} == dict(bill.calls)
        assert 1 == bill.read_units
