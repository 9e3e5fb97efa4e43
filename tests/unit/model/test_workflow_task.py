"""Steps of a definition: defaults, nesting, sub-workflow parameters."""

import pytest

from podium.errors import InvalidInput
from podium.model.workflow_definition import WorkflowDef
from podium.model.workflow_task import SubWorkflowParams, WorkflowTask


def test_defaults_are_written_as_conductor_writes_them():
    """A bare task reads back with every default that is not null."""
    assert {
        "name": "a",
        "taskReferenceName": "a",
        "inputParameters": {},
        "type": "SIMPLE",
        "decisionCases": {},
        "defaultCase": [],
        "forkTasks": [],
        "startDelay": 0,
        "joinOn": [],
        "optional": False,
        "defaultExclusiveJoinTask": [],
        "asyncComplete": False,
        "loopOver": [],
        "onStateChange": {},
        "permissive": False,
        "metadata": {},
    } == WorkflowTask.from_json({"name": "a", "taskReferenceName": "a"}).to_json()


@pytest.mark.parametrize("field", ["type", "workflowTaskType"])
def test_the_type_has_two_names_on_input(field):
    """Old definitions say workflowTaskType."""
    task = WorkflowTask.from_json({field: "HTTP"})

    assert ("HTTP", "HTTP") == (task.type, task.to_json()["type"])


def _names(tasks):
    return [task.task_reference_name for task in tasks]


def test_collecting_follows_the_definition_into_every_nesting():
    """Cases, default case, branches and loop bodies, in the order of the author."""

    def leaf(name):
        return {"taskReferenceName": name}

    definition = WorkflowDef.from_json(
        {
            "tasks": [
                {
                    "taskReferenceName": "switch",
                    "type": "SWITCH",
                    "decisionCases": {"x": [leaf("x1")], "y": [leaf("y1")]},
                    "defaultCase": [leaf("other")],
                },
                {
                    "taskReferenceName": "fork",
                    "type": "FORK_JOIN",
                    "forkTasks": [[leaf("f1"), leaf("f2")], [leaf("g1")]],
                },
                {
                    "taskReferenceName": "loop",
                    "type": "DO_WHILE",
                    "loopOver": [leaf("body")],
                },
            ]
        }
    )

    assert [
        "switch",
        "x1",
        "y1",
        "other",
        "fork",
        "f1",
        "f2",
        "g1",
        "loop",
        "body",
    ] == _names(definition.collect_tasks())


def test_only_the_type_says_what_is_nested():
    """A SIMPLE task with left-over cases has no children."""
    task = WorkflowTask.from_json({"decisionCases": {"x": [{"name": "a"}]}})

    assert () == task.children()


def test_an_inline_definition_is_a_definition():
    """A SUB_WORKFLOW may carry the whole workflow it starts."""
    params = SubWorkflowParams.from_json(
        {"workflowDefinition": {"name": "inner", "tasks": [{"name": "a"}]}}
    )

    assert isinstance(params.workflow_definition, WorkflowDef)
    assert ("inner", 1) == (params.name, params.version)


def test_written_names_win_over_the_inline_definition():
    """A definition reads back as it was written."""
    params = SubWorkflowParams.from_json(
        {"name": "outer", "version": 3, "workflowDefinition": {"name": "inner"}}
    )

    assert ("outer", 3) == (params.name, params.version)


def test_an_expression_may_stand_for_the_definition():
    """The definition may come from the workflow's input."""
    posted = {"name": "w", "workflowDefinition": "${workflow.input.definition}"}

    assert posted == SubWorkflowParams.from_json(posted).to_json()


@pytest.mark.parametrize("priority", [5, "${workflow.input.priority}"])
def test_priority_is_a_number_or_an_expression(priority):
    """Conductor keeps it as an Object."""
    assert priority == SubWorkflowParams.from_json({"priority": priority}).priority


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ("inner", "workflowDefinition is a string, but not a valid DSL string"),
        ("${open", "workflowDefinition is a string, but not a valid DSL string"),
        (
            5,
            (
                "workflowDefinition must be either null, or WorkflowDef, "
                "or a valid DSL string"
            ),
        ),
    ],
)
def test_other_inline_definitions_are_refused(definition, message):
    """Conductor's setter says why."""
    with pytest.raises(InvalidInput) as refusal:
        SubWorkflowParams.from_json({"workflowDefinition": definition})

    assert message == refusal.value.message
