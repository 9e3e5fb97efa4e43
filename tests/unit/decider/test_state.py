"""The folded state: bounded, with its counters right, and the same from a keyframe."""

from msgspec import Raw

from decisions import Run, replay
from podium.decider import commands as cmd
from podium.decider.keyframes import decode_keyframe, encode_keyframe
from podium.decider.state import INLINE_BUDGET, INLINE_OUTPUT
from podium.model.task import TaskStatus
from world import simple, task


def _output(size):
    return Raw(b'{"x":"%s"}' % (b"x" * (size - 8)))


def _fork(count):
    refs = [f"t{n}" for n in range(count)]
    fork = task("FORK_JOIN", "fork", forkTasks=[[simple(ref)] for ref in refs])
    return [fork, task("JOIN", "join", joinOn=refs), simple("after")]


def test_a_new_iteration_takes_the_place_of_the_one_before():
    loop = task(
        "DO_WHILE",
        "loop",
        loopCondition="$.loop['iteration'] < 100",
        loopOver=[simple("work")],
    )
    run = Run([loop])
    for _ in range(50):
        run.report("work")

    assert {"loop": "IN_PROGRESS", "work__51": "SCHEDULED"} == run.statuses()
    assert 1 == run.state.tasks["loop"].open


def test_a_new_attempt_takes_the_place_of_the_one_before():
    run = Run([simple("work", retryCount=5)])
    first = run.state.tasks["work"]
    run.report("work", "FAILED")

    assert None is run.state.task_of(first.seq)
    assert (1, 2) == (
        run.state.tasks["work"].retry_count,
        run.state.tasks["work"].seq,
    )


def test_small_outputs_are_at_hand_and_large_ones_are_known_by_their_entry():
    run = Run(_fork(2))
    run.report("t0", output=_output(INLINE_OUTPUT))
    run.report("t1", output=_output(INLINE_OUTPUT + 1))

    small, large = run.state.tasks["t0"], run.state.tasks["t1"]
    assert (INLINE_OUTPUT, 0) == tuple(
        len(memoryview(one.output)) for one in (small, large)
    )
    assert (2, 3) == (small.updated_in, large.updated_in)


def test_what_is_at_hand_stays_within_its_budget():
    run = Run(_fork(100))
    for number in range(100):
        run.report(f"t{number}", output=_output(INLINE_OUTPUT))

    at_hand = sum(len(memoryview(t.output)) for t in run.state.tasks.values())
    assert at_hand <= run.state.inlined <= INLINE_BUDGET


def test_a_join_knows_how_many_are_left():
    run = Run(_fork(3))
    remaining = [run.state.tasks["join"].remaining]
    for ref in ("t1", "t0"):
        run.report(ref)
        remaining.append(run.state.tasks["join"].remaining)

    assert [3, 2, 1] == remaining
    run.report("t2")
    assert "after" == run.open()[0].ref


def test_a_keyframe_holds_the_whole_state():
    run = Run(_fork(3), Raw(b'{"a":1}'), variables={"v": [1]})
    run.report("t0", "FAILED", reason="it broke", output=Raw(b'{"n":1}'))
    run.report("t1", "IN_PROGRESS", callback_after=2_000, worker_id="me")

    assert run.state == decode_keyframe(encode_keyframe(run.state))
    assert run.state == replay(run.entries)


def test_a_superseded_attempt_can_no_longer_be_reported_on():
    run = Run([simple("work", retryCount=5)])
    seq = run.state.tasks["work"].seq
    run.report("work", "FAILED")

    late = cmd.UpdateTask(seq=seq, status=TaskStatus.COMPLETED)
    assert () == run.ask(late).events
