"""Definitions as JSON text, and the parsed models of those in use.

Parsing is slow and every start asks, so parsed models are kept.  What is kept is never
trusted by itself: every write gives a row a new stamp, ``find`` begins with reading the
row's stamp, and a model is kept under the stamp of the text it was parsed from.  So
neither a rollback nor another process can make a stale definition look right.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable
from typing import Generic, TypeVar

import msgspec

from podium.adapters.sqlite.database import Database, Parameters, Row
from podium.errors import AlreadyExists
from podium.model.conductor_json import ConductorModel
from podium.model.event_handler import EventHandler
from podium.model.task_definition import TaskDef
from podium.model.workflow_definition import WorkflowDef

_Model = TypeVar("_Model", bound=ConductorModel)

_KEPT = 2_000

_ADD_WORKFLOW = """INSERT INTO workflow_definitions (name, version, stamp, definition)
    VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"""

_PUT_WORKFLOW = """INSERT INTO workflow_definitions (name, version, stamp, definition)
    VALUES (?, ?, ?, ?) ON CONFLICT (name, version)
    DO UPDATE SET stamp = excluded.stamp, definition = excluded.definition"""

_ONE_VERSION = "FROM workflow_definitions WHERE name = ? AND version = ?"

_LATEST_VERSION = """FROM workflow_definitions WHERE name = ?
    ORDER BY version DESC LIMIT 1"""

_LIST_WORKFLOWS = """SELECT stamp, definition FROM workflow_definitions
    WHERE ?1 IS NULL OR name = ?1 ORDER BY name, version"""

_DELETE_WORKFLOW = f"DELETE {_ONE_VERSION}"

_PUT_TASK = """INSERT INTO task_definitions (name, stamp, definition)
    VALUES (?, ?, ?) ON CONFLICT (name)
    DO UPDATE SET stamp = excluded.stamp, definition = excluded.definition"""

_ONE_TASK = "FROM task_definitions WHERE name = ?"

_LIST_TASKS = "SELECT stamp, definition FROM task_definitions ORDER BY name"

_DELETE_TASK = f"DELETE {_ONE_TASK}"

_ADD_HANDLER = """INSERT INTO event_handlers (event, stamp, definition, name)
    VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"""

_REPLACE_HANDLER = """UPDATE event_handlers
    SET event = ?, stamp = ?, definition = ? WHERE name = ?"""

_LIST_HANDLERS = """SELECT stamp, definition FROM event_handlers
    WHERE ?1 IS NULL OR event = ?1 ORDER BY name"""

_DELETE_HANDLER = "DELETE FROM event_handlers WHERE name = ?"

_PUT_SNAPSHOT = """INSERT INTO snapshots (digest, definition) VALUES (?, ?)
    ON CONFLICT DO NOTHING"""

_FIND_SNAPSHOT = "SELECT definition FROM snapshots WHERE digest = ?"


class SqliteMetadata:
    """The port ``Metadata``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._workflows = _Parsed(WorkflowDef)
        self._tasks = _Parsed(TaskDef)
        self._handlers = _Parsed(EventHandler)

    # --- workflows -------------------------------------------------------------

    def put_workflow(self, definition: WorkflowDef, *, overwrite: bool) -> None:
        """Store name and version; AlreadyExists where taken and not ``overwrite``."""
        name, version = definition.name, definition.version
        statement = _PUT_WORKFLOW if overwrite else _ADD_WORKFLOW
        values = (name, version, self._database.token(), _text(definition))
        if not self._database.change(statement, values):
            raise AlreadyExists(f"Workflow with {name}.{version} already exists!")

    def find_workflow(self, name: str, version: int | None) -> WorkflowDef | None:
        """Return that version, or the highest one."""
        if version is None:
            return self._find(self._workflows, _LATEST_VERSION, (name,))
        return self._find(self._workflows, _ONE_VERSION, (name, version))

    def list_workflows(self, name: str | None = None) -> list[WorkflowDef]:
        """Return all versions (of one name), by name and version."""
        return self._workflows.all(self._database.rows(_LIST_WORKFLOWS, (name,)))

    def delete_workflow(self, name: str, version: int) -> bool:
        """Remove one version; False where it was not there."""
        return self._database.change(_DELETE_WORKFLOW, (name, version)) == 1

    # --- tasks -----------------------------------------------------------------

    def put_task(self, definition: TaskDef) -> None:
        """Store or replace a task definition."""
        values = (definition.name, self._database.token(), _text(definition))
        self._database.change(_PUT_TASK, values)

    def find_task(self, name: str) -> TaskDef | None:
        """Return the task definition of that name."""
        return self._find(self._tasks, _ONE_TASK, (name,))

    def find_tasks(self, names: Collection[str]) -> dict[str, TaskDef]:
        """Return those of the task definitions that there are, by name."""
        found = {name: self.find_task(name) for name in names}
        return {name: one for name, one in found.items() if one is not None}

    def list_tasks(self) -> list[TaskDef]:
        """Return all task definitions by name."""
        return self._tasks.all(self._database.rows(_LIST_TASKS))

    def delete_task(self, name: str) -> bool:
        """Remove a task definition; False where it was not there."""
        return self._database.change(_DELETE_TASK, (name,)) == 1

    # --- event handlers --------------------------------------------------------

    def put_handler(self, handler: EventHandler, *, overwrite: bool) -> bool:
        """Store a handler under a free name, or replace one; False where it is not."""
        statement = _REPLACE_HANDLER if overwrite else _ADD_HANDLER
        stamp = self._database.token()
        values = (handler.event, stamp, _text(handler), handler.name)
        return self._database.change(statement, values) == 1

    def list_handlers(self, event: str | None = None) -> list[EventHandler]:
        """Return all handlers (of one event), by name."""
        return self._handlers.all(self._database.rows(_LIST_HANDLERS, (event,)))

    def delete_handler(self, name: str) -> bool:
        """Remove an event handler; False where it was not there."""
        return self._database.change(_DELETE_HANDLER, (name,)) == 1

    # --- snapshots -------------------------------------------------------------

    def put_snapshot(self, digest: str, definition: bytes) -> None:
        """Keep a definition under the digest of its content; again is a no-op."""
        self._database.change(_PUT_SNAPSHOT, (digest, definition))

    def find_snapshot(self, digest: str) -> bytes | None:
        """Return the definition a running workflow points to."""
        row = self._database.row(_FIND_SNAPSHOT, (digest,))
        return None if row is None else row[0]

    def _find(
        self, parsed: _Parsed[_Model], where: str, key: Parameters
    ) -> _Model | None:
        """Return a model, read and parsed only where its stamp is not known."""
        row = self._database.row(f"SELECT stamp {where}", key)
        if row is None:
            return None
        known = parsed.get(row[0])
        if known is not None:
            return known
        row = self._database.row(f"SELECT stamp, definition {where}", key)
        return None if row is None else parsed.read(*row)


class _Parsed(Generic[_Model]):
    """The models parsed last, by the stamp of their text."""

    def __init__(self, model: type[_Model]) -> None:
        self._model = model
        self._models: OrderedDict[int, _Model] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, stamp: int) -> _Model | None:
        """Return the model of this stamp and count it as used."""
        with self._lock:
            if stamp not in self._models:
                return None
            self._models.move_to_end(stamp)
            return self._models[stamp]

    def read(self, stamp: int, text: str) -> _Model:
        """Return the model of a text, parsed unless it is known."""
        model = self.get(stamp)
        if model is None:
            model = self._model.from_json(msgspec.json.decode(text))
            with self._lock:
                self._models[stamp] = model
                if len(self._models) > _KEPT:
                    self._models.popitem(last=False)
        return model

    def all(self, rows: Iterable[Row]) -> list[_Model]:
        """Return the models of rows of stamp and text."""
        return [self.read(stamp, text) for stamp, text in rows]


def _text(model: ConductorModel) -> str:
    return msgspec.json.encode(model.to_json()).decode()
