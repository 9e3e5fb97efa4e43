"""The mocks of a dry run: whose they are, and which of them are at work."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from podium.decider.state import TaskState
from podium.model.requests import TaskMock, WorkflowTestRequest


@dataclass(slots=True)
class Cast:
    """The mocks of one request; workflows that share a request share them."""

    request: WorkflowTestRequest
    left: dict[str, deque[TaskMock]] = field(default_factory=dict)
    children: dict[str, Cast] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = self.request.task_ref_to_mock_output
        self.left = {ref: deque(mocks) for ref, mocks in given.items()}

    def mocks_of(self, task: TaskState) -> deque[TaskMock] | None:
        """Return what is left for a task: by its reference with its iteration, or bare.

        None where it never had any.
        """
        found = self.left.get(task.full_ref)
        return self.left.get(task.ref) if found is None else found

    def of_child(self, task: TaskState) -> Cast:
        """Return the mocks of a SUB_WORKFLOW's child; without a request it has none."""
        requests = self.request.sub_workflow_test_request
        ref = task.full_ref if task.full_ref in requests else task.ref
        if ref not in self.children:
            self.children[ref] = Cast(requests.get(ref) or WorkflowTestRequest())
        return self.children[ref]


@dataclass(slots=True)
class Part:
    """A mock at work on a task."""

    task_id: str
    delivery: int
    mock: TaskMock
    begins: int
    ends: int
    has_begun: bool = False

    @property
    def next(self) -> int:
        """When it has something to do: to begin, then to report."""
        return self.ends if self.has_begun else self.begins
