"""The routes of the scheduler: reference 1.7, and 12 #19 and #23."""

import json

import pytest

from gateway_events import CONTEXT, event
from podium_functions.api import Api
from podium_functions.callers import anybody
from world import DAY, HOUR, MINUTE, simple

BODY = {
    "name": "nightly",
    "cronExpression": "0 * * * * *",
    "startWorkflowRequest": {"name": "tested", "version": 1},
}


@pytest.fixture
def ask(world):
    """Return a function that sends a request and gives status and decoded body."""
    world.register("tested", [simple("work")])
    api = Api(world.podium, identify=anybody)

    def send(method, path, body=None, query=""):
        asked = event(method, f"/api/scheduler{path}", body=body, query=query)
        answer = api.handle(asked, CONTEXT)
        text = answer.get("body")
        return answer["statusCode"], json.loads(text) if text else None

    return send


def test_1_7_create_read_list_and_remove(ask, world):
    status, saved = ask("POST", "/schedules", BODY)
    now = world.clock.now()
    assert 200 == status
    assert {
        **BODY,
        "startWorkflowRequest": {
            "name": "tested",
            "version": 1,
            "input": {},
            "taskToDomain": {},
            "priority": 0,
        },
        "runCatchupScheduleInstances": False,
        "paused": False,
        "zoneId": "UTC",
        "cronSchedules": [],
        "createTime": now,
        "updatedTime": now,
        "nextRunTime": (now // MINUTE + 1) * MINUTE,
    } == saved

    assert (200, saved) == ask("GET", "/schedules/nightly")
    assert (200, [saved]) == ask("GET", "/schedules")
    assert (200, [saved]) == ask("GET", "/schedules", query="workflowName=tested")
    assert (200, []) == ask("GET", "/schedules", query="workflowName=other")
    assert (200, None) == ask("DELETE", "/schedules/nightly")
    assert (200, None) == ask("DELETE", "/schedules/nightly")
    status, error = ask("GET", "/schedules/nightly")
    assert (404, "Schedule 'nightly' not found") == (status, error["message"])


def test_1_7_saving_again_updates_and_keeps_who_made_it_and_when(ask, world):
    ask("POST", "/schedules", {**BODY, "createdBy": "first", "description": "old"})
    created = world.clock.now()
    world.advance(HOUR)

    changed = {**BODY, "createdBy": "second", "updatedBy": "second"}
    _, saved = ask("POST", "/schedules", changed)

    assert (created, "first") == (saved["createTime"], saved["createdBy"])
    assert (world.clock.now(), "second") == (saved["updatedTime"], saved["updatedBy"])
    assert "description" not in saved
    assert 1 == len(ask("GET", "/schedules")[1])


@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_1_7_pause_and_resume_by_either_verb(ask, method):
    ask("POST", "/schedules", BODY)

    assert (200, None) == ask(
        method, "/schedules/nightly/pause", query="reason=on%20holiday"
    )
    shown = ask("GET", "/schedules/nightly")[1]
    assert (True, "on holiday") == (shown["paused"], shown["pausedReason"])
    assert (200, None) == ask(method, "/schedules/nightly/pause")
    assert (200, None) == ask(method, "/schedules/nightly/resume")
    assert not ask("GET", "/schedules/nightly")[1]["paused"]
    assert 404 == ask(method, "/schedules/nightly/resume")[0], "it is not paused"
    assert 404 == ask(method, "/schedules/nobody/pause")[0]
    assert 404 == ask(method, "/schedules/nobody/resume")[0]


def test_1_7_a_bad_schedule_is_refused_with_the_fields(ask):
    status, error = ask(
        "POST", "/schedules", {**BODY, "cronExpression": "0 0 25 * * *"}
    )

    assert 400 == status
    [finding] = error["validationErrors"]
    assert "createOrUpdateSchedule.schedule.cronExpression" == finding["path"]
    assert "hour: expected 0 to 23, found '25'" == finding["message"]
    assert "0 0 25 * * *" == finding["invalidValue"]


# --- preview -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "hours"),
    [
        ("", 5),
        ("&limit=2", 2),
        ("&limit=50", 5),
        ("&limit=0", 0),
        ("&scheduleStartTime={soon}&limit=1", 1),
        ("&scheduleEndTime={soon}", 3),
        ("&scheduleStartTime={soon}&scheduleEndTime={soon}", 1),
    ],
)
def test_1_7_the_next_few_times(ask, world, asked, hours):
    now = world.clock.now()
    soon = (now // HOUR + 3) * HOUR
    query = f"cronExpression=0%200%20*%20*%20*%20%3F{asked.format(soon=soon)}"

    status, found = ask("GET", "/nextFewSchedules", query=query)

    first = soon if "StartTime" in asked else (now // HOUR + 1) * HOUR
    assert (200, [first + n * HOUR for n in range(hours)]) == (status, found)


@pytest.mark.parametrize("query", ["cronExpression=every%20day", ""])
def test_1_7_the_next_few_times_of_no_cron_expression(ask, query):
    status, error = ask("GET", "/nextFewSchedules", query=query)

    assert 400 == status
    assert "cronExpression" in error["message"]


# --- search --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["hourly", "nightly", "other"]),
        ("workflowName=tested", ["hourly", "nightly"]),
        ("scheduleName=ly", ["hourly", "nightly"]),
        ("scheduleName=NIGHT", ["nightly"]),
        ("paused=true", ["other"]),
        ("paused=false&sort=name:DESC", ["nightly", "hourly"]),
        ("freeText=*", ["hourly", "nightly", "other"]),
        ("freeText=backup", ["other"]),
        ("start=1&size=1", ["nightly"]),
        ("size=0", []),
    ],
)
def test_1_7_search_for_schedules(ask, query, names):
    another = {**BODY, "startWorkflowRequest": {"name": "untested"}}
    ask("POST", "/schedules", BODY)
    ask("POST", "/schedules", {**BODY, "name": "hourly"})
    ask(
        "POST",
        "/schedules",
        {**another, "name": "other", "paused": True, "description": "the backup"},
    )

    status, page = ask("GET", "/schedules/search", query=query)

    assert 200 == status
    assert names == [one["name"] for one in page["results"]]
    if "s=" not in query and "size" not in query:
        assert len(names) == page["totalHits"]


