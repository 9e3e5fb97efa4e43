"""``/metadata/workflow/validate``, and unknown task types: reference 1.4, 2.2, 2.3."""

import pytest

from corpus import core_rows, needs_corpus
from podium.errors import ValidationFailed
from podium.model.workflow_definition import WorkflowDef
from world import do_while, fork_join, join_on, simple, task

AT = "validateWorkflowDef.workflowDef"


def _definition(*tasks, **fields):
    given = {"name": "w", "schemaVersion": 2, "tasks": list(tasks), **fields}
    return WorkflowDef.from_json(given)


def _validate(world, *tasks, **fields):
    definition = _definition(*tasks, **fields)
    return world.podium.definitions.validate_workflow(definition, at=AT)


def _refusal(world, *tasks, **fields):
    with pytest.raises(ValidationFailed) as refused:
        _validate(world, *tasks, **fields)
    return refused.value


def _errors(refusal):
    return [(one.path.removeprefix(f"{AT}."), one.message) for one in refusal.findings]


def test_1_4_a_sound_definition_is_found_nothing_wrong_with(world):
    assert {"findings": []} == _validate(world, simple("a"))


def test_1_4_warnings_do_not_refuse(world):
    finding = {
        "severity": "WARNING",
        "path": "failureWorkflow",
        "rule": "unknown-workflow",
        "message": "no workflow mourn is registered",
        "value": "mourn",
    }

    assert {"findings": [finding]} == _validate(
        world, simple("a"), failureWorkflow="mourn"
    )
    world.register("mourn", [simple("b")])
    assert {"findings": []} == _validate(world, simple("a"), failureWorkflow="mourn")


def test_1_4_every_error_is_told_at_once(world):
    refusal = _refusal(
        world,
        do_while(simple("a"), condition="true"),
        fork_join([simple("b", inputParameters={"x": "${c.output}"})]),
        join_on("d"),
        simple("c"),
        failureWorkflow="mourn",
        schemaVersion=1,
    )

    assert {
        "schemaVersion",
        "tasks[0].loopCondition",
        "tasks[1].forkTasks[0][0].inputParameters.x",
        "tasks[2].joinOn[0]",
    } == {path for path, _ in _errors(refusal)}
    severities = [one["severity"] for one in refusal.metadata["findings"]]
    assert ["ERROR"] * 4 == sorted(severities)[:4]
    assert "WARNING" in severities


def test_1_4_what_conductor_says_is_said_as_conductor_says_it(world):
    refusal = _refusal(world, simple("a", inputParameters={"x": "${b.output}"}))

    assert [
        (
            AT,
            (
                "taskReferenceName: b for given task: a input value: x of input "
                "parameter: ${b.output} is not defined in workflow definition."
            ),
        )
    ] == _errors(refusal)
    (found,) = refusal.metadata["findings"]
    assert "tasks[0].inputParameters.x" == found["path"]


def test_1_4_validating_stores_nothing(world):
    _validate(world, simple("a"))

    assert [] == world.podium.definitions.workflows()


def _register(world, *tasks):
    world.podium.definitions.register_workflow(_definition(*tasks), overwrite=True)


def _update(world, *tasks):
    world.podium.definitions.update_workflows([_definition(*tasks)])


REGISTRATIONS = {"registerWorkflowDef.workflowDef": _register}
REGISTRATIONS["updateWorkflowDef.workflowDefList[0]"] = _update


@pytest.mark.parametrize(("at", "register"), REGISTRATIONS.items())
def test_2_3_an_unknown_type_is_refused_with_the_known_ones(world, at, register):
    loop = do_while(task("HTPT", "call", name="call"))

    with pytest.raises(ValidationFailed) as refused:
        register(world, loop)

    (finding,) = refused.value.findings
    assert (f"{at}.tasks[0].loopOver[0].type", "HTPT") == (
        finding.path,
        finding.invalid_value,
    )
    assert "HTTP, HUMAN, INLINE" in finding.message


@pytest.mark.parametrize("register", REGISTRATIONS.values())
@pytest.mark.parametrize("name", ["HTPT", "call"])
def test_2_3_a_type_with_a_task_definition_is_registered(world, register, name):
    world.register_task(name)
    register(world, task("HTPT", "ref", name="call"))

    assert ["w"] == world.podium.definitions.names()


def test_2_3_registering_refuses_nothing_else_that_conductor_takes(world):
    """It cannot work, as validating it tells; but Conductor takes it."""
    _register(
        world,
        do_while(simple("a"), condition="true"),
        fork_join([simple("b")]),
        join_on("nobody"),
    )

    assert ["w"] == world.podium.definitions.names()


@needs_corpus
@pytest.mark.embedded_only("thousands of requests to an emulator tell nothing more")
def test_2_3_every_real_definition_of_known_types_registers(world):
    for row in core_rows():
        definition = WorkflowDef.from_json(row["definition"])
        world.podium.definitions.register_workflow(definition, overwrite=True)

    assert 628 == len(core_rows())


@pytest.mark.parametrize(
    ("update", "told"),
    [
        ("register_tasks", "TaskDefList is empty"),
        ("update_workflows", "WorkflowDefList is empty"),
    ],
)
def test_1_4_an_empty_list_of_definitions_is_refused(world, update, told):
    with pytest.raises(ValidationFailed) as refused:
        getattr(world.podium.definitions, update)([])

    assert [told] == [finding.message for finding in refused.value.findings]
