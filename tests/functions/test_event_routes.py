"""``/api/event`` and the queues of events, as clients ask (1.5; 12, #17 and #18)."""

import json

import pytest

from gateway_events import CONTEXT, event
from podium_functions.api import Api
from podium_functions.callers import anybody
from world import new_world, task

HANDLER = {
    "name": "on tell",
    "event": "conductor:telling:tell",
    "active": True,
    "actions": [{"action": "complete_task", "complete_task": {"taskId": "${task}"}}],
}


@pytest.fixture
def world():
    with new_world() as opened:
        yield opened


@pytest.fixture
def ask(world):
    """Send a request to the API; return status and what the body holds."""
    api = Api(world.podium, identify=anybody)

    def send(method, path, body=None, query=""):
        response = api.handle(event(method, path, body=body, query=query), CONTEXT)
        text = response.get("body")
        return response["statusCode"], json.loads(text) if text else None

    return send


@pytest.mark.parametrize("body", [HANDLER, [HANDLER]])
def test_a_handler_is_added_as_one_or_as_a_list_of_one(ask, body):
    assert (200, None) == ask("POST", "/api/event", body)

    status, [found] = ask("GET", "/api/event")
    assert (200, "on tell") == (status, found["name"])


def test_a_handler_is_replaced(ask):
    ask("POST", "/api/event", HANDLER)
    ask("PUT", "/api/event", {**HANDLER, "active": False})

    assert (200, []) == ask("GET", "/api/event/conductor:telling:tell")
    status, [found] = ask(
        "GET", "/api/event/conductor:telling:tell", query="activeOnly=false"
    )
    assert (200, False) == (status, found["active"])


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/api/event", HANDLER, 409),
        ("PUT", "/api/event", {**HANDLER, "name": "nobody"}, 404),
        ("DELETE", "/api/event/nobody", None, 404),
        ("POST", "/api/event", {**HANDLER, "name": ""}, 400),
        ("POST", "/api/event", {**HANDLER, "actions": []}, 400),
        (
            "POST",
            "/api/event",
            {**HANDLER, "name": "x", "actions": [{"action": "start_agent"}]},
            400,
        ),
    ],
)
def test_what_cannot_be_is_an_error_that_names_it(ask, method, path, body, status):
    ask("POST", "/api/event", HANDLER)

    answered, error = ask(method, path, body)

    assert status == answered
    assert error["message"]


def test_a_handler_of_a_queue_that_nobody_here_receives_is_taken_with_a_warning(
    ask, caplog
):
    assert (200, None) == ask("POST", "/api/event", {**HANDLER, "event": "sqs:orders"})
    assert "event_source_unknown" in caplog.text


@pytest.mark.parametrize("asked", ["conductor:telling:tell", "on tell"])
def test_what_was_done_about_an_event_or_by_a_handler_is_listed(ask, world, asked):
    ask("POST", "/api/event", {**HANDLER, "name": "at rest", "active": False})
    ask("POST", "/api/event", HANDLER)
    waiting = world.run([task("WAIT", "wait")])
    wait = world.task(waiting, "wait")["taskId"]
    tell = task("EVENT", "tell", sink="conductor", inputParameters={"task": wait})
    world.run([tell], name="telling")

    status, [record] = ask("GET", f"/api/event/execution/{asked}")
    assert 200 == status
    assert ("on tell", "COMPLETED", wait) == (
        record["name"],
        record["status"],
        record["output"]["taskId"],
    )


def test_the_active_handlers_are_told_in_short(ask):
    """@io-orkes/conductor-javascript calls it getAllActiveEventHandlers."""
    ask("POST", "/api/event", HANDLER)
    ask("POST", "/api/event", {**HANDLER, "name": "at rest", "active": False})

    told = {"name": "on tell", "event": HANDLER["event"], "active": True}
    assert (200, {"totalHits": 1, "results": [{**told, "numberOfActions": 1}]}) == ask(
        "GET", "/api/event/execution"
    )


def test_a_task_is_ended_by_the_way_of_a_queue(ask, world):
    waiting = world.run([task("WAIT", "one"), task("WAIT", "two")])

    assert (200, None) == ask("POST", f"/api/queue/update/{waiting}/one/COMPLETED", {})
    two = world.task(waiting, "two")["taskId"]
    path = f"/api/queue/update/{waiting}/task/{two}"
    assert 400 == ask("POST", f"{path}/SCHEDULED", {})[0]
    assert 400 == ask("POST", f"{path}/DONE", {})[0]
    assert (200, None) == ask("POST", f"{path}/COMPLETED", {"y": 2})
    assert "COMPLETED" == world.status(waiting)


def test_the_queues_of_events_are_listed(ask):
    ask("POST", "/api/event", HANDLER)

    event_name, queue = "conductor:telling:tell", "telling:tell"
    assert (200, {event_name: queue}) == ask("GET", "/api/admin/queues")
    assert (200, {event_name: {queue: 0}}) == ask(
        "GET", "/api/admin/queues", query="verbose=true"
    )
