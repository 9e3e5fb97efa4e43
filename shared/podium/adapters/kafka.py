"""Kafka by librdkafka: a producer per servers and timeouts, made when first used.

The client is an extra (``pip install 'podium[kafka]'``); a deployment that wants it
has it in a layer of its own.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from podium.eventing import KafkaRecord, SinkRefused

REQUEST_TIMEOUT, MAX_BLOCK = 5_000, 500
"""Milliseconds for one answer, and for there to be a server, unless the task says."""
LEAST_DELIVERY = 10_000
"""Milliseconds that a record is tried for, unless the task allows more."""
_PRODUCERS_KEPT = 10
_GRACE = 1.0
_CRITICAL = 2


class Kafka:
    """The port ``KafkaPublisher``; ``extra`` are further settings of librdkafka."""

    def __init__(self, extra: Mapping[str, Any] | None = None) -> None:
        self._extra = dict(extra or {})
        self._producers: OrderedDict[tuple[str, int, int], Any] = OrderedDict()
        self._lock = threading.Lock()

    def publish(self, record: KafkaRecord) -> None:
        """Write a record and wait until it is written, or is given up."""
        client = _client()
        timeout = _timeout(record)
        outcome: list[Any] = []
        try:
            producer = self._producer(client, record, timeout)
            producer.produce(
                record.topic,
                value=record.value,
                key=record.key,
                headers=list(record.headers),
                on_delivery=lambda error, _message: outcome.append(error),
            )
            producer.flush(timeout / 1000 + _GRACE)
        except (client.KafkaException, BufferError, TypeError, ValueError) as error:
            raise SinkRefused(f"{record.servers}: {error}") from error
        if not outcome:
            raise SinkRefused(f"{record.servers} did not answer within {timeout} ms")
        if outcome[0] is not None:
            raise SinkRefused(f"{record.servers}: {outcome[0]}")

    def _producer(self, client: Any, record: KafkaRecord, timeout: int) -> Any:
        """Return the producer of these servers; the one used least lately goes."""
        key = (record.servers, record.request_timeout, timeout)
        with self._lock:
            producer = self._producers.pop(key, None)
            if producer is None:
                producer = client.Producer(
                    {
                        "bootstrap.servers": record.servers,
                        "message.timeout.ms": timeout,
                        "request.timeout.ms": record.request_timeout or REQUEST_TIMEOUT,
                        "enable.idempotence": True,
                        # What goes wrong is the task's reason, not a line on stderr.
                        "log_level": _CRITICAL,
                        **self._extra,
                    }
                )
            self._producers[key] = producer
            if len(self._producers) > _PRODUCERS_KEPT:
                self._producers.popitem(last=False)
        return producer


def _timeout(record: KafkaRecord) -> int:
    asked = record.request_timeout or REQUEST_TIMEOUT
    return max(asked + (record.max_block or MAX_BLOCK), LEAST_DELIVERY)


def _client() -> Any:
    """Return the client's module, which not every process has."""
    try:
        import confluent_kafka
    except ImportError as missing:
        raise SinkRefused(
            "there is no Kafka client here; podium's extra `kafka` installs it"
        ) from missing
    return confluent_kafka
