"""What a client gets who has a definition validated: Conductor's answers, and more."""

import json

import pytest

from gateway_events import CONTEXT, event
from podium_functions.api import Api
from podium_functions.callers import anybody
from world import do_while, new_world, simple


@pytest.fixture
def validate():
    with new_world() as world:
        api = Api(world.podium, identify=anybody)

        def send(*tasks, **fields):
            body = {"name": "w", "schemaVersion": 2, "tasks": list(tasks), **fields}
            given = event(
                "POST", "/api/metadata/workflow/validate", body=json.dumps(body)
            )
            response = api.handle(given, CONTEXT)
            return response["statusCode"], json.loads(response["body"])

        yield send


def test_warnings_come_with_200(validate):
    status, body = validate(simple("a"), failureWorkflow="mourn")

    assert 200 == status
    assert ["unknown-workflow"] == [one["rule"] for one in body["findings"]]


def test_errors_come_with_400_and_warnings_beside_them(validate):
    loop = do_while(simple("a"), condition="true")
    status, body = validate(loop, failureWorkflow="mourn")

    assert 400 == status
    assert "Validation failed, check below errors for detail." == body["message"]
    assert [
        {
            "path": "validateWorkflowDef.workflowDef.tasks[0].loopCondition",
            "message": "the condition always holds, and no TERMINATE is in the loop: "
            "it has no end but a failure",
            "invalidValue": "true",
        }
    ] == body["validationErrors"]
    rules = [one["rule"] for one in body["metadata"]["findings"]]
    assert ["unknown-workflow", "endless-loop"] == rules
