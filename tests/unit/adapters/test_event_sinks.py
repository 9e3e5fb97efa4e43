"""Sinks and sources of events on AWS: what is sent, refused, and comes back."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from aws_resources import REGION
from podium.adapters.aws_clients import connect_from_environment
from podium.adapters.event_sinks import open_sinks
from podium.adapters.sqs.event_source import SqsEventSource
from podium.errors import NotFound, Unavailable
from podium.eventing import EventMessage, OutgoingEvent, SinkRefused

ACCOUNT = "123456789012"
EVENT = OutgoingEvent("t1", "w1", b'{"x":1}', 1_700_000_000_123)
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:podium-events-topic"


@pytest.fixture
def client():
    session = boto3.session.Session("test", "test", region_name=REGION)
    with mock_aws():
        made = {name: session.client(name) for name in ("sqs", "sns", "events")}
        yield made.__getitem__


@pytest.fixture
def sqs(client):
    return client("sqs")


def received(sqs, url):
    answer = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])
    return [
        (one["Body"], one["MessageAttributes"]["podium-message-id"]["StringValue"])
        for one in answer.get("Messages", [])
    ]


# --- SQS -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    [
        "orders",
        f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/orders",
        f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders",
    ],
)
def test_a_queue_is_named_in_any_way(client, sqs, form):
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]

    open_sinks(client)["sqs"].publish(form, EVENT)

    assert [('{"x":1}', "t1")] == received(sqs, url)


def test_an_address_leads_to_no_other_host(client, sqs):
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]

    form = f"https://169.254.169.254/{ACCOUNT}/orders"
    open_sinks(client)["sqs"].publish(form, EVENT)

    assert [('{"x":1}', "t1")] == received(sqs, url)


def test_a_fifo_queue_keeps_the_order_of_a_workflow(client, sqs):
    attributes = {"FifoQueue": "true"}
    url = sqs.create_queue(QueueName="orders.fifo", Attributes=attributes)["QueueUrl"]
    sink = open_sinks(client)["sqs"]

    sink.publish("orders.fifo", EVENT)
    sink.publish("orders.fifo", EVENT)

    answer = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])
    [message] = answer["Messages"]
    assert ("w1", "t1") == (
        message["Attributes"]["MessageGroupId"],
        message["Attributes"]["MessageDeduplicationId"],
    )


@pytest.mark.parametrize(
    "form",
    [
        "nowhere",
        "https://example.org/x",
        "a b",
        f"arn:aws:sqs:eu-west-1:{ACCOUNT}:orders",
        f"arn:aws:sns:{REGION}:{ACCOUNT}:orders",
    ],
)
def test_a_queue_that_is_not_there_is_refused(client, form):
    with pytest.raises(SinkRefused):
        open_sinks(client)["sqs"].publish(form, EVENT)


ALLOWED = (f"arn:*:sqs:*:{ACCOUNT}:podium-events-*", f"arn:aws:sns:{REGION}:*:*")


@pytest.mark.parametrize(
    ("queue", "is_allowed"),
    [
        ("podium-events-orders", True),
        ("podium-decider.fifo", False),
        ("orders", False),
        (f"https://sqs/{ACCOUNT}/podium-events-orders", True),
        ("https://sqs/210987654321/podium-events-orders", False),
        (f"arn:aws:sqs:{REGION}:{ACCOUNT}:podium-events-orders", True),
    ],
)
def test_a_deployment_publishes_to_what_its_operator_allows(
    client, sqs, queue, is_allowed
):
    sqs.create_queue(QueueName="podium-events-orders")
    sqs.create_queue(QueueName="orders")
    sink = open_sinks(client, ALLOWED)["sqs"]

    if is_allowed:
        sink.publish(queue, EVENT)
    else:
        with pytest.raises(SinkRefused, match="EventSinkArns") as refused:
            sink.publish(queue, EVENT)
        assert str(refused.value).startswith(f"sqs:{queue} is no sink")


def _failing_with(code, status, name="SendMessage"):
    def fail(**_):
        answer = {
            "Error": {"Code": code, "Message": "on purpose"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        raise ClientError(answer, name)

    return fail


def _silent(**_):
    raise ReadTimeoutError(endpoint_url="https://sqs")


@pytest.mark.parametrize(
    "fails",
    [
        _failing_with("ThrottlingException", 400),
        _failing_with("InternalError", 500),
        _failing_with("ServiceUnavailable", 503),
        _silent,
    ],
)
@pytest.mark.parametrize("call", ["get_queue_url", "send_message"])
def test_what_is_no_fault_of_the_request_is_tried_again(
    client, sqs, monkeypatch, call, fails
):
    sqs.create_queue(QueueName="orders")
    monkeypatch.setattr(sqs, call, fails)

    with pytest.raises(Unavailable):
        open_sinks(client)["sqs"].publish("orders", EVENT)


@pytest.mark.parametrize("call", ["get_queue_url", "send_message"])
def test_what_is_forbidden_is_refused(client, sqs, monkeypatch, call):
    sqs.create_queue(QueueName="orders")
    monkeypatch.setattr(sqs, call, _failing_with("AccessDenied", 403))

    with pytest.raises(SinkRefused):
        open_sinks(client)["sqs"].publish("orders", EVENT)


def test_without_credentials_the_reason_says_so(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)

    sink = open_sinks(connect_from_environment({}))["sqs"]
    with pytest.raises(SinkRefused, match="credentials"):
        sink.publish("orders", EVENT)


# --- SNS and EventBridge ---------------------------------------------------------


def test_a_topic_is_published_to(client, sqs):
    sns = client("sns")
    sns.create_topic(Name="podium-events-topic")
    url = sqs.create_queue(QueueName="subscribed")["QueueUrl"]
    sns.subscribe(
        TopicArn=TOPIC,
        Protocol="sqs",
        Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:subscribed",
    )

    open_sinks(client, ALLOWED)["sns"].publish(TOPIC, EVENT)

    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert '{"x":1}' == json.loads(message["Body"])["Message"]


@pytest.mark.parametrize(
    "topic", ["orders", TOPIC, f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"]
)
def test_what_is_no_topic_is_refused(client, topic):
    with pytest.raises(SinkRefused):
        open_sinks(client)["sns"].publish(topic, EVENT)


def test_a_bus_is_put_events_on(client):
    events = client("events")
    events.create_event_bus(Name="orders")
    asked = []
    events.meta.events.register(
        "before-parameter-build.events.PutEvents",
        lambda params, **_: asked.extend(params["Entries"]),
    )

    open_sinks(client)["eventbridge"].publish("orders", EVENT)

    assert [
        {
            "EventBusName": "orders",
            "Source": "podium.event",
            "DetailType": "Event Task",
            "Detail": '{"x":1}',
            "Resources": ["t1"],
        }
    ] == asked


def test_what_a_bus_refuses_is_refused(client, monkeypatch):
    def refuse(**_):
        failed = {"ErrorCode": "MalformedDetail", "ErrorMessage": "no JSON"}
        return {"FailedEntryCount": 1, "Entries": [failed]}

    monkeypatch.setattr(client("events"), "put_events", refuse)
    with pytest.raises(SinkRefused, match="no JSON"):
        open_sinks(client)["eventbridge"].publish("orders", EVENT)


def test_a_bus_that_is_not_allowed_is_refused(client):
    with pytest.raises(SinkRefused, match="EventSinkArns"):
        open_sinks(client, ALLOWED)["eventbridge"].publish("orders", EVENT)


# --- the way back ----------------------------------------------------------------


def test_what_is_published_is_received_under_its_id(client, sqs):
    sqs.create_queue(QueueName="orders")
    open_sinks(client)["sqs"].publish("orders", EVENT)
    source = SqsEventSource(client)

    [received] = source.receive("orders", 10, 0)
    assert EventMessage("t1", 1_700_000_000_123, {"x": 1}) == received.message
    source.delete("orders", [received.receipt])
    assert 0 == source.size("orders")


@pytest.mark.parametrize(
    ("body", "payload"), [("[1, 2]", [1, 2]), ("no JSON", "no JSON"), ("5", 5)]
)
def test_a_message_of_somebody_else_has_sqs_own_id(client, sqs, body, payload):
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    sent = sqs.send_message(QueueUrl=url, MessageBody=body)

    [received] = SqsEventSource(client).receive("orders", 10, 0)

    assert (sent["MessageId"], payload) == (
        received.message.message_id,
        received.message.payload,
    )


def test_what_is_released_comes_again(client, sqs):
    sqs.create_queue(QueueName="orders")
    open_sinks(client)["sqs"].publish("orders", EVENT)
    source = SqsEventSource(client)
    [received] = source.receive("orders", 10, 0)
    assert [] == source.receive("orders", 10, 0)

    source.release("orders", [received.receipt], 0)

    assert 1 == len(source.receive("orders", 10, 0))


def test_a_source_that_is_not_there_is_not_found(client):
    source = SqsEventSource(client)
    with pytest.raises(NotFound, match="nowhere"):
        source.receive("nowhere", 10, 0)
    with pytest.raises(NotFound, match="nowhere"):
        source.size("nowhere")
