"""An update of the stack, after all else: it changes how everybody calls the API."""

import pytest

from podium_sdk import PodiumClient
from world import task

pytestmark = pytest.mark.e2e

KEPT = {
    "name": "kept",
    "version": 1,
    "schemaVersion": 2,
    "ownerEmail": "updates@example.org",
    "tasks": [task("WAIT", "rest")],
}


def test_an_update_keeps_what_was_there_and_does_what_it_says(
    deploy_with, deployed, client
):
    client.metadata.update_workflows([KEPT])
    started = client.workflows.start("kept", {})
    opened = deploy_with(AccessMode="open")
    assert deployed.api_url == opened.api_url
    with PodiumClient(opened.api_url) as anybody:
        assert "RUNNING" == anybody.workflows.status(started).status
        anybody.workflows.signal(started)
        assert "COMPLETED" == anybody.workflows.status(started).status
