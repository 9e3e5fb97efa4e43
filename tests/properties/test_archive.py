"""The laws of projector and archive, over generated workflows.

- What the archive gives back shows as the journal did, and folds to the same state.
- However the changes are cut into batches, and whatever of them comes twice, the row
  and the archive say in the end what the journal does.
"""

from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from podium.bootstrap import build
from podium.errors import Conflict, IllegalState
from podium.feed import Written
from podium.model.task import TaskStatus
from strategies import WORKER_REPORTS, definitions, happenings
from world import HOUR, SECOND, World, new_world

OUTPUTS = ({}, {"n": 1}, {"text": "a\nb", "n": [1, {"ü": None}]})


class UnprojectedWorld(World):
    """A world whose rows nobody writes but a projector."""

    def equip(self, opened):
        return replace(opened, home=replace(opened.home, projects_inline=False))


def live(world, definition, life):
    """Run a workflow through a life, to its end, and return its id."""
    tasks, fields = definition
    world.register("tested", tasks, **fields)
    started = world.start("tested", {"given": 1}, correlationId="c")
    for happening in life:
        happen(world, started, *happening)
    if not state_of(world, started).status.is_terminal:
        world.podium.workflows.terminate(started, "enough")
        world.settle()
    return started


def happen(world, started, kind, which, how):
    workflows = world.podium.workflows
    match kind:
        case "work":
            work(world, started, which, how)
        case "timer":
            world.advance(10 * SECOND)
        case "time":
            world.advance((how + 1) * HOUR)
        case "pause" | "resume":
            with suppress(Conflict, IllegalState):
                getattr(workflows, kind)(started)


def work(world, started, which, how):
    """Have something polled and reported on, or an open task ended by its name."""
    queues = sorted(world.podium.tasks.queue_sizes())
    polled = [one for name in queues for one in world.poll(name)][:1]
    output = OUTPUTS[how % len(OUTPUTS)]
    if polled:
        status = WORKER_REPORTS[how % len(WORKER_REPORTS)]
        world.report(polled[0], status, output, logs=[{"log": f"{which}"}])
        return
    state = state_of(world, started)
    waiting = [one for one in state.tasks.values() if one.type in ("WAIT", "HUMAN")]
    for one in waiting[:1]:
        world.podium.tasks.update_by_reference(
            started, one.full_ref, TaskStatus.COMPLETED, output, None
        )
        world.settle()


def state_of(world, started):
    return build(world.opened.home).tasks._journals.load(started)


def shown(world, started):
    podium = build(world.opened.home)
    workflow = podium.workflows.get(started)
    tasks = [one["taskId"] for one in workflow["tasks"]]
    return workflow, [podium.tasks.logs(one) for one in tasks]


@given(definitions(), st.lists(happenings(), max_size=25))
def test_the_archive_gives_back_what_was_put_into_it(definition, life):
    with new_world() as world:
        started = live(world, definition, life)
        before, state = shown(world, started), state_of(world, started)

        world.podium.workflows.remove(started, archive=True)
        assert before == shown(world, started)

        world.podium.archives.restore(started)
        assert before == shown(world, started)
        assert state == state_of(world, started)


@given(definitions(), st.lists(happenings(), max_size=15), st.data())
def test_however_changes_are_cut_the_row_and_the_archive_are_right(
    definition, life, data
):
    world = UnprojectedWorld()
    started = live(world, definition, life)
    home = world.opened.home
    entries = home.journal.read_range(started, 1)
    changes = [Written(str(one.version), one) for one in entries]
    cuts = data.draw(st.sets(st.integers(0, len(changes)), max_size=4))
    bounds = pairwise(sorted({0, len(changes), *cuts}))
    batches = [changes[first:last] for first, last in bounds]
    again = data.draw(st.lists(st.sampled_from(batches), max_size=3))

    for batch in [*batches, *again]:
        assert [] == world.podium.projector.project(batch)

    row = home.index.find([started])[started]
    journals = world.podium.archives._journals
    expected = world.podium.projector._projection.row(journals.load(started))
    assert expected == replace(row, archived=None)
    before = shown(world, started)
    home.journal.delete(started)
    after = shown(world, started)
    assert before == after
    world.opened.close()
