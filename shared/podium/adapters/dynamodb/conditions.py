"""Every condition under which something is written: where concurrency is decided.

The loser of a race gets :class:`podium.adapters.dynamodb.table.ConditionFailed` with
the item that stands, and its adapter says what that means in the port's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Condition:
    """An expression over the item that stands, and the values it speaks of."""

    text: str
    values: Mapping[str, Any] = field(default_factory=dict)


IS_ABSENT = Condition("attribute_not_exists(pk)")
"""Nobody has written this item.

On a journal entry this is the workflow's lock: of all who decided on version *n*, one
writes *n + 1*.  On a lease it lets one delivery win, on a definition it keeps a taken
name, on an idempotency key it binds the first who asks.
"""

IS_PRESENT = Condition("attribute_exists(pk)")
"""The item is there: what nobody took cannot be renewed, what nobody stored cannot be
replaced or removed, and an update makes no item that was not.
"""


def is_bound_to(workflow_id: str) -> Condition:
    """Return: the key still belongs to that workflow, so that of many who would take
    it over one does.
    """
    return Condition("workflow_id = :bound", {":bound": {"S": workflow_id}})


def is_in_progress_since(moment: int) -> Condition:
    """Return: nobody has finished the record of a dead attempt, or taken it over, so
    that of two deliveries of a message one runs its action.
    """
    return Condition("since = :since", {":since": {"N": str(moment)}})


def is_held_by(holder: str, until: int) -> Condition:
    """Return: a limit's place stands as it was read, so that of all who would have it,
    and who would give it on, one does.
    """
    return Condition(
        "holder = :was_holder AND held_until = :was_until",
        {":was_holder": {"S": holder}, ":was_until": {"N": str(until)}},
    )


def is_of_revision(revision: int) -> Condition:
    """Return: nobody has changed the application since it was read, so that of two
    operators neither undoes what the other did.
    """
    return Condition("revision = :revision", {":revision": {"N": str(revision)}})


def has_stamp(stamp: int) -> Condition:
    """Return: nobody has written the schedule since it was read, so that of two who
    saw to the same run, or changed it meanwhile, one moves it on.
    """
    return Condition("stamp = :stamp", {":stamp": {"N": str(stamp)}})


def is_not_newer_than(version: int) -> Condition:
    """Return: the search row was made from no later entry of the journal.

    Projections may come late and in any order; the latest stands.
    """
    return Condition(
        "attribute_not_exists(pk) OR version_seen <= :version",
        {":version": {"N": str(version)}},
    )


def is_of_version(version: int) -> Condition:
    """Return: the search row was made from this entry of the journal still, so that
    the sweep moves none that says something else by now.
    """
    return Condition("version_seen = :version", {":version": {"N": str(version)}})
