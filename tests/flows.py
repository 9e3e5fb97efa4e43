"""Steps of the flows that Conductor's own suite goes through."""

from world import task


def sub(ref, name="child", **fields):
    return task("SUB_WORKFLOW", ref, subWorkflowParam={"name": name}, **fields)


def below(world, workflow_id, ref):
    return world.task(workflow_id, ref)["subWorkflowId"]


def choice(kind, expression, **cases):
    how = {
        "SWITCH": {"evaluatorType": "value-param", "expression": "on"},
        "DECISION": {"caseValueParam": "on"},
    }[kind]
    inputs = {"on": expression}
    return task(kind, "choice", inputParameters=inputs, decisionCases=cases, **how)
