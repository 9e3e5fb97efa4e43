"""What a decision calls for, and that the state alone calls for the same."""

import pytest

from decisions import Run
from podium.decider import commands as cmd
from podium.decider import effects as fx
from podium.decider import events as ev
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus
from world import SECOND, simple, task

SUB = {
    "subWorkflowParam": {
        "name": "child",
        "workflowDefinition": {"name": "child", "tasks": [simple("inner")]},
    }
}


LIMITED = {"name": "sub", "concurrentExecLimit": 1}


def _sub(ref, **fields):
    return task("SUB_WORKFLOW", ref, **SUB, **fields)


def _effects_of(run, command):
    before = run.state
    decision = run.decide(command)
    return list(fx.effects(before, decision.events, run.state))


def _first_effects(run):
    return list(fx.effects(None, run.entries[0].events, run.state))


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (simple("work"), [fx.Enqueue("work", 1, 1, 0, 0)]),
        (simple("work", startDelay=5), [fx.Enqueue("work", 1, 1, 0, 5 * SECOND)]),
        (simple("work", startDelay=901), []),
        (_sub("sub"), [fx.Launch(1)]),
        (_sub("sub", startDelay=5), []),
        (_sub("sub", taskDefinition=LIMITED), [fx.Enqueue("EVENT", 1, 1, 0, 0)]),
        (task("HTTP", "http"), [fx.Enqueue("HTTP", 1, 1, 0, 0)]),
        (task("WAIT", "wait"), []),
        (task("HUMAN", "human"), []),
    ],
    ids=[
        "worker",
        "delayed",
        "beyond-reach",
        "child",
        "delayed-child",
        "limited-child",
        "http",
        "wait",
        "human",
    ],
)
def test_scheduling(step, expected):
    run = Run([step])
    found = [_since_begin(run, one) for one in _first_effects(run)]

    assert expected == found
    assert expected == [_since_begin(run, one) for one in fx.outstanding(run.state)]


def _since_begin(run, effect):
    if not isinstance(effect, fx.Enqueue):
        return effect
    return fx.Enqueue(
        effect.queue,
        effect.seq,
        effect.delivery,
        effect.priority,
        effect.due - run.now,
    )


def test_a_task_beyond_reach_is_sent_once_it_comes_near():
    run = Run([simple("work", startDelay=1_000)])
    due = run.now + 1_000 * SECOND
    run.advance(100 * SECOND - 1)
    assert [] == list(fx.outstanding(run.state))
    run.now += 1

    assert [fx.Enqueue("work", 1, 1, 0, due)] == _effects_of(run, cmd.Wake())


def test_a_report_in_progress_offers_the_next_delivery():
    run = Run([simple("work")])
    report = cmd.UpdateTask(
        seq=1, status=run.state.tasks["work"].status.IN_PROGRESS, callback_after=7
    )

    due = run.now + 7 * SECOND
    assert [
        fx.Withdraw("work", 1, 1),
        fx.Enqueue("work", 1, 2, 0, due),
    ] == _effects_of(run, report)


@pytest.mark.parametrize(
    "fields",
    [{"worker_id": "w"}, {"lease": cmd.ReportedLease(1, 1)}],
    ids=["by-name", "by-lease"],
)
def test_what_a_worker_reports_is_in_no_queue_any_more(fields):
    run = Run([simple("work")])
    report = cmd.UpdateTask(seq=1, status=TaskStatus.COMPLETED, **fields)

    assert [] == _effects_of(run, report)


@pytest.mark.parametrize(
    ("status", "by_reference"),
    [(TaskStatus.COMPLETED, True), (TaskStatus.IN_PROGRESS, False)],
    ids=["by-reference", "to-come-again-without-a-lease"],
)
def test_who_names_himself_need_not_have_taken_the_task(status, by_reference):
    run = Run([simple("work")])
    report = cmd.UpdateTask(
        seq=1, status=status, worker_id="w", by_reference=by_reference
    )

    assert fx.Withdraw("work", 1, 1) == _effects_of(run, report)[0]