def test_1_7_search_for_runs(ask, world):
    ask("POST", "/schedules", BODY)
    world.advance(3 * MINUTE)

    _, page = ask("GET", "/search/executions", query="size=2")
    assert 3 == page["totalHits"]
    times = [one["scheduledTime"] for one in page["results"]]
    assert sorted(times, reverse=True) == times
    query = "query=state%20IN%20(FAILED)"
    empty = {"totalHits": 0, "results": []}
    assert (200, empty) == ask("GET", "/search/executions", query=query)
    query = "sort=scheduledTime:ASC&size=1"
    _, page = ask("GET", "/search/executions", query=query)
    assert min(times) - MINUTE == page["results"][0]["scheduledTime"]
    assert {"work": "SCHEDULED"} == dict(world.tasks(page["results"][0]["workflowId"]))


@pytest.mark.parametrize(
    ("sort", "latest_first"),
    [
        ("", True),
        ("startTime:DESC", True),
        ("startTime:ASC", False),
        ("scheduledTime", True),
        ("state:ASC,executionTime:ASC", False),
        ("noSuchField:ASC", True),
    ],
)
def test_1_7_runs_come_in_the_order_that_was_asked_for(ask, world, sort, latest_first):
    ask("POST", "/schedules", BODY)
    world.advance(3 * MINUTE)

    _, page = ask("GET", "/search/executions", query=f"sort={sort}")

    times = [one["scheduledTime"] for one in page["results"]]
    assert sorted(times, reverse=latest_first) == times


def test_1_7_a_query_that_cannot_be_read_says_where(ask):
    status, error = ask("GET", "/search/executions", query="query=state%20IN%20(A")

    assert 400 == status
    assert "position" in error["message"]


# --- many ----------------------------------------------------------------------------


def test_1_7_bulk_pause_and_resume(ask):
    ask("POST", "/schedules", BODY)

    status, answer = ask("PUT", "/bulk/pause", ["nightly", "nobody"])
    assert (200, ["nightly"]) == (status, answer["bulkSuccessfulResults"])
    missing = {"nobody": "Schedule 'nobody' not found"}
    assert missing == answer["bulkErrorResults"]

    status, answer = ask("PUT", "/bulk/resume", ["nightly", "nobody"])
    assert (200, ["nightly"]) == (status, answer["bulkSuccessfulResults"])
    assert missing == answer["bulkErrorResults"]


def test_1_7_all_schedules_stand_still_and_run_again(ask, world):
    ask("POST", "/schedules", {**BODY, "cronExpression": "@daily"})

    assert (200, {"status": "done"}) == ask("GET", "/admin/pause")
    world.advance(DAY)
    assert 0 == ask("GET", "/search/executions")[1]["totalHits"]
    assert (200, {"status": "done"}) == ask("GET", "/admin/resume")
    world.settle()
    assert 1 == ask("GET", "/search/executions")[1]["totalHits"]
    nothing = {"recordIds.size": 0, "sampleIds": []}
    assert (200, nothing) == ask("GET", "/admin/requeue")
