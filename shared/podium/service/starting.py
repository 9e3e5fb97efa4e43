"""Starting workflows (reference 1.11, design 9)."""

from __future__ import annotations

from msgspec.structs import replace

from podium.decider import commands as cmd
from podium.decider.events import WorkflowQuota
from podium.decider.state import WorkflowState
from podium.errors import LimitReached
from podium.model.requests import StartWorkflowRequest
from podium.model.workflow import WorkflowStatus
from podium.ports import Home
from podium.service.engine import Engine
from podium.service.journals import Journals
from podium.service.snapshots import Snapshots
from podium.service.start_requests import BY_CLIENT, Origin, StartRequests
from podium.service.workflow_limits import WorkflowLimits


class Starter:
    """Starts workflows for clients, tasks and events alike."""

    def __init__(
        self, home: Home, engine: Engine, journals: Journals, snapshots: Snapshots
    ) -> None:
        self._home = home
        self._engine = engine
        self._snapshots = snapshots
        self._journals = journals
        self._requests = StartRequests(home, journals, snapshots, self._gives_way)
        self._limits = WorkflowLimits(home, journals)

    def start(
        self,
        request: StartWorkflowRequest,
        origin: Origin = BY_CLIENT,
    ) -> str:
        """Start the workflow and return its id.

        With an id in the origin the start can be repeated: a workflow that is already
        there is left alone.
        """
        ready = self._requests.prepare(request, origin)
        if ready.command is not None:
            self.begin(
                ready.workflow_id,
                ready.command,
                rejects=ready.rejects,
                by=origin.by,
            )
        return ready.workflow_id

    def begin(
        self,
        workflow_id: str,
        command: cmd.Start,
        *,
        rejects: bool = False,
        by: str | None = None,
    ) -> None:
        """Start a workflow whose request was found good; again changes nothing.

        Where its quota is used up it is queued, or refused.
        """
        quota = command.quota
        if quota is not None and not self._may_run(workflow_id, command, quota):
            if rejects:
                raise self._refusal(command, quota)
            command = replace(command, queued=True)
        self._engine.create(workflow_id, command, by)

    def _gives_way(
        self, bound: str, present: WorkflowState | None, origin: Origin
    ) -> bool:
        """Tell whether a key is that of an earlier attempt which came to nothing.

        One that is still running nobody waits for any more, so it ends now.
        """
        task_id = present.parent_task_id if present is not None else None
        if bound not in origin.earlier and task_id not in origin.earlier:
            return False
        if present is None:
            row = self._home.index.find([bound]).get(bound)
            return row is not None and row.status != WorkflowStatus.COMPLETED
        if not present.status.is_terminal:
            reason = "Parent task has begun again with another child"
            ended = cmd.Terminate(reason=reason, by_task=task_id, run=present.run)
            self._engine.run_all(bound, [ended])
            present = self._journals.load(bound)
        return present.status.is_terminal and not present.status.is_successful

    def _may_run(
        self, workflow_id: str, command: cmd.Start, quota: WorkflowQuota
    ) -> bool:
        """Take a slot for the workflow; False where there is none.

        One that is there already has long been let in, or waits.
        """
        if self._journals.find(workflow_id) is not None:
            return True
        return self._limits.enter(quota, workflow_id, _parents_of(command))

    def _refusal(self, command: cmd.Start, quota: WorkflowQuota) -> LimitReached:
        name = self._snapshots.load(command.definition).source.name
        return LimitReached(
            f"Workflow {name} was not started: {quota.concurrent} with the "
            f"rateLimitKey {quota.key} are running"
        )


def _parents_of(command: cmd.Start) -> list[tuple[str, str]]:
    """Return who waits for the workflow's end, with the task that does."""
    if command.parent_id is None or command.parent_task_id is None:
        return []
    return [(command.parent_id, command.parent_task_id)]
