"""What holds for workflows that are brought back, whatever happened to them before.

- Folding gives the state of the decision; journals and keyframes replay to it.
- Cut before the workflow runs again, nothing has happened; cut after, all will.
- History and state agree, and no sequence is ever that of another task.
- Nothing is stuck; with workers that succeed everything completes that can.
"""

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from decisions import fold_events, replay
from podium.decider import commands as cmd
from podium.decider import events as ev
from podium.decider.keyframes import decode_keyframe, encode_keyframe
from podium.decider.state import without_maps
from podium.errors import Conflict, InvalidInput
from podium.model.workflow import WorkflowStatus
from strategies import definitions, happenings
from told import Story, lives_on, outcome_of

BROUGHT_BACK = (ev.WorkflowRestarted, ev.WorkflowReopened)


class Recovering(Story):
    """Whenever the workflow has ended, it is brought back in one way or another."""

    def happen(self, happening):
        _, which, how = happening
        if not self.run.state.status.is_terminal:
            super().happen(happening)
            return
        self.recover(self.recovery(which, how))

    def recover(self, command):
        try:
            self.decide(command)
        except InvalidInput as refused:
            raise AssertionError(refused.message) from refused

    def recovery(self, which, how):
        records = sorted(self.run.history().records)
        match how % 6:
            case 0:
                return cmd.Restart()
            case 1:
                return cmd.Rerun()
            case 2:
                return cmd.Retry()
            case 3:
                return cmd.Retry(resume=True)
        return cmd.Rerun(seq=records[which % len(records)] if records else 0)


def _tell(story, happened):
    for happening in happened:
        story.happen(happening)
    event(f"brought back {story.run.state.run} times")


stories = given(definitions(), st.lists(happenings(), min_size=15, max_size=40))


# --- folding -------------------------------------------------------------------------


def _bare(state):
    """Return a state without what only an entry as a whole gives it."""
    header = without_maps(state)
    fields = {name: getattr(header, name) for name in header.__struct_fields__}
    fields |= {"version": 0, "at": 0, "armed": 0}
    watchers = {ref: set(joins) for ref, joins in state.watchers.items() if joins}
    maps = (state.tasks, state.refs, state.unsettled)
    return fields, watchers, [dict(one.items()) for one in maps]


class Folding(Recovering):
    def check(self, decided):
        folded = fold_events(decided.before, decided.events, self.run.now)
        assert _bare(self.run.state) == _bare(folded)


@stories
def test_folding_the_events_gives_the_state_of_the_decision(definition, happened):
    _tell(Folding(definition), happened)


@stories
def test_a_journal_and_its_keyframes_replay_to_the_same_state(definition, happened):
    story = Recovering(definition)
    _tell(story, happened)

    entries = [ev.decode_entry(ev.encode_entry(one)) for one in story.run.entries]
    assert story.run.entries == entries
    assert story.run.state == replay(entries)
    middle = len(entries) // 2
    if middle:
        half = decode_keyframe(encode_keyframe(replay(entries[:middle])))
        assert _bare(story.run.state) == _bare(replay(entries[middle:], half))


@stories
def test_the_history_and_the_state_agree(definition, happened):
    story = Recovering(definition)
    _tell(story, happened)

    state, history = story.run.state, story.run.history()
    assert (state.status, state.reason) == (history.status, history.reason)
    for task in state.tasks.values():
        record = history.records[task.seq]
        assert (
            task.status,
            task.reason,
            task.ended_at,
            task.delivery,
            task.settled,
            task.full_ref,
            task.retry_count,
            task.child_run,
            task.iteration_number,
        ) == (
            record.status,
            record.reason,
            record.ended_at,
            record.delivery,
            record.executed,
            record.full_ref,
            record.scheduled.retry_count,
            record.child_run,
            record.iteration_number,
        )
    open_tasks = [one for one in history.records.values() if not one.status.is_terminal]
    assert state.open == len(open_tasks) == len(story.run.open())
    numbers = [history.records[seq].number for seq in sorted(history.records)]
    assert sorted(set(numbers)) == numbers


@stories
def test_a_sequence_is_that_of_one_task_for_ever(definition, happened):
    story = Recovering(definition)
    _tell(story, happened)

    known = {}
    for entry in story.run.entries:
        for one in entry.events:
            if isinstance(one, ev.TaskScheduled):
                task = (one.ref, one.iterations, one.retry_of)
                assert task == known.setdefault(one.seq, task)


# --- cuts ----------------------------------------------------------------------------


class Cutting(Recovering):
    """Cuts every decision that brings the workflow back, and wakes what stands."""

    def check(self, decided):
        events = decided.events
        backs = [n for n, one in enumerate(events) if isinstance(one, BROUGHT_BACK)]
        if not backs:
            return
        back = backs[0]
        run = self.run
        expected = outcome_of(run, run.entries)
        for cut in range(1, len(events)):
            found = outcome_of(
                run, [*run.entries[:-1], ev.Entry(run.now, events[:cut])]
            )
            if cut > back:
                assert expected == found, events[:cut]
            else:
                assert decided.before.status is found[0]


@stories
def test_a_recovery_that_is_cut_short_is_none_or_is_finished(definition, happened):
    _tell(Cutting(definition), happened)


# --- nothing is stuck ----------------------------------------------------------------


class Living(Recovering):
    def check(self, decided):
        lives_on(self.run, decided)


@stories
def test_something_is_open_as_long_as_it_runs(definition, happened):
    _tell(Living(definition), happened)


def _completes(story, definition):
    """Tell whether it came to its end, or nobody but it and the clock kept it from it.

    A script may fail whatever workers do, a TERMINATE want to, and the story be so slow
    that tasks time out.
    """
    state = story.run.state
    if state.status is WorkflowStatus.COMPLETED:
        return True
    fails = "nobody.knows" in str(definition) or "TERMINATE" in str(definition)
    return fails or "time" in (state.reason or "")


@pytest.mark.parametrize(
    "command", [cmd.Retry(), cmd.Retry(resume=True), cmd.Rerun(), cmd.Restart()]
)
@given(definitions(), st.lists(happenings(), min_size=8, max_size=40))
def test_after_any_failure_workers_that_succeed_bring_it_to_its_end(
    command, definition, happened
):
    story = Story(definition)
    for happening in happened:
        story.happen(happening)
    story.finish()
    state = story.run.state
    if state.status is WorkflowStatus.COMPLETED or not state.tasks:
        return
    try:
        story.run.decide(command)
    except Conflict:
        assert isinstance(command, cmd.Retry)
        return

    story.finish()

    assert _completes(story, definition), story.run.state.reason


@stories
def test_from_any_task_workers_that_succeed_bring_it_to_its_end(definition, happened):
    story = Recovering(definition)
    _tell(story, happened)
    story.finish()
    for seq in sorted(story.run.history().records):
        if seq in story.run.history().records:
            story.run.decide(cmd.Rerun(seq=seq))
            story.finish()
            assert _completes(story, definition), story.run.state.reason
