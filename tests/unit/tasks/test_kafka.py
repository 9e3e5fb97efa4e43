"""KAFKA_PUBLISH, against the broker that librdkafka brings for tests (3.9)."""

import sys

import confluent_kafka
import pytest

from podium.adapters.kafka import Kafka
from podium.eventing import KafkaRecord, OutgoingEvent, SinkRefused
from podium.model.task import TaskStatus
from podium.tasks.contract import SystemTaskCall
from podium.tasks.kafka import KafkaSink, KafkaTask

BROKER = {"test.mock.num.brokers": 1}
SERVERS = "made-up:9092"
SERIALIZERS = "org.apache.kafka.common.serialization."


@pytest.fixture(scope="module")
def kafka():
    """Return a client whose servers are a broker in this process."""
    return Kafka(BROKER)


@pytest.fixture
def written(kafka, request):
    """Return what reads a topic of that broker from its beginning."""

    def read(topic):
        [producer] = kafka._producers.values()
        [broker] = producer.list_topics(timeout=5).brokers.values()
        consumer = confluent_kafka.Consumer(
            {"bootstrap.servers": f"{broker.host}:{broker.port}", "group.id": "test"}
        )
        request.addfinalizer(consumer.close)
        partitions = producer.list_topics(topic, timeout=5).topics[topic].partitions
        consumer.assign(
            [confluent_kafka.TopicPartition(topic, one, 0) for one in partitions]
        )
        message = consumer.poll(10)
        return message.key(), message.value(), message.headers()

    return read


def run(kafka, **given):
    inputs = {"kafka_request": given} if given else {}
    inputs["asyncComplete"] = given.pop("asyncComplete", False)
    call = SystemTaskCall("t", "publish", "w", "order", 1, None, {}, inputs)
    return KafkaTask(kafka).run(call)


def test_a_record_is_written(kafka, written):
    result = run(
        kafka,
        bootStrapServers=SERVERS,
        topic="orders",
        key="k",
        value={"x": [1]},
        headers={"h": 1},
    )

    assert (TaskStatus.COMPLETED, {}, None) == (
        result.status,
        result.output,
        result.reason,
    )
    assert (b"k", b'{"x":[1]}', [("h", b"1")]) == written("orders")


def test_async_complete_leaves_it_open(kafka):
    given = {"bootStrapServers": SERVERS, "topic": "later", "value": 1}

    result = run(kafka, **given, asyncComplete=True)

    assert TaskStatus.IN_PROGRESS is result.status


class Recording:
    """A publisher that remembers."""

    def __init__(self):
        self.records = []

    def publish(self, record):
        self.records.append(record)


@pytest.mark.parametrize(
    ("given", "key", "value"),
    [
        ({"value": "text"}, None, b'"text"'),
        ({"value": 1, "key": 5}, b"5", b"1"),
        (
            {"value": 1, "key": 5, "keySerializer": f"{SERIALIZERS}LongSerializer"},
            bytes([0, 0, 0, 0, 0, 0, 0, 5]),
            b"1",
        ),
        (
            {
                "value": 1,
                "key": "-1",
                "keySerializer": f"{SERIALIZERS}IntegerSerializer",
            },
            b"\xff\xff\xff\xff",
            b"1",
        ),
        (
            {
                "value": 1,
                "key": True,
                "keySerializer": f"{SERIALIZERS}StringSerializer",
            },
            b"true",
            b"1",
        ),
    ],
)
def test_how_key_and_value_are_written(given, key, value):
    recording = Recording()
    run(recording, bootStrapServers=SERVERS, topic="t", **given)

    [record] = recording.records
    assert (key, value) == (record.key, record.value)


def test_timeouts_are_the_tasks(kafka):
    recording = Recording()
    given = {"requestTimeoutMs": 1_000, "maxBlockMs": 20_000}
    run(recording, bootStrapServers=SERVERS, topic="t", value=1, **given)

    [record] = recording.records
    assert (1_000, 20_000) == (record.request_timeout, record.max_block)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "Missing Kafka request"),
        ({"topic": "t", "value": 1}, "No boot strap servers specified"),
        ({"bootStrapServers": "s", "value": 1}, "Missing Kafka topic"),
        ({"bootStrapServers": "s", "topic": "t"}, "Missing Kafka value"),
        (
            {
                "bootStrapServers": "s",
                "topic": "t",
                "value": 1,
                "key": "x",
                "keySerializer": f"{SERIALIZERS}LongSerializer",
            },
            'For input string: "x"',
        ),
        ({"bootStrapServers": "s", "topic": "t", "requestTimeoutMs": "x"}, "request"),
    ],
)
def test_what_is_missing_fails_the_task(given, reason):
    result = run(Recording(), **given)

    assert TaskStatus.FAILED is result.status
    assert reason in result.reason


def test_a_server_that_does_not_answer_fails_the_task():
    impatient = Kafka({"message.timeout.ms": 300})

    given = {"bootStrapServers": "127.0.0.1:9", "topic": "t", "value": 1}
    result = run(impatient, **given)

    assert TaskStatus.FAILED is result.status
    assert "Failed to invoke kafka task due to: 127.0.0.1:9: " in result.reason


def test_without_the_extra_the_reason_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)

    with pytest.raises(SinkRefused, match="extra `kafka`"):
        Kafka().publish(KafkaRecord(SERVERS, "t", b"1"))


def test_a_setting_that_the_client_does_not_take_is_refused():
    with pytest.raises(SinkRefused):
        Kafka({"no.such.setting": 1}).publish(KafkaRecord(SERVERS, "t", b"1"))


def test_the_sink_of_event_tasks(kafka, written):
    KafkaSink(kafka, SERVERS).publish("told", OutgoingEvent("t1", "w1", b'{"x":1}', 5))

    assert (b"w1", b'{"x":1}', [("podium-message-id", b"t1")]) == written("told")
