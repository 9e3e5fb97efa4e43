"""Who is told of status changes, and what: reference 5.2."""

import json
import logging

import pytest

from http_site import serving
from podium.errors import InvalidInput, Unavailable
from podium.eventing import Eventing, Listeners
from podium.service.notifications import GIVEN_UP_AFTER
from world import HOUR, MINUTE, SECOND, inline, simple, task


@pytest.fixture
def site():
    with serving() as opened:
        yield opened


def _hook(world, site, **listeners):
    """Have changes of workflows posted to a site."""
    world.connect(
        Eventing(listeners=Listeners(**(listeners or {"workflow_webhook": site.uri})))
    )


def _posted(site):
    return [json.loads(body) for _, _, _, body in site.requests]


# --- webhooks of workflows -------------------------------------------------------


def test_5_2_an_end_is_posted_as_a_summary(world, site):
    _hook(world, site)
    started = world.run([inline("sum", "1")], {"x": 1}, correlationId="c")

    [(method, path, headers, _)] = site.requests
    assert ("POST", "/path?q=1", "application/json") == (
        method,
        path,
        headers["Content-Type"],
    )
    [told] = _posted(site)
    assert {
        "workflowId": started,
        "workflowType": "tested",
        "version": 1,
        "correlationId": "c",
        "status": "COMPLETED",
        "input": "{x=1}",
        "eventType": "COMPLETED",
    }.items() <= told.items()
    assert told["startTime"].endswith("Z")
    assert told["eventId"].startswith(f"{started}:")


def test_5_2_a_worker_takes_nothing_of_what_is_to_be_told(world, site):
    _hook(world, site)
    world.register("tested", [task("NOOP", "only")])
    started = world.start("tested", settle=False)

    with pytest.raises(InvalidInput, match="_notifications"):
        world.poll("_notifications")
    world.settle()

    assert [started] == [told["workflowId"] for told in _posted(site)]


@pytest.mark.parametrize(
    ("enabled", "changes"),
    [
        (True, ["STARTED", "PAUSED", "RESUMED", "TERMINATED"]),
        (False, ["TERMINATED"]),
    ],
)
def test_5_2_all_but_ends_are_told_where_the_definition_wants_it(
    world, site, enabled, changes
):
    _hook(world, site)
    started = world.run([task("WAIT", "wait")], workflowStatusListenerEnabled=enabled)
    world.podium.workflows.pause(started)
    world.podium.workflows.resume(started)
    world.podium.workflows.terminate(started, "enough")
    world.settle()

    told = sorted(_posted(site), key=lambda one: int(one["eventId"].split(":")[1]))
    assert changes == [one["eventType"] for one in told]
    assert "TERMINATED" == told[-1]["status"]
    assert "enough" == told[-1]["reasonForIncompletion"]


@pytest.mark.parametrize(
    ("operation", "change"), [("restart", "RESTARTED"), ("retry", "RETRIED")]
)
def test_5_2_what_brings_a_workflow_back_is_told_by_its_name(
    world, site, operation, change
):
    _hook(world, site)
    started = world.run([task("WAIT", "wait")], workflowStatusListenerEnabled=True)
    world.signal_task(started, "wait", "FAILED")

    getattr(world.podium.recovery, operation)(started)
    world.settle()

    told = sorted(_posted(site), key=lambda one: int(one["eventId"].split(":")[1]))
    assert ["STARTED", "TERMINATED", change] == [one["eventType"] for one in told]
    assert "RUNNING" == told[-1]["status"]


def test_5_2_a_failure_is_a_termination(world, site):
    _hook(world, site)
    started = world.run([task("WAIT", "wait")])
    world.signal_task(started, "wait", "FAILED")

    [told] = _posted(site)
    assert ("TERMINATED", "FAILED") == (told["eventType"], told["status"])


# --- webhooks of tasks -----------------------------------------------------------


def test_5_2_changes_of_tasks_are_posted_as_summaries(world, site):
    _hook(world, site, task_webhook=site.uri)
    world.run([simple("work", description="does it")], {"x": 1})
    world.complete("work", {"y": 2})

    scheduled, completed = _posted(site)
    assert ("SCHEDULED", "COMPLETED") == (scheduled["status"], completed["status"])
    assert {
        "workflowType": "tested",
        "taskType": "work",
        "taskDefName": "work",
        "referenceTaskName": "work",
        "workflowTaskType": "SIMPLE",
        "taskDescription": "does it",
        "retryCount": 0,
        "output": "{y=2}",
        "eventType": "COMPLETED",
    }.items() <= completed.items()


