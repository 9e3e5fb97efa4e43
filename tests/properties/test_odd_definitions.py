"""Whatever a definition says, and whatever it is given, nothing gets stuck over it.

It is refused, or its workflows end or wait as they are told.  A decision that raises
would be tried again, put aside, and its workflow would stand still.
"""

import random

import pytest

from odd_definitions import OddDefinitions
from podium.errors import PodiumError
from podium.model.workflow_definition import WorkflowDef
from world import new_world, simple

DEFINITIONS = 300
ROUNDS = 8


@pytest.fixture
def world():
    with new_world() as opened:
        opened.register_task("a", retryCount=1, retryDelaySeconds=0)
        opened.register_task("b")
        opened.register("child", [simple("c", "a")])
        yield opened


def _is_registered(world, definition):
    try:
        parsed = WorkflowDef.from_json(definition)
        world.podium.definitions.register_workflow(parsed, overwrite=False)
    except PodiumError:
        return False
    return True


def _run(world, name, drawn, odd):
    """Go on with a workflow until it ends, waits, or has gone on for long."""
    try:
        started = world.start(name, {"a": odd.value(), "l": odd.value()})
    except PodiumError:
        return
    for _ in range(ROUNDS):
        shown = world.workflow(started)
        if shown["status"] != "RUNNING":
            break
        for task_type in ("a", "b", "t0", "t1"):
            for polled in world.poll(task_type, count=5):
                output = {"a": odd.value(), "taskToExecute": odd.value()}
                status = drawn.choice(["COMPLETED", "COMPLETED", "FAILED"])
                world.report(polled, status, output)
        world.settle()
        world.pass_time()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("seed", range(4))
def test_no_definition_stops_anything(world, seed):
    drawn = random.Random(seed)
    odd = OddDefinitions(drawn)
    registered = 0
    for number in range(DEFINITIONS):
        definition = odd.definition(f"odd-{number}")
        if _is_registered(world, definition):
            registered += 1
            try:
                _run(world, definition["name"], drawn, odd)
            except Exception as failure:
                failure.add_note(f"of {definition}")
                raise

    assert registered > DEFINITIONS / 10
