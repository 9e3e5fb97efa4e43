"""Events in worlds: tasks that tell, handlers that listen, and what came of it."""

from podium.eventing import EventMessage
from world import task


def event_task(sink="conductor", ref="tell", **fields):
    inputs = {"x": "${workflow.input.x}"}
    return task("EVENT", ref, sink=sink, inputParameters=inputs, **fields)


def starts(event, **action):
    """Return the fields of a handler that starts a child."""
    action = {"name": "child", **action}
    return {
        "name": f"on {event}",
        "event": event,
        "actions": [{"action": "start_workflow", "start_workflow": action}],
    }


def children(world):
    found = world.podium.searching.search("workflowType = 'child'", None, None, 0, 100)
    return [world.workflow(row.workflow_id) for row in found.rows]


def ends(action, **details):
    return {
        "name": "ends",
        "event": "conductor:telling:tell",
        "actions": [{"action": action, action: details}],
    }


def tell(world, **given):
    """Publish an event whose payload has what is given."""
    inputs = {key: f"${{workflow.input.{key}}}" for key in given}
    step = task("EVENT", "tell", sink="conductor", inputParameters=inputs)
    return world.run([step], given, name="telling")


def publish_again(world, telling):
    """Have the event's message come once more, as after a crash."""
    told = world.task(telling, "tell")
    message = EventMessage(told["taskId"], told["scheduledTime"], told["outputData"])
    world.podium.events.publish(told["outputData"]["event_produced"], message)
    world.settle()


def executions(world, event="conductor:telling:tell"):
    return [one.to_json() for one in world.podium.events.executions(event, 0, 100)]
