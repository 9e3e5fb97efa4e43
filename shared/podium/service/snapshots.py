"""Definition snapshots: what a workflow runs by, whatever is registered later.

A snapshot is the definition with the task definitions of its tasks filled in (reference
3.0), kept once under the digest of its content.  Many starts of one definition share
one snapshot, so a start writes none of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from podium.decider.definition import Definition, compile_definition
from podium.decider.task_types import SYSTEM
from podium.errors import NotFound
from podium.model.task_definition import TaskDef
from podium.model.workflow_definition import WorkflowDef
from podium.model.workflow_task import WorkflowTask
from podium.ports import Metadata
from podium.service.cache import BoundedCache

_KEPT = 512
_SYSTEM = SYSTEM | {"FORK_JOIN", "FORK_JOIN_DYNAMIC"}


class Snapshots:
    """Makes, keeps and loads snapshots."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata
        self._compiled: BoundedCache[str, Definition] = BoundedCache(_KEPT)
        self._digests: BoundedCache[bytes, str] = BoundedCache(_KEPT)

    def take(self, definition: WorkflowDef) -> str:
        """Keep a snapshot of the definition and return its digest."""
        known = self._find(definition)
        key = _fingerprint(definition, known)
        digest = self._digests.get(key)
        if digest is None:
            digest = self._keep(populate(definition, known))
            self._digests.put(key, digest)
        return digest

    def _find(self, definition: WorkflowDef) -> Registered:
        """Look up what the definition's tasks leave to the registry."""
        tasks = list(_all_tasks(definition.tasks))
        names = {task.name for task in tasks if task.task_definition is None}
        children = filter(None, map(_child_of_any_version, tasks))
        latest = {
            name: self._metadata.find_workflow(name, None)
            for name in sorted(set(children))
        }
        return Registered(
            self._metadata.find_tasks(sorted(names)),
            {name: one.version for name, one in latest.items() if one is not None},
        )

    def _keep(self, definition: WorkflowDef) -> str:
        text = msgspec.json.encode(definition.to_json())
        digest = hashlib.sha256(text).hexdigest()[:32]
        if self._compiled.get(digest) is None:
            self._metadata.put_snapshot(digest, text)
            self._compiled.put(digest, compile_definition(definition))
        return digest

    def known(self, digest: str) -> Definition | None:
        """Return the compiled snapshot if this process has it."""
        return self._compiled.get(digest)

    def load(self, digest: str) -> Definition:
        """Return the compiled snapshot."""
        known = self._compiled.get(digest)
        if known is not None:
            return known
        text = self._metadata.find_snapshot(digest)
        if text is None:
            raise NotFound(f"No definition snapshot found by digest: {digest}")
        compiled = compile_definition(WorkflowDef.from_json(msgspec.json.decode(text)))
        self._compiled.put(digest, compiled)
        return compiled


@dataclass(frozen=True, slots=True)
class Registered:
    """Task definitions by name, and the latest versions of child workflows."""

    tasks: Mapping[str, TaskDef]
    versions: Mapping[str, int] = field(default_factory=dict)


def _fingerprint(definition: WorkflowDef, known: Registered) -> bytes:
    """Return a key that changes when the definition or what it refers to does."""
    parts: list[Any] = [definition.to_json(), sorted(known.versions.items())]
    parts += [known.tasks[name].to_json() for name in sorted(known.tasks)]
    return hashlib.sha256(msgspec.json.encode(parts)).digest()


def _all_tasks(tasks: Iterable[WorkflowTask]) -> Iterator[WorkflowTask]:
    """Yield every task of a definition, nested ones too."""
    for task in tasks:
        yield task
        for inner in _inner(task):
            yield from _all_tasks(inner)


def _child_of_any_version(task: WorkflowTask) -> str | None:
    """Return the name of the child whose latest version a SUB_WORKFLOW takes."""
    given = task.sub_workflow_param
    if task.type != "SUB_WORKFLOW" or given is None:
        return None
    if given.version is not None or given.workflow_definition is not None:
        return None
    return None if not given.name or "${" in given.name else given.name


def _inner(task: WorkflowTask) -> Iterable[Iterable[WorkflowTask]]:
    yield from task.decision_cases.values()
    yield task.default_case
    yield from task.fork_tasks
    yield task.loop_over


def populate(definition: WorkflowDef, known: Registered) -> WorkflowDef:
    """Return the definition with what its tasks leave to the registry filled in.

    A task whose name is not registered gets a definition for the occasion, by which a
    system task is neither retried nor timed out (reference 3.0).
    """
    tasks = _populate_all(definition.tasks, known)
    return definition.model_copy(update={"tasks": tasks})


def _populate_all(
    tasks: Iterable[WorkflowTask], known: Registered
) -> tuple[WorkflowTask, ...]:
    return tuple(_populate(task, known) for task in tasks)


def _populate(task: WorkflowTask, known: Registered) -> WorkflowTask:
    changes: dict[str, Any] = {}
    if task.task_definition is None:
        found = known.tasks.get(task.name) or _unregistered(task)
        if found is not None:
            changes["task_definition"] = found
    child = task.sub_workflow_param
    version = known.versions.get(_child_of_any_version(task) or "")
    if child is not None and version is not None:
        changes["sub_workflow_param"] = child.model_copy(update={"version": version})
    if any(True for inner in _inner(task) for _ in inner):
        changes["decision_cases"] = {
            case: _populate_all(inner, known)
            for case, inner in task.decision_cases.items()
        }
        changes["default_case"] = _populate_all(task.default_case, known)
        changes["fork_tasks"] = tuple(
            _populate_all(inner, known) for inner in task.fork_tasks
        )
        changes["loop_over"] = _populate_all(task.loop_over, known)
    return task.model_copy(update=changes) if changes else task


def _unregistered(task: WorkflowTask) -> TaskDef | None:
    """Return the definition of a task that has none; one's own types need one."""
    if task.type == "SIMPLE":
        return TaskDef(name=task.name)
    if task.type in _SYSTEM:
        return TaskDef(name=task.name, retry_count=0, response_timeout_seconds=0)
    return None
