"""The decider: ``decide(state, command, now, facts) -> Decision``.

Pure: no clock, no dice, no I/O.  A command first changes what it is about (a task, the
workflow's status); then the workflow is *run to a fixed point*: every terminal task is
settled, which schedules its successors, which may be terminal at once, until nothing
moves.  All of it is one list of events.

Laws that the property tests hold it to:

- folding the events gives the state that the decision ends with;
- cutting the events anywhere, folding what stands and waking the workflow comes to the
  same end: what was to be done is always visible in the state;
- a decision without events leaves nothing to do.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from msgspec import Raw

from podium import ids
from podium.decider import commands as cmd
from podium.decider import events as ev
from podium.decider.claims import Claim, hand_over
from podium.decider.ending import (
    check_completion,
    close_open_tasks,
    end_workflow,
    take_remembered_output,
)
from podium.decider.facts import Facts, Snapshot, require
from podium.decider.folding import evolve
from podium.decider.messages import push_message, serve_pulls
from podium.decider.operators.workflow_control import update_variables
from podium.decider.payload_limits import too_large_for_workflow
from podium.decider.recoveries import RECOVERIES
from podium.decider.reported import began, ended, is_awaited, updated
from podium.decider.scheduling import schedule
from podium.decider.settling import judge, settle
from podium.decider.state import WorkflowState
from podium.decider.state_changes import start_task
from podium.decider.timeouts import (
    attend_to_due_tasks,
    next_wake,
    open_tasks,
    time_out_workflow,
)
from podium.decider.turn import EndWorkflow, Place, Turn, decode, encode
from podium.errors import Conflict, IllegalState, NotFound
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus

MAX_EVENTS = 5_000
"""What one decision may come to; a loop that goes on does so in the next one."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a command led to: events, the state after them, the next wake-up (or 0).

    ``handed`` is the sequence of the task that a claim got, 0 for none.
    """

    events: tuple[ev.Event, ...]
    state: WorkflowState
    wake: int
    handed: int = 0


def start(
    workflow_id: str, command: cmd.Start, now: int, facts: Facts, jitter: float
) -> Decision:
    """Decide on a workflow that does not exist yet."""
    definition = require(facts, Snapshot(command.definition)).source
    given = _with_template(definition.input_template, command)
    too_large = too_large_for_workflow(given, workflow_id)
    started = ev.WorkflowStarted(
        name=definition.name,
        version=definition.version,
        definition=command.definition,
        input=given if too_large is None else ev.EMPTY,
        input_path=command.input_path,
        variables=encode(definition.variables),
        timeout=definition.timeout_seconds,
        correlation_id=command.correlation_id,
        priority=command.priority,
        task_to_domain=command.task_to_domain,
        created_by=command.created_by,
        event=command.event,
        parent_id=command.parent_id,
        parent_task_id=command.parent_task_id,
        idempotency_key=command.idempotency_key,
        quota=command.quota,
        queued=command.queued,
        cache=command.cache,
    )
    state = evolve(None, started, workflow_id, 1, now)
    turn = Turn(state, facts, now, jitter)
    turn.events.append(started)
    turn.attended = True  # there is nothing from before
    _until_the_end(turn, partial(_begin, turn, too_large))
    return _conclude(turn)


def _begin(turn: Turn, too_large: str | None) -> None:
    """Run a new workflow, unless its input is larger than any may be."""
    if too_large is not None:
        raise EndWorkflow(WorkflowStatus.FAILED, too_large)
    _run(turn)


def _with_template(template: dict[str, Any], command: cmd.Start) -> Raw:
    """Fill keys that are absent from the input (reference 2.2, inputTemplate)."""
    if not template or command.input_path is not None:
        return command.input
    return encode({**template, **decode(command.input)})


def decide(
    state: WorkflowState,
    command: cmd.Command,
    now: int,
    facts: Facts,
    jitter: float = 0.0,
    claim: Claim | None = None,
) -> Decision:
    """Return what the command leads to; who sent it may claim a task of that.

    ``jitter`` in [0, 1) is the decision's one random draw.  Raises the typed error of
    reference 1.11 where the workflow's status forbids the command, and
    :class:`podium.decider.facts.FactsNeeded` where facts are missing.
    """
    turn = Turn(state, facts, max(now, state.at), jitter)
    handler = _HANDLERS[type(command)]
    _until_the_end(turn, partial(handler, turn, command))
    handed = hand_over(turn, claim, state) if claim is not None else 0
    return _conclude(turn, handed)


def decide_all(
    state: WorkflowState,
    commands: Iterable[cmd.Command],
    now: int,
    facts: Facts,
    jitter: float = 0.0,
) -> Decision:
    """Return what several commands lead to, one after the other, as one decision.

    What the workflow's status forbids is moot here, and so is what comes after its end
    and does not bring it back: nobody waits for the answer.
    """
    turn = Turn(state, facts, max(now, state.at), jitter)
    for command in commands:
        if turn.state.status.is_terminal and not isinstance(command, cmd.BRINGS_BACK):
            continue
        handler = _HANDLERS[type(command)]
        with suppress(Conflict, IllegalState, NotFound):
            _until_the_end(turn, partial(handler, turn, command))
    return _conclude(turn)


def _until_the_end(turn: Turn, handle: Callable[[], None]) -> None:
    """Handle a command; end the workflow where a rule found that it is over."""
    try:
        handle()
    except EndWorkflow as end:
        end_workflow(turn, end)


def _conclude(turn: Turn, handed: int = 0) -> Decision:
    return Decision(tuple(turn.events), turn.state, next_wake(turn), handed)


# --- to the fixed point ------------------------------------------------------------


def _run(turn: Turn) -> None:
    """Settle and judge until nothing moves; raise EndWorkflow where it is over."""
    time_out_workflow(turn)
    if turn.state.status is not WorkflowStatus.RUNNING or turn.state.queued:
        return
    _open_first_task(turn)
    if turn.state.messages or turn.attended:
        serve_pulls(turn)
    while turn.unsettled or turn.to_judge:
        if len(turn.events) >= MAX_EVENTS:
            turn.is_cut_short = True
            return
        _step(turn)
    check_completion(turn)


def _open_first_task(turn: Turn) -> None:
    if turn.state.tasks:
        return
    take_remembered_output(turn)
    first = turn.definition.first
    if first is None:
        raise EndWorkflow(WorkflowStatus.COMPLETED, "No tasks found to be executed")
    schedule(turn, Place(first))


def _step(turn: Turn) -> None:
    if turn.to_judge:
        judge(turn, turn.to_judge.pop())
        return
    task = turn.state.task_of(heapq.heappop(turn.unsettled))
    if task is not None and not task.settled:
        settle(turn, task)


# --- commands ----------------------------------------------------------------------


def _update_task(turn: Turn, command: cmd.UpdateTask) -> None:
    task = turn.state.task_of(command.seq)
    if command.seq < 1 or command.seq > turn.state.last_seq:
        missing = ids.task_id(turn.state.workflow_id, max(command.seq, 0))
        raise NotFound(f"No such task found by id: {missing}")
    if task is None or not task.is_open or turn.state.status.is_terminal:
        return
    if command.delivery not in {0, task.delivery}:
        return
    turn.emit(updated(turn, task, command))
    _run(turn)


def _child_started(turn: Turn, command: cmd.ChildStarted) -> None:
    task = turn.state.task_of(command.seq)
    if task is None or task.status is not TaskStatus.SCHEDULED:
        return
    if command.delivery not in {0, task.delivery}:
        return
    turn.emit(began(turn, task, command))


def _child_ended(turn: Turn, command: cmd.ChildEnded) -> None:
    """End the SUB_WORKFLOW task as its child ended (reference 3.7)."""
    task = turn.state.task_of(command.seq)
    if task is None or not task.is_open or turn.state.status.is_terminal:
        return
    if is_awaited(turn.state, task, command):
        turn.emit(ended(turn, task, command))
        _run(turn)


def _follow(turn: Turn, command: cmd.Follow) -> None:
    """Remember whom to tell of the end, once; an ended workflow tells nobody more."""
    state = turn.state
    follower = (command.parent_id, command.parent_task_id)
    if not state.status.is_terminal and follower not in state.followers:
        parent_id, task_id = follower
        turn.emit(ev.WorkflowFollowed(parent_id=parent_id, parent_task_id=task_id))


def _admit(turn: Turn, command: cmd.Admit) -> None:
    """Let a workflow run that was queued; one that was paused meanwhile waits on."""
    state = turn.state
    if state.status.is_terminal or not state.queued or state.run != command.run:
        return
    turn.emit(ev.WorkflowAdmitted())
    attend_to_due_tasks(turn)
    _run(turn)


def _pause(turn: Turn, _command: cmd.Pause) -> None:
    state = turn.state
    if state.status.is_terminal:
        raise Conflict(
            f"Workflow {state.name}.{state.definition_version}/{state.workflow_id} "
            "has ended, status cannot be updated."
        )
    if state.status is WorkflowStatus.RUNNING:
        turn.emit(ev.WorkflowPaused())


def _resume(turn: Turn, _command: cmd.Resume) -> None:
    state = turn.state
    if state.status is not WorkflowStatus.PAUSED:
        raise IllegalState(
            f"The workflow {state.workflow_id} is not PAUSED so cannot resume. "
            f"Current status is {state.status}"
        )
    turn.emit(ev.WorkflowResumed())
    attend_to_due_tasks(turn)
    _run(turn)


def _terminate(turn: Turn, command: cmd.Terminate) -> None:
    status = turn.state.status
    if command.by_task is not None and command.by_task != turn.state.parent_task_id:
        return
    if command.run is not None and turn.state.run > command.run:
        return
    if status is WorkflowStatus.COMPLETED:
        raise Conflict("Cannot terminate a COMPLETED workflow.")
    if status is WorkflowStatus.TERMINATED:
        return
    end = EndWorkflow(WorkflowStatus.TERMINATED, command.reason)
    end_workflow(turn, end, start_failure_workflow=False)


def _wake(turn: Turn, _command: cmd.Wake) -> None:
    """Attend to whatever is due, and to what a decision that was cut short left."""
    if turn.state.status.is_terminal:
        close_open_tasks(turn)
        return
    time_out_workflow(turn)
    attend_to_due_tasks(turn)
    judged = ("JOIN", "EXCLUSIVE_JOIN", "DO_WHILE")
    turn.to_judge += [one.ref for one in open_tasks(turn.state) if one.type in judged]
    _run(turn)


def _then_run(handle: Callable[[Turn, Any], None]) -> Callable[[Turn, Any], None]:
    """Run the workflow once a command is obeyed, which may have brought it back."""

    def handler(turn: Turn, command: Any) -> None:
        handle(turn, command)
        _run(turn)

    return handler


_HANDLERS: dict[type, Callable[[Turn, Any], None]] = {
    cmd.UpdateTask: _update_task,
    cmd.TaskStarted: start_task,
    cmd.ChildStarted: _child_started,
    cmd.ChildEnded: _child_ended,
    cmd.Admit: _admit,
    cmd.Follow: _follow,
    cmd.Pause: _pause,
    cmd.Resume: _resume,
    cmd.Terminate: _terminate,
    **{kind: _then_run(handle) for kind, handle in RECOVERIES.items()},
    cmd.UpdateVariables: update_variables,
    cmd.PushMessage: _then_run(push_message),
    cmd.Wake: _wake,
}
