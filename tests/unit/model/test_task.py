"""Tasks: what their statuses mean, and how they are shown."""

import pytest

from podium.model.task import Task, TaskStatus, queue_wait
from podium.model.task_definition import TaskDef
from podium.model.workflow_task import WorkflowTask


@pytest.mark.parametrize(
    ("status", "terminal", "successful", "retriable"),
    [
        ("IN_PROGRESS", False, True, True),
        ("CANCELED", True, False, False),
        ("FAILED", True, False, True),
        ("FAILED_WITH_TERMINAL_ERROR", True, False, False),
        ("COMPLETED", True, True, True),
        ("COMPLETED_WITH_ERRORS", True, True, True),
        ("SCHEDULED", False, True, True),
        ("TIMED_OUT", True, False, True),
        ("SKIPPED", True, True, False),
    ],
)
def test_2_7_statuses_know_themselves(status, terminal, successful, retriable):
    """The table of reference 2.7."""
    known = TaskStatus(status)

    assert (terminal, successful, retriable) == (
        known.is_terminal,
        known.is_successful,
        known.is_retriable,
    )


def test_a_task_shows_what_follows_from_it():
    """taskDefinition and loopOverTask are derived."""
    step = WorkflowTask(name="a", task_definition=TaskDef(name="a"))

    written = Task(task_id="1", workflow_task=step, iteration=2).to_json()

    assert ("a", True) == (written["taskDefinition"]["name"], written["loopOverTask"])


def test_execution_metadata_is_always_there():
    """Clients read it without asking; runtimeMetadata only where it says something."""
    written = Task(task_id="1").to_json()

    assert "executionMetadata" in written
    assert "runtimeMetadata" not in written


def test_a_task_reads_back_as_it_was_written():
    """A client that parses a task and writes it again changes nothing."""
    task = Task(
        task_id="1",
        status=TaskStatus.FAILED,
        input_data={"a": None},
        workflow_task=WorkflowTask(name="a"),
    )

    assert task == Task.from_json(task.to_json())


def test_reasons_are_cut_to_500_characters():
    """Conductor's setter does that."""
    assert "x" * 500 == Task(reason_for_incompletion="x" * 600).reason_for_incompletion


@pytest.mark.parametrize(
    ("scheduled", "started", "updated", "callback", "now", "expected"),
    [
        (1000, 0, 0, 0, 9000, 0),  # not started yet
        (1000, 1500, 2000, 0, 9000, 500),  # from scheduling to start
        (1000, 1500, 2000, 5, 9000, 2000),  # since it was due again
        (1000, 1500, 2000, 60, 9000, 0),  # not due again yet
    ],
)
def test_queue_wait(scheduled, started, updated, callback, now, expected):
    """How long a task has stood in its queue."""
    assert expected == queue_wait(
        scheduled=scheduled,
        started=started,
        updated=updated,
        callback_after=callback,
        now=now,
    )
