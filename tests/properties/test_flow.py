"""The law of the linter's flow: what it knows beforehand is what then happens.

Whenever a task is scheduled, everything that was certain to be there is, and nothing is
there that was neither certain nor possible nor in a branch beside it.  A JOIN is open
beside the branches that it waits for, where it is of no use to them: it does not count.
"""

from hypothesis import given
from hypothesis import strategies as st

from decisions import Run
from podium.decider import commands as cmd
from podium.decider.events import TaskScheduled
from podium.linting.flow import Flow
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus
from podium.model.workflow_definition import WorkflowDef
from strategies import definitions

_JUDGED = ("JOIN", "EXCLUSIVE_JOIN", "DO_WHILE")
_STEPS = 60
_SUCCEEDS = 4


def play(run, choices):
    """Let tasks end, mostly well, and timers fire, until nothing is left to do."""
    for which, how in choices:
        if run.state.status.is_terminal:
            return
        tasks = [task for task in run.open() if task.type not in _JUDGED]
        if run.timers and (not tasks or not how):
            run.now = max(run.now, min(run.timers))
            run.timers = {due for due in run.timers if due > run.now}
            run.decide(cmd.Wake())
        elif tasks:
            run.decide(_moved(tasks[which % len(tasks)], how))


def _moved(task, how):
    if task.type == "SUB_WORKFLOW" and task.status is TaskStatus.SCHEDULED:
        return cmd.ChildStarted(seq=task.seq, child_id="child")
    is_good = how % _SUCCEEDS
    if task.type == "SUB_WORKFLOW":
        status = WorkflowStatus.COMPLETED if is_good else WorkflowStatus.FAILED
        return cmd.ChildEnded(
            seq=task.seq, child_id="child", workflow="child.1", status=status
        )
    status = TaskStatus.COMPLETED if is_good else TaskStatus.FAILED
    return cmd.UpdateTask(seq=task.seq, status=status)


def _scheduled(run):
    """Yield each static task that was scheduled, with those before it."""
    seen = []
    for entry in run.entries:
        for event in entry.events:
            if isinstance(event, TaskScheduled) and event.root in {None, event.ref}:
                yield event.ref, list(seen)
                if event.type != "JOIN":
                    seen.append(event.ref)


_CHOICES = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 9)), min_size=5, max_size=_STEPS
)


@given(definition=definitions(), choices=_CHOICES)
def test_what_happens_is_what_the_flow_knew(definition, choices):
    tasks, fields = definition
    source = {"name": "tested", "tasks": tasks, "schemaVersion": 2, **fields}
    flow = Flow(WorkflowDef.from_json(source))
    run = Run(tasks, **fields)
    play(run, choices)

    for ref, seen in _scheduled(run):
        if ref not in flow:
            continue
        before = flow.before(ref)
        known = before.certain | before.possible | before.parallel | flow.bit(ref)
        assert before.is_reached
        certain = {one for one in flow.refs if before.certain & flow.bit(one)}
        joins = {one for one in certain if flow.task(one).type == "JOIN"}
        assert certain - joins <= set(seen)
        assert [] == [one for one in seen if one in flow and not known & flow.bit(one)]