def test_5_2_a_task_whose_definition_does_not_want_it_is_not_told_of(world, site):
    world.register_task("quiet", taskStatusListenerEnabled=False)
    _hook(world, site, task_webhook=site.uri)
    world.run([simple("first", "quiet"), simple("second", "loud")])
    world.complete("quiet")

    assert ["second"] == [one["referenceTaskName"] for one in _posted(site)]


# --- queues ----------------------------------------------------------------------


def _on_queue(world, name):
    """Have a workflow start for each message of a queue."""
    world.register("heard", [task("NOOP", "nothing")])
    action = {"name": "heard", "input": {"all": "${$}"}}
    world.register_handler(
        name=name,
        event=f"conductor:{name}",
        actions=[{"action": "start_workflow", "start_workflow": action}],
    )


def _heard(world):
    found = world.podium.searching.search("workflowType = 'heard'", None, None, 0, 100)
    return [world.workflow(row.workflow_id) for row in found.rows]


@pytest.mark.parametrize(
    ("status", "queue"),
    [
        ("COMPLETED", "_callbackSuccessQueue"),
        ("FAILED", "_callbackFailureQueue"),
        ("COMPLETED", "_callbackFinalizeQueue"),
    ],
)
def test_5_2_ends_come_by_conductors_queues(world, site, status, queue):
    _hook(world, site, queue="conductor")
    _on_queue(world, queue)
    started = world.run([task("WAIT", "wait")], workflowStatusListenerEnabled=True)
    world.signal_task(started, "wait", status)

    [heard] = _heard(world)
    told = heard["input"]["all"]
    assert (started, status) == (told["workflowId"], told["status"])


def test_5_2_a_workflow_that_does_not_want_it_is_not_queued(world, site):
    _hook(world, site, queue="conductor")
    _on_queue(world, "_callbackSuccessQueue")
    world.run([inline("sum", "1")])

    assert [] == _heard(world)


class Sink:
    """A sink that remembers, or refuses."""

    def __init__(self):
        self.published = []

    def publish(self, queue, event):
        self.published.append((queue, event))


def test_5_2_ends_go_to_a_sink_once_each(world):
    sink = Sink()
    listeners = Listeners(queue="sqs:ended")
    world.connect(Eventing(sinks={"sqs": sink}, listeners=listeners))
    started = world.run([inline("sum", "1")], workflowStatusListenerEnabled=True)

    [(queue, event)] = sink.published
    assert ("ended", started) == (queue, event.group)
    assert "COMPLETED" == json.loads(event.body)["status"]


# --- trouble ---------------------------------------------------------------------


def test_5_2_a_webhook_that_does_not_answer_holds_nothing_up_and_is_told_later(
    world, site
):
    site.status = 503
    _hook(world, site)
    started = world.run([inline("sum", "1")])
    assert "COMPLETED" == world.status(started)

    world.clock.advance(MINUTE)
    world.settle()
    assert 2 == len(site.requests)
    site.status = 200
    world.clock.advance(HOUR)
    world.settle()

    assert 3 == len(site.requests)
    assert 1 == len({one["eventId"] for one in _posted(site)})
    world.clock.advance(HOUR)
    world.settle()
    assert 3 == len(site.requests)


def test_5_2_a_webhook_that_never_answers_is_given_up_after_a_day(world, site, caplog):
    site.status = 500
    _hook(world, site)
    world.run([inline("sum", "1")])

    world.clock.advance(GIVEN_UP_AFTER)
    with caplog.at_level(logging.ERROR):
        world.settle()
    told = len(site.requests)
    world.clock.advance(GIVEN_UP_AFTER)
    world.settle()

    assert "notification_given_up" in caplog.text
    assert told == len(site.requests)


def test_5_2_what_is_removed_meanwhile_is_not_told(world, site):
    site.status = 503
    _hook(world, site)
    started = world.run([inline("sum", "1")])
    told = len(site.requests)
    world.podium.workflows.remove(started, archive=False)

    world.clock.advance(10 * SECOND)
    world.settle()

    assert told == len(site.requests)


def test_5_2_one_listener_in_trouble_does_not_keep_the_others_from_hearing(world, site):
    class Broken(Sink):
        def publish(self, *_):
            raise Unavailable("not now")

    listeners = Listeners(workflow_webhook=site.uri, queue="sqs:ended")
    world.connect(Eventing(sinks={"sqs": Broken()}, listeners=listeners))
    world.run([inline("sum", "1")], workflowStatusListenerEnabled=True)

    assert {"STARTED", "COMPLETED"} == {one["eventType"] for one in _posted(site)}
