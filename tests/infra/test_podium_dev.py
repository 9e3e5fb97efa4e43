"""``podium dev --aws`` listens to what the deployment's functions listen to."""

import pytest

from podium.service.redispatching import SYSTEM_LEASE
from podium_local.aws.podium import DECIDES, RUNS_TASKS, TASKS_HIDE
from templates import resources


@pytest.mark.parametrize(
    ("function", "queues"),
    [("DeciderFunction", DECIDES), ("SystemTasksFunction", RUNS_TASKS)],
)
def test_each_queue_of_a_function_is_worked_off(function, queues):
    events = resources("template")[function]["Properties"]["Events"].values()
    sources = [one["Properties"]["Queue"]["GetAtt"] for one in events]

    assert sorted(f"Data.Outputs.{one}" for one in queues) == sorted(sources)


def test_no_other_function_has_a_queue_of_the_deployments():
    functions = resources("template", "AWS::Serverless::Function")
    listening = {
        name
        for name, function in functions.items()
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] == "SQS"
    }

    assert {"DeciderFunction", "SystemTasksFunction"} == listening


def test_a_task_that_was_left_comes_again_when_its_lease_is_over():
    assert TASKS_HIDE * 1000 > SYSTEM_LEASE
