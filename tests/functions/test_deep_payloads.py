"""What is nested deeper than Python's calls may be is kept, shown and found."""

import json

import pytest

from gateway_events import CONTEXT, event
from podium_functions.api import Api
from podium_functions.callers import anybody
from world import new_world, task

LEVELS = 900


@pytest.fixture
def world():
    with new_world() as opened:
        yield opened


@pytest.fixture
def ask(world):
    api = Api(world.podium, identify=anybody)

    def send(method, path, body=None, query=""):
        answer = api.handle(event(method, path, body=body, query=query), CONTEXT)
        return answer["statusCode"], answer["body"]

    return send


def nested(levels):
    return '{"a":' * levels + '{"card":1}' + "}" * levels


def test_a_deep_output_ends_its_workflow(world, ask):
    """A worker reports it, and so may no more be stuck by it than others."""
    world.register(
        "order",
        [task("WAIT", "wait"), task("NOOP", "last")],
        outputParameters={"all": "${wait.output}", "text": "a ${wait.output}"},
        maskedFields=["card"],
    )
    _, workflow_id = ask("POST", "/api/workflow/order", "{}")

    status, _ = ask("POST", f"/api/tasks/{workflow_id}/wait/COMPLETED", nested(LEVELS))
    world.settle()
    shown = ask("GET", f"/api/workflow/{workflow_id}")
    found = ask("GET", "/api/workflow/search", query=f"query=workflowId={workflow_id}")

    assert [200, 200, 200] == [status, shown[0], found[0]]
    assert "COMPLETED" == json.loads(shown[1])["status"]
    assert '"card":"***"' in shown[1]
    assert '"card":1' not in shown[1] + found[1]


def test_a_deeper_one_is_refused(world, ask):
    world.register("order", [task("WAIT", "wait")])
    _, workflow_id = ask("POST", "/api/workflow/order", "{}")

    status, body = ask("POST", f"/api/tasks/{workflow_id}/wait/COMPLETED", nested(5000))

    assert 400 == status
    assert "nested too deeply" in body
