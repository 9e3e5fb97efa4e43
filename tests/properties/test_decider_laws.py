"""The laws of the decider, over generated definitions and whatever may happen.

- Folding a decision's events gives the state that it ends with.
- Cutting them anywhere, folding what stands and waking comes to the same end.
- A workflow that was looked at needs no second look.
- Entries and keyframes come back as they were written, and fold to the same state.
- Something that can happen is open as long as a workflow is, and every timeout has its
  timer: nothing is ever stuck.
"""

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from decisions import fold_events, replay
from podium.decider import commands as cmd
from podium.decider.events import Entry, decode_entry, encode_entry
from podium.decider.keyframes import decode_keyframe, encode_keyframe
from podium.decider.state import without_maps
from podium.errors import Conflict, IllegalState
from podium.model.workflow import WorkflowStatus
from strategies import definitions, happenings
from told import SECOND, Story, lives_on, outcome_of


def _tell(story, happened):
    for happening in happened:
        story.happen(happening)
    event(f"{story.run.state.status}, {len(story.run.entries) // 5 * 5}+ entries")


stories = given(definitions(), st.lists(happenings(), min_size=8, max_size=40))


# --- folding -----------------------------------------------------------------------


class Folding(Story):
    def check(self, decided):
        folded = fold_events(decided.before, decided.events, self.run.now)
        assert _bare(self.run.state) == _bare(folded)


def _bare(state):
    """Return a state without what only an entry as a whole gives it."""
    header = without_maps(state)
    fields = {name: getattr(header, name) for name in header.__struct_fields__}
    fields |= {"version": 0, "at": 0, "armed": 0}
    maps = (state.tasks, state.refs, state.unsettled, state.watchers)
    return fields, [dict(one.items()) for one in maps]


@stories
def test_folding_the_events_gives_the_state_of_the_decision(definition, happened):
    _tell(Folding(definition), happened)


@stories
def test_a_journal_and_its_keyframes_replay_to_the_same_state(definition, happened):
    story = Story(definition)
    _tell(story, happened)

    run = story.run
    written = [decode_entry(encode_entry(entry)) for entry in run.entries]
    assert run.entries == written
    assert run.state == replay(written)
    middle = len(written) // 2
    if middle:
        half = replay(written[:middle])
        keyframe = decode_keyframe(encode_keyframe(half))
        assert half == keyframe
        assert run.state == replay(written[middle:], keyframe)


@stories
def test_the_history_and_the_state_agree(definition, happened):
    story = Story(definition)
    _tell(story, happened)

    state, history = story.run.state, story.run.history()
    assert (state.status, state.reason) == (history.status, history.reason)
    for task in state.tasks.values():
        record = history.records[task.seq]
        assert (
            task.status,
            task.reason,
            task.started_at,
            task.ended_at,
            task.delivery,
            task.settled,
            task.full_ref,
        ) == (
            record.status,
            record.reason,
            record.started_at,
            record.ended_at,
            record.delivery,
            record.executed,
            record.full_ref,
        )
    open_tasks = [one for one in history.records.values() if not one.status.is_terminal]
    assert state.open == len(open_tasks) == len(story.run.open())
    if state.status.is_terminal:
        assert set(state.failed_refs) == {one.full_ref for one in history.failures()}


# --- fixed points ------------------------------------------------------------------


class Resting(Story):
    def decide(self, command):
        super().decide(command)
        self.run.decide(cmd.Wake())
        again = self.run.ask(cmd.Wake())
        assert () == again.events


@stories
def test_a_workflow_that_was_looked_at_needs_no_second_look(definition, happened):
    _tell(Resting(definition), happened)


class Cutting(Story):
    """Cuts every decision everywhere, and wakes what stands."""

    def check(self, decided):
        run, events = self.run, decided.events
        expected = outcome_of(run, run.entries)
        for cut in range(1, len(events)):
            stands = [*run.entries[:-1], Entry(run.now, events[:cut])]
            assert expected == outcome_of(run, stands), events[:cut]


@stories
def test_a_decision_that_is_cut_short_comes_to_the_same_end(definition, happened):
    _tell(Cutting(definition), happened)


# --- nothing is stuck --------------------------------------------------------------


class Living(Story):
    def check(self, decided):
        if lives_on(self.run, decided):
            for deadline, what in _deadlines(self.run):
                covered = any(due <= deadline for due in self.run.timers)
                assert covered, (deadline, what)


def _deadlines(run):
    """Yield every moment at which something is due, from what is really so."""
    state = run.state
    source = run.definition.source
    if source.timeout_seconds:
        yield state.timeout_from + source.timeout_seconds * SECOND, "workflow"
    for task in run.open():
        if task.wakes_at:
            yield task.wakes_at, task.full_ref
        if task.parked:
            yield task.due, task.full_ref
        lease = run.leases.get((task.seq, task.delivery))
        if lease is not None and task.limits is not None:
            yield lease.renewed_at + task.limits.response * SECOND, task.full_ref


@stories
def test_something_is_open_and_every_deadline_has_its_timer(definition, happened):
    _tell(Living(definition), happened)


@stories
def test_every_workflow_comes_to_an_end(definition, happened):
    story = Story(definition)
    _tell(story, happened)

    story.finish()

    assert not story.run.open()
    assert not story.run.ask(cmd.Wake()).events


def _refusal(command, status):
    """Return the error with which a command is refused (reference 1.11), or None."""
    match command:
        case cmd.Pause() if status.is_terminal:
            return Conflict
        case cmd.Resume() if status is not WorkflowStatus.PAUSED:
            return IllegalState
        case cmd.Terminate() if status is WorkflowStatus.COMPLETED:
            return Conflict
    return None


@given(
    definitions(),
    st.lists(happenings(), max_size=25),
    st.sampled_from([cmd.Pause(), cmd.Resume(), cmd.Terminate(), cmd.Wake()]),
)
def test_every_command_is_obeyed_or_refused_with_its_error(
    definition, happened, command
):
    story = Story(definition)
    _tell(story, happened)
    before = story.run.state
    refusal = _refusal(command, before.status)
    if refusal is not None:
        with pytest.raises(refusal):
            story.run.ask(command)
        return
    decision = story.run.ask(command)

    assert decision.events or decision.state == before
