"""Definitions as compressed JSON, and what this process read of them lately.

Every start asks for a workflow definition and each of its tasks, so answers are kept
for a few seconds, absences too.  What this process writes shows here at once; another
process's change shows when that time is over.  Snapshots never change and are kept.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import TypeVar

import msgspec

from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.conditions import IS_PRESENT
from podium.adapters.dynamodb.recent import Recent
from podium.adapters.dynamodb.table import ConditionFailed, Item, Table
from podium.clock import Clock
from podium.errors import AlreadyExists, PayloadTooLarge
from podium.model.conductor_json import ConductorModel
from podium.model.event_handler import EventHandler
from podium.model.task_definition import TaskDef
from podium.model.workflow_definition import WorkflowDef

_Model = TypeVar("_Model", bound=ConductorModel)

_ITEM_LIMIT = 390_000
_SNAPSHOTS_KEPT = 500


class DynamoMetadata:
    """The port ``Metadata``; ``kept`` is how long answers are, in milliseconds."""

    def __init__(self, table: Table, clock: Clock, kept: int) -> None:
        self._table = table
        self._workflows: Recent[WorkflowDef | None] = Recent(clock, kept)
        self._tasks: Recent[TaskDef | None] = Recent(clock, kept)
        self._handlers: Recent[list[EventHandler]] = Recent(clock, kept)
        self._snapshots: Recent[bytes] = Recent(clock, None, _SNAPSHOTS_KEPT)

    # --- workflows -------------------------------------------------------------

    def put_workflow(self, definition: WorkflowDef, *, overwrite: bool) -> None:
        """Store name and version; AlreadyExists where taken and not ``overwrite``."""
        name, version = definition.name, definition.version
        key = keys.workflow_definition(name, version)
        with self._workflows.changed():
            if not self._put(key, definition, only_new=not overwrite):
                raise AlreadyExists(f"Workflow with {name}.{version} already exists!")

    def find_workflow(self, name: str, version: int | None) -> WorkflowDef | None:
        """Return that version, or the highest one."""
        read = partial(self._read_workflow, name, version)
        return self._workflows.get((name, version), read)

    def _read_workflow(self, name: str, version: int | None) -> WorkflowDef | None:
        if version is not None:
            return self._find(keys.workflow_definition(name, version), WorkflowDef)
        latest = next(
            self._table.pages(
                keys.workflow_definitions(name), newest_first=True, limit=1
            )
        )
        return next(iter(_models(latest.items, WorkflowDef)), None)

    def list_workflows(self, name: str | None = None) -> list[WorkflowDef]:
        """Return all versions (of one name), by name and version."""
        items = self._table.items(keys.workflow_definitions(name))
        return sorted(
            _models(items, WorkflowDef), key=lambda one: (one.name, one.version)
        )

    def delete_workflow(self, name: str, version: int) -> bool:
        """Remove one version; False where it was not there."""
        with self._workflows.changed():
            return self._delete(keys.workflow_definition(name, version))

    # --- tasks -----------------------------------------------------------------

    def put_task(self, definition: TaskDef) -> None:
        """Store or replace a task definition."""
        with self._tasks.changed():
            self._put(keys.task_definition(definition.name), definition)

    def find_task(self, name: str) -> TaskDef | None:
        """Return the task definition of that name."""
        read = partial(self._find, keys.task_definition(name), TaskDef)
        return self._tasks.get(name, read)

    def find_tasks(self, names: Collection[str]) -> dict[str, TaskDef]:
        """Return those of the task definitions that there are, by name."""
        found = self._tasks.get_each(names, self._read_tasks)
        return {name: one for name, one in found.items() if one is not None}

    def _read_tasks(self, names: Sequence[str]) -> dict[str, TaskDef | None]:
        wanted = [keys.task_definition(name) for name in names]
        items = self._table.get_each(wanted, consistent=True)
        found = {one.name: one for one in _models(items, TaskDef)}
        return {name: found.get(name) for name in names}

    def list_tasks(self) -> list[TaskDef]:
        """Return all task definitions by name."""
        items = self._table.items(keys.task_definitions())
        return sorted(_models(items, TaskDef), key=lambda one: one.name)

    def delete_task(self, name: str) -> bool:
        """Remove a task definition; False where it was not there."""
        with self._tasks.changed():
            return self._delete(keys.task_definition(name))

    # --- event handlers --------------------------------------------------------

    def put_handler(self, handler: EventHandler, *, overwrite: bool) -> bool:
        """Store a handler under a free name, or replace one; False where it is not."""
        key = keys.handler(handler.name)
        with self._handlers.changed():
            return self._put(key, handler, only_new=not overwrite, only_old=overwrite)

    def list_handlers(self, event: str | None = None) -> list[EventHandler]:
        """Return all handlers (of one event), by name."""
        found = self._handlers.get("all", self._read_handlers)
        return [one for one in found if event in {None, one.event}]

    def _read_handlers(self) -> list[EventHandler]:
        items = self._table.items(keys.handlers())
        return sorted(_models(items, EventHandler), key=lambda one: one.name)

    def delete_handler(self, name: str) -> bool:
        """Remove an event handler; False where it was not there."""
        with self._handlers.changed():
            return self._delete(keys.handler(name))

    # --- snapshots -------------------------------------------------------------

    def put_snapshot(self, digest: str, definition: bytes) -> None:
        """Keep a definition under the digest of its content; again is a no-op.

        A look first: it costs a tenth of the write, and a new process starts what
        others have started.
        """
        if self.find_snapshot(digest) is None:
            self._table.put(_packed(keys.snapshot(digest), definition))
            self._snapshots.keep(digest, definition)

    def find_snapshot(self, digest: str) -> bytes | None:
        """Return the definition a running workflow points to."""
        known = self._snapshots.find(digest)
        if known is None:
            item = self._table.get(keys.snapshot(digest))
            if item is None:
                return None
            known = _text(item)
            self._snapshots.keep(digest, known)
        return known

    # --- items -----------------------------------------------------------------

    def _put(
        self,
        key: keys.Key,
        model: ConductorModel,
        *,
        only_new: bool = False,
        only_old: bool = False,
    ) -> bool:
        item = _packed(key, msgspec.json.encode(model.to_json()))
        write: Callable[[Item], None] = self._table.put
        if only_new:
            write = self._table.put_once
        elif only_old:
            write = partial(self._table.put, condition=IS_PRESENT)
        try:
            write(item)
        except ConditionFailed:
            return False
        return True

    def _find(self, key: keys.Key, model: type[_Model]) -> _Model | None:
        item = self._table.get(key)
        return None if item is None else _model(item, model)

    def _delete(self, key: keys.Key) -> bool:
        try:
            self._table.delete(key, IS_PRESENT)
        except ConditionFailed:
            return False
        return True


def _packed(key: keys.Key, text: bytes) -> Item:
    packed = zlib.compress(text)
    if len(packed) > _ITEM_LIMIT:
        raise PayloadTooLarge(
            f"The definition has {len(packed)} bytes even when compressed; "
            f"{_ITEM_LIMIT} can be stored"
        )
    return {**key, "definition": {"B": packed}}


def _text(item: Item) -> bytes:
    return zlib.decompress(item["definition"]["B"])


def _model(item: Item, model: type[_Model]) -> _Model:
    return model.from_json(msgspec.json.decode(_text(item)))


def _models(items: Iterable[Item], model: type[_Model]) -> Iterable[_Model]:
    return (_model(item, model) for item in items)
