"""The demo's definitions: JSON, as users of Conductor write it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from podium_sdk import PodiumClient

WORKFLOW = "order_fulfilment"

_FOLDER = files("podium_local.demo") / "definitions"


def workflow_definitions() -> list[dict[str, Any]]:
    """Return the order's workflow and the one that it ships with."""
    return [_read(WORKFLOW), _read("order_shipping")]


def task_definitions() -> list[dict[str, Any]]:
    """Return how each of the tasks is retried and timed out."""
    definitions: list[dict[str, Any]] = _read("task_definitions")
    return definitions


def register(client: PodiumClient) -> None:
    """Add the definitions, or replace those of an earlier run."""
    client.metadata.register_tasks(task_definitions())
    client.metadata.update_workflows(workflow_definitions())


def _read(name: str) -> Any:
    return json.loads((_FOLDER / f"{name}.json").read_text())
