"""Processes that share a store, each with what it remembers of a workflow."""

from podium.bootstrap import build
from podium.service.journals import KEYFRAME_EVERY
from world import new_world, simple, task

STEPS = 2 * KEYFRAME_EVERY + 2


def test_a_process_catches_up_over_the_keyframes_that_others_wrote():
    """A remembered state from before a keyframe lacks what lies between the two."""
    loop = task(
        "DO_WHILE",
        "loop",
        loopCondition=f"$.loop['iteration'] < {2 * STEPS}",
        loopOver=[simple("work")],
    )
    with new_world() as world:
        started = world.run([loop])
        world.complete("work")
        others = [build(world.opened.home).tasks for _ in range(STEPS)]
        known = {other._journals.load(started).version for other in others}
        assert len(known) == 1
        for other in others:
            world.complete("work")
            state = other._journals.load(started)
            assert state == world.podium.tasks._journals.load(started)
            assert state == build(world.opened.home).tasks._journals.load(started)
