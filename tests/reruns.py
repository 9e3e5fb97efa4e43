"""What the tests of reruns share: asking for one, and what they are about."""

from podium.model.requests import RerunWorkflowRequest
from world import simple, task

WORKERS = ("a", "b", "c", "d", "body", "case1", "case2", "fails", "cancelled")


def register_workers(world):
    """Register tasks that are not tried again by themselves."""
    for name in WORKERS:
        world.register_task(name, retryCount=0)


def rerun(world, workflow_id, ref=None, **fields):
    """Rerun a workflow from the latest task with this reference, or the whole."""
    if ref is not None:
        fields["reRunFromTaskId"] = world.task(workflow_id, ref)["taskId"]
    return rerun_from(world, workflow_id, **fields)


def rerun_from(world, workflow_id, **fields):
    request = RerunWorkflowRequest.from_json(fields)
    answer = world.podium.recovery.rerun(workflow_id, request)
    assert workflow_id == answer
    world.settle()


def end(world, workflow_id):
    world.podium.workflows.terminate(workflow_id, "enough")
    world.settle()


def numbers(world, workflow_id):
    return [one["seq"] for one in world.workflow(workflow_id)["tasks"]]


def choice_of(**fields):
    return task(
        "SWITCH",
        "choice",
        evaluatorType="value-param",
        expression="value",
        inputParameters={"value": "${workflow.input.value}"},
        decisionCases={"one": [simple("case1")], "two": [simple("case2")]},
        **fields,
    )


def child(ref, name=None, **fields):
    return task("SUB_WORKFLOW", ref, subWorkflowParam={"name": name or ref}, **fields)


def below(world, workflow_id, ref):
    return world.task(workflow_id, ref)["subWorkflowId"]
