"""Dry runs: a workflow tried out against mocks (reference 1.1 #26, 2.5).

The workflow runs on a stage: a home of its own that is thrown away afterwards, with the
real decider and a clock that is moved by hand.  What workers, services and people would
do the mocks do, each in its turn; what the decider does itself is not mocked.

Time passes only for what is sure to come: a mock that takes its time, the end of a
WAIT, the delay of a retry.  On the way every timeout fires at its moment.  Where only
tasks without a mock are left, the dry run ends, and the workflow is shown as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from podium import ids
from podium.clock import Clock, ManualClock
from podium.decider.state import TaskState, WorkflowState
from podium.decider.task_types import LAUNCHING, queue_type
from podium.decider.timeouts import open_tasks
from podium.errors import InvalidInput
from podium.model.requests import WorkflowTestRequest
from podium.model.task import TaskStatus
from podium.model.task_result import TaskResult
from podium.ports import Home, Lease
from podium.service.decider_queue import DeciderQueue
from podium.service.execution_view import JsonObject
from podium.service.journals import Journals
from podium.service.messages import (
    LaunchFailureWorkflow,
    LaunchTask,
    decode_message,
    encode_message,
)
from podium.service.mocks import Cast, Part
from podium.service.parallel import PATIENCE
from podium.service.starting import Starter
from podium.service.tasks import Tasks
from podium.service.workflows import Workflows

MOST_STEPS = 20_000
"""Commands, timers and reports that one dry run may come to, as Conductor has it.

So many tasks may one of its workflows have: a loop may turn for long in one decision.
"""
WORKER = "dry-run"
_DECIDED = frozenset({"JOIN", "EXCLUSIVE_JOIN", "DO_WHILE"})
"""What is open while the decider waits for other tasks; a mock does not end these."""
LIMITED_LAUNCHES = queue_type("SUB_WORKFLOW")
_AT_ONCE = 10
_GOES_ON = 1
"""Milliseconds after which a decision that was cut short is taken up again."""


# --- the stage ---------------------------------------------------------------------


class _Command(Protocol):
    @property
    def workflow_id(self) -> str: ...
    @property
    def command(self) -> bytes: ...
    @property
    def receipt(self) -> str: ...


class _Timer(Protocol):
    @property
    def workflow_id(self) -> str: ...
    @property
    def due(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Stage:
    """A throw-away home, what works on it, and the receiving ends of its queues."""

    home: Home
    clock: ManualClock
    starter: Starter
    tasks: Tasks
    workflows: Workflows
    decider_queue: DeciderQueue
    receive: Callable[[], Sequence[_Command]]
    delete: Callable[[str], None]
    fired: Callable[[], Sequence[_Timer]]
    done: Callable[[_Timer], None]
    next_due: Callable[[], int | None]


OpenStage: TypeAlias = Callable[[], AbstractContextManager[Stage]]


class DryRuns:
    """Tries out workflows; of the real home only definitions are read."""

    def __init__(self, clock: Clock, open_stage: OpenStage) -> None:
        self._clock = clock
        self._open_stage = open_stage

    def run(self, request: WorkflowTestRequest) -> JsonObject:
        """Return the workflow as it stands when its mocks have nothing left to do."""
        with self._open_stage() as stage:
            patience = Patience(self._clock, request.name)
            workflow_id = stage.starter.start(request)
            DryRun(stage, workflow_id, request, patience).play()
            return stage.workflows.get(workflow_id)


class Patience:
    """How long a dry run may go on: steps, and real time."""

    def __init__(self, clock: Clock, name: str) -> None:
        self._clock = clock
        self._name = name
        self._until = clock.now() + PATIENCE
        self._steps = 0

    def step(self) -> None:
        """Count one more step; raise InvalidInput where that is one too many."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise self._lost(f"{MOST_STEPS} steps")
        if self._clock.now() > self._until:
            raise self._lost(f"{PATIENCE // 1000} s")

    def allow(self, tasks: int) -> None:
        """Raise InvalidInput where a workflow has more tasks than it may."""
        if tasks > MOST_STEPS:
            raise self._lost(f"{MOST_STEPS} tasks")

    def _lost(self, limit: str) -> InvalidInput:
        return InvalidInput(
            f"The test of workflow {self._name} has not ended after {limit}: does a "
            "loop in it ever end? Mock what its condition reads, or test a part of it."
        )


# --- the play ----------------------------------------------------------------------


