"""What the functions logged while the modules before this one were run."""

import pytest

pytestmark = pytest.mark.e2e

FUNCTIONS = (
    *("control", "worker", "decider", "system-tasks", "sweeper", "projector"),
    "event-consumer",
)


def test_the_sweeper_runs_by_its_schedule(deployed, eventually):
    assert eventually(lambda: _logged(deployed, "sweeper"))


def test_no_function_was_refused_anything_or_failed(deployed, client):
    client.health()
    lines = [line for function in FUNCTIONS for line in _logged(deployed, function)]
    assert lines
    assert [] == [
        line for line in lines if '"level":"ERROR"' in line or "denied" in line
    ]


def _logged(deployed, function):
    found = deployed.client("logs").filter_log_events(
        logGroupName=f"/podium/podium/{function}"
    )
    return [one["message"] for one in found["events"]]
