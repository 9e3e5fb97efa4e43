"""The port of schedules: where they, their next runs and their last ones are kept.

A timer of a schedule carries its name as its subject (:func:`subject_of`), as others
carry the id of a workflow.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Protocol, Self

import msgspec

from podium.model.schedule import WorkflowSchedule, WorkflowScheduleExecution
from podium.schedules.runs import Pending, earliest

RECORDS_KEPT = 5
"""Records of the last runs of each schedule, as many as Conductor keeps."""
_SUBJECT = "schedule#"


def subject_of(name: str) -> str:
    """Return what a timer of a schedule is armed for."""
    return f"{_SUBJECT}{name}"


def schedule_of(subject: str) -> str | None:
    """Return the schedule that a timer was armed for, None where it was a workflow."""
    if not subject.startswith(_SUBJECT):
        return None
    return subject.removeprefix(_SUBJECT)


@dataclass(frozen=True, slots=True)
class StoredSchedule:
    """A schedule as saved, and how far it is.

    ``runs`` counts the runs there were, ``stamp`` is another number after each write.
    """

    schedule: WorkflowSchedule
    pending: Pending
    runs: int
    stamp: int

    @property
    def name(self) -> str:
        """The name of the schedule."""
        return self.schedule.name

    @property
    def due(self) -> int | None:
        """When it runs next; None where it is paused, or has no run left."""
        return None if self.schedule.paused else earliest(self.pending)

    def shown(self) -> WorkflowSchedule:
        """Return the schedule as clients see it."""
        return self.schedule.model_copy(update={"next_run_time": self.due})

    def after(self, pending: Pending, count: int, stamp: int) -> Self:
        """Return what stands after so many more runs."""
        return replace(self, pending=pending, runs=self.runs + count, stamp=stamp)

    def encode(self) -> bytes:
        """Return it as JSON."""
        document = {
            "schedule": self.schedule.to_json(),
            "pending": self.pending,
            "runs": self.runs,
            "stamp": self.stamp,
        }
        return msgspec.json.encode(document)

    @classmethod
    def decode(cls, text: bytes | str) -> Self:
        """Read what :meth:`encode` wrote."""
        document = msgspec.json.decode(text)
        return cls(
            WorkflowSchedule.from_json(document["schedule"]),
            tuple(document["pending"]),
            document["runs"],
            document["stamp"],
        )


class Schedules(Protocol):
    """Schedules by name, and a few records of the last runs of each."""

    def put(self, schedule: StoredSchedule, stamp: int | None) -> bool:
        """Store what follows the schedule of that stamp, or, for None, none at all.

        False where something else stands: somebody was first.
        """
        ...

    def find(self, name: str) -> StoredSchedule | None:
        """Return the schedule of that name, strongly consistent."""
        ...

    def all(self) -> list[StoredSchedule]:
        """Return all schedules by name."""
        ...

    def delete(self, name: str) -> None:
        """Remove a schedule, there or not, and the records of its runs."""
        ...

    def overdue(self, moment: int) -> list[str]:
        """Return the names of the schedules that are due before a moment."""
        ...

    def record(self, number: int, execution: WorkflowScheduleExecution) -> None:
        """Keep the record of a schedule's run number ``number``, counted from 0.

        It takes the place of the one :data:`RECORDS_KEPT` runs before.
        """
        ...

    def executions(
        self, names: Collection[str] | None = None
    ) -> list[WorkflowScheduleExecution]:
        """Return the records that are kept (of these schedules), in any order."""
        ...

    def halt(self, *, halted: bool) -> None:
        """Keep whether all schedules stand still."""
        ...

    def is_halted(self) -> bool:
        """Tell whether all schedules stand still."""
        ...
