"""Definitions: defaults and kinds."""

import pytest

from podium.model.workflow_definition import WorkflowDef


def test_defaults_are_written_as_conductor_writes_them():
    """A bare definition reads back with every default that is not null."""
    assert {
        "createTime": 0,
        "updateTime": 0,
        "name": "w",
        "version": 1,
        "tasks": [],
        "inputParameters": [],
        "outputParameters": {},
        "schemaVersion": 2,
        "restartable": True,
        "workflowStatusListenerEnabled": False,
        "timeoutPolicy": "ALERT_ONLY",
        "timeoutSeconds": 0,
        "variables": {},
        "inputTemplate": {},
        "enforceSchema": True,
        "metadata": {},
        "maskedFields": [],
    } == WorkflowDef.from_json({"name": "w"}).to_json()


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({}, "workflow"),
        ({"classifier": "report"}, "report"),
        ({"classifier": "  "}, "workflow"),
        ({"agent_sdk": "x"}, "agent"),
        ({"agentDef": {}}, "agent"),
        ({"agentDef": None}, "workflow"),
        ({"agent_sdk": "x", "classifier": "own"}, "own"),
    ],
)
def test_the_classifier_comes_from_the_metadata(metadata, expected):
    """An explicit word wins, then the stamps of agent definitions."""
    assert expected == WorkflowDef(name="w", metadata=metadata).classifier
