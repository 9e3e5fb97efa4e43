"""Schedules in `podium dev`: within a second, and over `kill -9`."""

import time

import pytest

from podium_process import PodiumProcess, running, wait_for
from world import task

pytestmark = pytest.mark.e2e

EXECUTIONS = "/api/scheduler/search/executions"


def save(server, name="each second", cron="* * * * * *", **fields):
    definition = {"name": "w", "version": 1, "tasks": [task("HUMAN", "ask")]}
    server.ask("PUT", "/api/metadata/workflow", [definition])
    body = {"name": name, "cronExpression": cron, **fields}
    body["startWorkflowRequest"] = {"name": "w", "version": 1}
    return server.ask("POST", "/api/scheduler/schedules", body)


def workflows(server):
    """Return the workflows that were started, by the time of their run."""
    page = server.ask("GET", "/api/workflow/search-v2?size=1000&query=workflowType=w")
    return sorted(one["input"]["_scheduledTime"] for one in page["results"])


def started(server, count):
    """Wait until there are so many; return the times of their runs."""

    def look():
        found = workflows(server)
        return found if len(found) >= count else None

    return wait_for(look)


def test_runs_start_within_a_second_of_their_time(tmp_path):
    with running(tmp_path / "podium.sqlite3") as server:
        save(server)
        times = started(server, 4)
        records = server.ask("GET", EXECUTIONS)["results"]

    assert [times[0] + n * 1_000 for n in range(len(times))] == times
    late = [one["executionTime"] - one["scheduledTime"] for one in records]
    assert all(0 <= one < 1_000 for one in late), late


def test_a_killed_server_goes_on_with_its_schedules_and_repeats_no_run(tmp_path):
    database = tmp_path / "podium.sqlite3"
    first = PodiumProcess(database).wait_until_it_listens()
    save(first, runCatchupScheduleInstances=True)
    for _ in range(2):
        begun = len(started(first, 2))
        time.sleep(0.35)  # it may die while it sees to a run
        first.kill()
        first = PodiumProcess(database).wait_until_it_listens()
        started(first, begun + 2)
    first.stop()

    with running(database) as server:
        times = started(server, 2)

    assert [times[0] + n * 1_000 for n in range(len(times))] == times
