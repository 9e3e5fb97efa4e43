"""The reader that the corpus is judged by sees what is wrong."""

import copy

import pytest

from paths_taken import PathTaken
from world import new_world, simple, task


def _ended():
    tasks = [
        simple("first", inputParameters={"n": "${workflow.input.n}"}),
        task(
            "SWITCH",
            "choice",
            evaluatorType="value-param",
            expression="which",
            inputParameters={"which": "${first.output.which}"},
            decisionCases={"a": [simple("in_a")], "b": [simple("in_b")]},
        ),
        simple("last", inputParameters={"x": "${in_a.output.x}"}),
    ]
    with new_world() as world:
        output = {"x": "${last.output.x}"}
        workflow_id = world.run(tasks, {"n": 1}, outputParameters=output)
        world.complete("first", {"which": "a"})
        world.complete("in_a", {"x": 1})
        world.complete("last", {"x": 2})
        return world.workflow(workflow_id)


@pytest.fixture(scope="module")
def ended():
    return _ended()


def _missteps(workflow):
    return PathTaken(workflow["workflowDefinition"], workflow).check()


def test_a_workflow_that_went_its_way_has_no_missteps(ended):
    assert [] == _missteps(ended)


def _lose(workflow):
    del workflow["tasks"][2]


def _stray(workflow):
    workflow["tasks"].append(copy.deepcopy(workflow["tasks"][2]))
    workflow["tasks"][-1] |= {"referenceTaskName": "in_b", "seq": 5}


def _repeat(workflow):
    workflow["tasks"].append(copy.deepcopy(workflow["tasks"][3]))
    workflow["tasks"][-1] |= {"seq": 5, "retryCount": 1}


def _leave_open(workflow):
    workflow["tasks"][3]["status"] = "SCHEDULED"


def _garble_input(workflow):
    workflow["tasks"][3]["inputData"]["x"] = 7


def _garble_output(workflow):
    workflow["output"]["x"] = 7


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (_lose, "in_a: was never scheduled"),
        (_stray, "in_b: was scheduled out of turn"),
        (_repeat, "last: was tried again after COMPLETED"),
        (_leave_open, "last: is SCHEDULED in an ended workflow"),
        (_garble_input, "last: x is 7, not 1"),
        (_garble_output, "output: x is 7, not 2"),
    ],
)
def test_what_is_wrong_is_said(ended, tamper, expected):
    workflow = copy.deepcopy(ended)
    tamper(workflow)

    assert expected in _missteps(workflow)
