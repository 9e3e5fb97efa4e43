"""What all models have in common: names, nulls, unknown fields, errors."""

import pytest
from pydantic import ValidationError

from podium.errors import InvalidInput
from podium.model.task_definition import TaskDef
from podium.model.workflow_definition import WorkflowDef
from podium.model.workflow_task import WorkflowTask


def test_wire_names_are_camel_case():
    """A field written in Python is read by a Conductor client."""
    task = WorkflowTask(name="a", task_reference_name="a_ref", join_on=["b"])

    written = task.to_json()

    assert ("a_ref", ["b"]) == (written["taskReferenceName"], written["joinOn"])


def test_python_names_are_not_accepted_on_the_wire():
    """A client that sends snake_case sends unknown fields."""
    assert (
        "" == WorkflowTask.from_json({"task_reference_name": "a"}).task_reference_name
    )


def test_unknown_fields_are_ignored():
    """A newer or an Orkes client may send fields that Conductor does not know."""
    definition = WorkflowDef.from_json({"name": "w", "overwriteTags": True, "tags": []})

    assert not {"overwriteTags", "tags"} & set(definition.to_json())


@pytest.mark.parametrize(
    ("posted", "field", "expected"),
    [
        ({"restartable": None}, "restartable", True),
        ({"timeoutPolicy": None}, "timeout_policy", "ALERT_ONLY"),
        ({"tasks": None}, "tasks", ()),
        ({"ownerApp": None}, "owner_app", None),
        ({"createTime": None}, "create_time", 0),
    ],
)
def test_an_explicit_null_is_an_absent_field(posted, field, expected):
    """Corpus definitions carry nulls for fields that have defaults."""
    assert expected == getattr(WorkflowDef.from_json(posted), field)


def test_null_fields_are_left_out():
    """Conductor's mapper writes no null properties (NON_NULL)."""
    assert None not in TaskDef(name="t").to_json().values()


def test_nulls_inside_maps_are_kept():
    """A null entry of a free-form map is data, not an absent field."""
    given = {"a": None, "b": {"c": None, "d": [None]}}

    assert given == WorkflowTask(input_parameters=given).to_json()["inputParameters"]


@pytest.mark.parametrize("number", [1, 1.0, 2**63, 1e300, -0.5])
def test_numbers_in_maps_stay_what_they_are(number):
    """An int does not become a float, nor the reverse."""
    read = WorkflowTask.from_json({"inputParameters": {"n": number}})
    back = read.to_json()["inputParameters"]["n"]

    assert (number, type(number)) == (back, type(back))


def test_maps_keep_their_order():
    """Decision cases are shown in the order of the author."""
    cases = {"z": [], "a": [], "m": []}

    assert ["z", "a", "m"] == list(
        WorkflowTask.from_json({"decisionCases": cases}).to_json()["decisionCases"]
    )


def test_models_do_not_change():
    """A changed model is a new one."""
    with pytest.raises(ValidationError):
        TaskDef(name="t").name = "u"


def test_numbers_are_taken_where_text_is_meant():
    """Jackson writes a number into a String field as text."""
    assert "7" == WorkflowDef.from_json({"description": 7}).description


def test_a_misfit_is_named_by_its_path():
    """The author can find the field in a deep definition."""
    posted = {"tasks": [{"name": "a"}, {"defaultCase": [{"startDelay": "soon"}]}]}

    with pytest.raises(InvalidInput) as refusal:
        WorkflowDef.from_json(posted)

    assert refusal.value.message.startswith(
        "WorkflowDef.tasks[1].defaultCase[0].startDelay: Input should be"
    )


@pytest.mark.parametrize("body", [[], "text", 5, None])
def test_a_body_that_is_no_object_is_refused(body):
    """A definition is a JSON object."""
    with pytest.raises(InvalidInput):
        WorkflowDef.from_json(body)
