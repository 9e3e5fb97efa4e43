"""Workflows: what their statuses mean, and how they are shown."""

import pytest

from podium.model.task import Task
from podium.model.workflow import Workflow, WorkflowStatus, WorkflowSummary
from podium.model.workflow_definition import WorkflowDef


@pytest.mark.parametrize(
    ("status", "terminal", "successful"),
    [
        ("RUNNING", False, False),
        ("COMPLETED", True, True),
        ("FAILED", True, False),
        ("TIMED_OUT", True, False),
        ("TERMINATED", True, False),
        ("PAUSED", False, True),
    ],
)
def test_2_6_statuses_know_themselves(status, terminal, successful):
    """The table of reference 2.6."""
    known = WorkflowStatus(status)

    assert (terminal, successful) == (known.is_terminal, known.is_successful)


def test_name_version_and_start_follow_from_definition_and_creation():
    """Clients read them at the top level."""
    workflow = Workflow(
        create_time=5, workflow_definition=WorkflowDef(name="w", version=3)
    )

    written = workflow.to_json()

    assert ("w", 3, 5) == (
        written["workflowName"],
        written["workflowVersion"],
        written["startTime"],
    )


def test_a_workflow_reads_back_as_it_was_written():
    """A client that parses a workflow and writes it again changes nothing."""
    workflow = Workflow(
        workflow_id="1",
        tasks=[Task(task_id="2", output_data={"n": 1.0})],
        workflow_definition=WorkflowDef(name="w"),
    )

    assert workflow == Workflow.from_json(workflow.to_json())


def test_a_summary_has_empty_words_where_conductor_has():
    """failedReferenceTaskNames and parentWorkflowId are never absent."""
    written = WorkflowSummary(workflow_id="1").to_json()

    assert ("", "", "workflow") == (
        written["failedReferenceTaskNames"],
        written["parentWorkflowId"],
        written["classifier"],
    )
