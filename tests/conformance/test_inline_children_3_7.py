"""A SUB_WORKFLOW with a definition of its own (reference 3.7)."""

from world import simple, task


def inline_child(*tasks, **fields):
    child = {"name": "child", "version": 1, "tasks": list(tasks), **fields}
    return task(
        "SUB_WORKFLOW",
        "child_ref",
        subWorkflowParam={"name": "child", "workflowDefinition": child},
    )


def test_3_7_an_inline_child_is_not_held_to_what_registration_asks(world):
    """It may read tasks that are not its own, as Conductor's own tests have it do."""
    reading = simple("inside", inputParameters={"x": "${elsewhere.output.x}"})
    workflow_id = world.run([inline_child(reading)])

    given = world.complete("inside")["inputData"]

    assert {"x": None} == given
    assert "COMPLETED" == world.status(workflow_id)
