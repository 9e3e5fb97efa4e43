"""The ports: what the engine needs from the world, as small Protocols.

Every operation is one that DynamoDB, SQS or S3 can do in one request (a conditional
put, a reverse range query, a batch of ten), so that the same engine runs on SQLite and
on AWS.  Each port has one contract suite in ``tests/contracts``.

All times are epoch milliseconds, all durations milliseconds, all payloads JSON text as
bytes.  A store that cannot answer raises :class:`podium.errors.Unavailable`.

``expires`` is when a store may let go by itself of what is written, 0 for never; a home
without such a thing keeps it until it is deleted.
"""

from podium.ports.home import Home
from podium.ports.journal import Journal, JournalEntry, Lease, Leases
from podium.ports.metadata import IdempotencyKeys, Metadata, Poll, Polls
from podium.ports.payloads import PayloadLinks, Payloads, TaskLog, TaskLogs
from podium.ports.queues import (
    Changes,
    CommandQueue,
    ReceivedMessage,
    TaskMessage,
    TaskQueues,
    Timers,
)
from podium.ports.records import Records, WorkflowRecord
from podium.ports.search import ROW_ATTRIBUTES, SearchIndex, SearchPage, SummaryRow

__all__ = [
    "ROW_ATTRIBUTES",
    "Changes",
    "CommandQueue",
    "Home",
    "IdempotencyKeys",
    "Journal",
    "JournalEntry",
    "Lease",
    "Leases",
    "Metadata",
    "PayloadLinks",
    "Payloads",
    "Poll",
    "Polls",
    "ReceivedMessage",
    "Records",
    "SearchIndex",
    "SearchPage",
    "SummaryRow",
    "TaskLog",
    "TaskLogs",
    "TaskMessage",
    "TaskQueues",
    "Timers",
    "WorkflowRecord",
]