def test_what_somebody_else_ends_is_taken_out_of_its_queue():
    run = Run([simple("work")])

    assert [fx.Withdraw("work", 1, 1)] == _effects_of(run, cmd.Terminate())


LIMITED = {"taskDefinition": {"name": "work", "concurrentExecLimit": 1}}


def test_the_end_of_a_delivery_frees_its_slot():
    run = Run([simple("work", **LIMITED)])
    lease = cmd.ReportedLease(1, 1)
    again = cmd.UpdateTask(seq=1, status=TaskStatus.IN_PROGRESS, lease=lease)
    done = cmd.UpdateTask(seq=1, status=TaskStatus.COMPLETED, worker_id="w")

    assert fx.FreeTaskSlot("work", 1, 1) == _effects_of(run, again)[0]
    assert [fx.FreeTaskSlot("work", 1, 2)] == _effects_of(run, done)
    assert [fx.FreeTaskSlot("work", 1, 2)] == list(fx.outstanding(run.state))


def test_what_has_no_limit_of_its_own_has_no_slot():
    definition = {"name": "work", "rateLimitPerFrequency": 1}
    run = Run([simple("work", taskDefinition=definition)])
    done = cmd.UpdateTask(seq=1, status=TaskStatus.COMPLETED, worker_id="w")

    assert [] == _effects_of(run, done)


QUOTA = ev.WorkflowQuota("key", 1)


def test_a_queued_workflow_stands_in_line_and_offers_nothing():
    run = Run([simple("work")], begin={"quota": QUOTA, "queued": True})

    assert [fx.StandInLine(QUOTA)] == _first_effects(run)
    assert [fx.StandInLine(QUOTA)] == list(fx.outstanding(run.state))
    offer = fx.Enqueue("work", 1, 1, 0, run.now)
    assert [fx.ShareSlot(QUOTA), offer] == _effects_of(run, cmd.Admit())
    assert [] == _effects_of(run, cmd.Admit())


def test_the_end_of_a_workflow_frees_its_slot():
    run = Run([simple("work")], begin={"quota": QUOTA})

    assert fx.FreeWorkflowSlot(QUOTA) in _effects_of(run, cmd.Terminate())
    assert [fx.FreeWorkflowSlot(QUOTA)] == list(fx.outstanding(run.state))


def _with_child(**fields):
    run = Run([_sub("sub", **fields)])
    run.decide(cmd.ChildStarted(seq=1, child_id="child"))
    return run


def test_the_end_of_a_workflow_ends_its_children():
    run = _with_child()

    assert [
        fx.TerminateChild(
            1, "child", "Parent workflow has been terminated with reason: enough"
        )
    ] == _effects_of(run, cmd.Terminate(reason="enough"))


@pytest.mark.parametrize("status", list(WorkflowStatus)[1:5])
def test_a_child_that_has_ended_is_not_ended_again(status):
    run = _with_child(retryCount=0)
    ended = cmd.ChildEnded(
        seq=1, child_id="child", workflow="child.1", status=WorkflowStatus(status)
    )

    assert [] == _effects_of(run, ended)


def test_a_task_that_times_out_leaves_no_child_behind_even_when_it_is_tried_again():
    definition = {
        "name": "sub",
        "timeoutSeconds": 10,
        "responseTimeoutSeconds": 10,
        "timeoutPolicy": "RETRY",
        "retryCount": 1,
        "retryDelaySeconds": 0,
    }
    run = _with_child(taskDefinition=definition)
    run.now += 10 * SECOND

    assert [
        fx.TerminateChild(1, "child", "Parent task has ended with status TIMED_OUT"),
        fx.Launch(2),
    ] == _effects_of(run, cmd.Wake())


def test_an_ended_workflow_calls_for_nothing_but_what_its_end_calls_for():
    run = Run([simple("work")])
    run.decide(cmd.Terminate())

    assert [] == list(fx.outstanding(run.state))
