"""Status events on EventBridge: what is put on the bus."""

import json
from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws

from aws_resources import REGION
from podium.adapters.event_bus import TASK, WORKFLOW, EventBusStatusEvents
from podium.errors import Unavailable
from podium.sinks import NoStatusEvents, StatusEvent

AT = 1_700_000_000_000


@pytest.fixture
def session():
    with mock_aws():
        yield boto3.session.Session("test", "test", region_name=REGION)


def event(number, *, is_task=False):
    detail = json.dumps({"eventId": f"w:{number}:0"}).encode()
    return StatusEvent(f"w:{number}:0", AT, is_task, "COMPLETED", detail)


def test_every_event_is_put_on_the_bus_ten_at_a_time(session):
    client = session.client("events")
    client.create_event_bus(Name="podium")
    requests = []
    client.meta.events.register(
        "before-parameter-build.events.PutEvents",
        lambda params, **_: requests.append(params["Entries"]),
    )
    bus = EventBusStatusEvents(client, "podium", hears_of_tasks=True)

    bus.publish([event(n, is_task=n % 2 == 1) for n in range(25)])

    assert [10, 10, 5] == [len(one) for one in requests]
    entries = [entry for one in requests for entry in one]
    assert [(f"w:{n}:0", TASK if n % 2 else WORKFLOW) for n in range(25)] == [
        (json.loads(one["Detail"])["eventId"], one["DetailType"]) for one in entries
    ]
    assert {("podium", "podium", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC))} == {
        (one["EventBusName"], one["Source"], one["Time"]) for one in entries
    }


def test_what_the_bus_refuses_is_unavailable(session):
    client = session.client("events")

    def refuse(**_):
        entries = [{"ErrorCode": "ThrottlingException"}]
        return {"FailedEntryCount": 1, "Entries": entries}

    client.put_events = refuse
    bus = EventBusStatusEvents(client, "podium", hears_of_tasks=False)

    with pytest.raises(Unavailable, match="ThrottlingException"):
        bus.publish([event(1)])


def test_where_nobody_listens_nothing_is_told():
    nobody = NoStatusEvents()

    nobody.publish([event(1)])

    assert (False, False) == (nobody.is_heard, nobody.hears_of_tasks)