class DryRun:
    """One workflow and its children on a stage."""

    def __init__(
        self,
        stage: Stage,
        workflow_id: str,
        request: WorkflowTestRequest,
        patience: Patience,
    ) -> None:
        self._stage = stage
        self._root = workflow_id
        self._patience = patience
        self._journals = Journals(stage.home)
        self._casts = {workflow_id: Cast(request)}
        self._parts: dict[str, Part] = {}

    def play(self) -> None:
        """Go on until the workflow has ended, or nothing is sure to come."""
        while True:
            self._patience.step()
            self._settle()
            if self._journals.load(self._root).status.is_terminal:
                return
            moment = min(self._moments(), default=None)
            if moment is None:
                return
            self._move_towards(moment)
            self._act()

    def _settle(self) -> None:
        """Work off commands and due timers."""
        while True:
            for command in self._stage.receive():
                self._patience.step()
                if not self._is_left_out(command):
                    self._stage.decider_queue.handle(
                        command.workflow_id, command.command
                    )
                self._stage.delete(command.receipt)
                break
            else:
                for timer in self._stage.fired():
                    self._patience.step()
                    self._stage.decider_queue.wake(timer.workflow_id, timer.due)
                    self._stage.done(timer)
                    break
                else:
                    if not self._launch_limited():
                        return

    def _launch_limited(self) -> bool:
        """Have workflows started that limits could hold back; tell if there were any.

        A stage has no limits: nobody else is there.  Whatever else is in that queue the
        mocks do.
        """
        home = self._stage.home
        found = home.queues.receive(LIMITED_LAUNCHES, _AT_ONCE, 0, PATIENCE)
        for one in found:
            owner = ids.workflow_of(one.message.task_id)
            seq = ids.sequence_of(one.message.task_id)
            task = self._journals.load(owner).task_of(seq)
            if task is not None and task.type in LAUNCHING:
                home.commands.send(owner, encode_message(LaunchTask(seq=seq)))
        home.queues.delete(LIMITED_LAUNCHES, [one.receipt for one in found])
        return bool(found)

    def _is_left_out(self, command: _Command) -> bool:
        """Tell whether a command would start what a mock stands for.

        A failure workflow and a START_WORKFLOW's would run beside the one that is
        tried out.
        """
        message = decode_message(command.command)
        if isinstance(message, LaunchFailureWorkflow):
            return True
        if not isinstance(message, LaunchTask):
            return False
        task = self._journals.load(command.workflow_id).task_of(message.seq)
        if task is None or not task.is_open:
            return False
        if task.type != "SUB_WORKFLOW":
            return True
        cast = self._casts.get(command.workflow_id)
        return cast is not None and cast.mocks_of(task) is not None

    # --- what comes next -------------------------------------------------------

    def _moments(self) -> Iterator[int]:
        """Yield the times at which something is sure to happen."""
        open_ids = set()
        now = self._stage.clock.now()
        for state in self._running():
            if now < state.armed <= now + _GOES_ON:
                yield state.armed
            for task in open_tasks(state):
                task_id = ids.task_id(state.workflow_id, task.seq)
                open_ids.add(task_id)
                part = self._parts.get(task_id) or self._enter(task_id, state, task)
                if part is not None:
                    yield part.next
                elif task.type == "WAIT" and task.wakes_at:
                    yield task.wakes_at
        for task_id in self._parts.keys() - open_ids:
            del self._parts[task_id]

    def _running(self) -> Iterator[WorkflowState]:
        """Yield every workflow that goes on: the first one and its children."""
        found = [self._root]
        for workflow_id in found:
            state = self._journals.load(workflow_id)
            if state.status.is_terminal:
                continue
            self._patience.allow(state.last_seq)
            yield state
            for task in open_tasks(state):
                if task.sub_workflow_id:
                    cast = self._casts[workflow_id].of_child(task)
                    self._casts.setdefault(task.sub_workflow_id, cast)
                    found.append(task.sub_workflow_id)

    def _enter(
        self, task_id: str, state: WorkflowState, task: TaskState
    ) -> Part | None:
        """Take the next mock of a task, if one is left and it may end the task."""
        if task.type in _DECIDED or task.sub_workflow_id:
            return None
        left = self._casts[state.workflow_id].mocks_of(task)
        if not left:
            return None
        mock = left.popleft()
        begins = max(self._stage.clock.now(), task.due) + max(0, mock.queue_wait_time)
        ends = begins + max(0, mock.execution_time)
        part = Part(task_id, task.delivery, mock, begins, ends)
        self._parts[task_id] = part
        return part

    def _move_towards(self, moment: int) -> None:
        """Let time pass, to the moment or to the first timer before it."""
        now = self._stage.clock.now()
        due = self._stage.next_due()
        self._stage.clock.advance(max(0, min(moment, due or moment) - now))

    def _act(self) -> None:
        """Have every mock whose time has come begin, or report."""
        now = self._stage.clock.now()
        if self._stage.fired():
            return  # a timeout of this very moment comes first
        for part in [one for one in self._parts.values() if one.next <= now]:
            self._patience.step()
            if not part.has_begun:
                self._begin(part)
            if part.ends <= now:
                del self._parts[part.task_id]
                self._report(part)

    def _begin(self, part: Part) -> None:
        """Lease the task, so that its timeouts run from here on."""
        part.has_begun = True
        now = self._stage.clock.now()
        owner, seq = ids.workflow_of(part.task_id), ids.sequence_of(part.task_id)
        task = self._journals.load(owner).task_of(seq)
        if task is not None and task.status is TaskStatus.SCHEDULED:
            lease = Lease(owner, seq, task.delivery, WORKER, now, now)
            self._stage.home.leases.take(lease)

    def _report(self, part: Part) -> None:
        result = TaskResult(
            workflow_instance_id=ids.workflow_of(part.task_id),
            task_id=part.task_id,
            status=part.mock.status,
            output_data=part.mock.output or {},
            worker_id=WORKER,
        )
        self._stage.tasks.update(result)
