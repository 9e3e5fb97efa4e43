"""Every key shape of the three tables, and the ranges that are read.

==========  ==========================  ====================================
table       partition (``pk``)          sort key (``sk``)
==========  ==========================  ====================================
workflows   ``wf#<workflow id>``        ``j#<version>``   a journal entry
                                        ``j#<version>#k`` its keyframe, where
                                        both are too large for one item
                                        ``l#<seq>#<delivery>`` a lease
                                        ``x#<seq>#<moment>`` log lines
                                        ``summary``       the search row
catalog     ``workflow``                ``<name>#<version>``
            ``task``, ``handler``       ``<name>#``
            ``snapshot#<digest>``       ``snapshot``
            ``key#<name>#<key>``        ``key``
            ``output#<name>#<key>``     ``output``
            ``polls#<shard>``           ``<type>#<domain>``
            ``queues``                  ``<queue>#<lane>``
            ``limit#<name>``            ``p#<number>`` a place of a limit
                                        ``w#<rank>#<since>#<holder>`` who
                                        waits for one
            ``application``             ``<name>#``
            ``signing``                 ``<kid>#``
            ``schedule``                ``<name>#``
            ``schedule-execution``      ``<name>#<slot>``
            ``scheduler-halted``        ``scheduler-halted``
            ``event#<handler>#<shard>`` ``<sent at>#<execution id>``
timers      ``t#<bucket>#<shard>``      ``<due>#<workflow id>``
            ``swept``                   ``swept``
==========  ==========================  ====================================

Definitions of a kind share one partition: whoever lists them reads one range, strongly
consistent, and the latest version of a name is the end of a smaller one.  Processes
remember what they read for seconds, so that partition stays cool, and where it does
not, DynamoDB splits it, since its items are read by key.  What is written all the time
(idempotency keys, polls, timers) is spread.

Numbers are padded so that they sort as text.  Names are quoted so that ``#`` ends them.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import Any, TypeAlias

from podium import ids
from podium.adapters.dynamodb.ranges import Index, Range

Key: TypeAlias = dict[str, Any]
"""The two attributes that name an item, as DynamoDB's client takes them."""

POLL_SHARDS = 16
EVENT_SHARDS = 8
BUCKET = 5 * 60 * 1000
"""Milliseconds of timers that lie together."""

_ROOM = 900
"""Bytes of a quoted text; a sort key may have 1,024, a partition key 2,048."""
_LAST = "~"
"""Sorts after every digit."""
_PAST = "$"
"""The character after ``#``: the end of all that begins with a name and ``#``."""
_HIGHEST_PRIORITY = 99
"""As reference 4.14 has it; what is out of its range sorts as if it were in it."""
_FIRST_MOMENT, _LAST_MOMENT = 0, 9_999_999_999_999


def _key(partition: str, sort: str) -> Key:
    return {"pk": {"S": partition}, "sk": {"S": sort}}


def quoted(text: str) -> str:
    """Return a text without ``#`` that no other text has; a long one by its hash."""
    found = text.replace("%", "%25").replace("#", "%23")
    if len(found.encode(errors="surrogatepass")) <= _ROOM:
        return found
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    return f"%sha256:{digest}"


def shard_of(text: str, shards: int) -> int:
    """Return which of the shards a text belongs to, the same in every process."""
    return zlib.crc32(text.encode()) % shards


# --- workflows -----------------------------------------------------------------------


def entry(workflow_id: str, version: int) -> Key:
    """Return the key of a journal entry; its absence is the workflow's lock."""
    return _key(_workflow(workflow_id), f"j#{version:010}")


def keyframe(workflow_id: str, version: int) -> Key:
    """Return the key of a keyframe that lies apart from its entry."""
    return _key(_workflow(workflow_id), f"j#{version:010}#k")


def entries(workflow_id: str, first: int, last: int | None = None) -> Range:
    """Return the entries ``first``..``last`` or to the end, keyframes among them."""
    end = _LAST if last is None else f"{last:010}"
    return Range(_workflow(workflow_id), f"j#{first:010}", f"j#{end}")


def version_of(sort: str) -> int:
    """Return the version of an entry or keyframe."""
    return int(sort.split("#")[1])


def is_keyframe(sort: str) -> bool:
    """Tell a keyframe that lies apart from an entry."""
    return sort.endswith("#k")


def lease(workflow_id: str, seq: int, delivery: int) -> Key:
    """Return the key of the lease of one delivery."""
    return _key(_workflow(workflow_id), f"l#{seq:010}#{delivery:06}")


def leases(workflow_id: str) -> Range:
    """Return all leases of a workflow, in order of sequence and delivery."""
    return Range(_workflow(workflow_id), "l#", f"l{_PAST}")


def lease_of(sort: str) -> tuple[int, int]:
    """Return sequence and delivery of a lease."""
    _, seq, delivery = sort.split("#")
    return int(seq), int(delivery)


def log_lines(task_id: str, moment: str) -> Key:
    """Return the key of lines a task logged; ``moment`` says in which order."""
    partition, prefix = _logs(task_id)
    return _key(partition, f"{prefix}#{moment}")


def logs(task_id: str) -> Range:
    """Return all lines a task logged."""
    partition, prefix = _logs(task_id)
    return Range(partition, f"{prefix}#", f"{prefix}{_PAST}")


def _logs(task_id: str) -> tuple[str, str]:
    """Return where a task's lines lie; what is no task's id has its place too."""
    if ids.is_id(task_id):
        seq = ids.sequence_of(task_id)
        return _workflow(ids.workflow_of(task_id)), f"x#{seq:010}"
    return _workflow(quoted(task_id)), f"x#{0:010}"


def summary(workflow_id: str) -> Key:
    """Return the key of a workflow's search row."""
    return _key(_workflow(workflow_id), "summary")


def workflow_id_of(partition: str) -> str:
    """Return the workflow that a partition is about."""
    return partition.removeprefix("wf#")


def everything_of(workflow_id: str) -> tuple[Range, ...]:
    """Return what goes with a workflow's journal: entries, leases, logs."""
    partition = _workflow(workflow_id)
    return tuple(Range(partition, f"{kind}#", f"{kind}{_PAST}") for kind in "jlx")


def record_of(workflow_id: str, *, with_logs: bool) -> Range:
    """Return all of that and the search row, in one range; logs come last in it."""
    last = f"x{_PAST}" if with_logs else "summary"
    return Range(_workflow(workflow_id), "j#", last)


def kind_of(sort: str) -> str:
    """Return what a sort key of the workflows table is about, as listed above."""
    return sort.partition("#")[0]


def logger_of(workflow_id: str, sort: str) -> str:
    """Return the task of a workflow that logged the lines of an item."""
    return ids.task_id(workflow_id, int(sort.split("#")[1]))


def _workflow(workflow_id: str) -> str:
    return f"wf#{workflow_id}"


# --- the indexes ---------------------------------------------------------------------


def started(start_time: int, workflow_id: str) -> str:
    """Return the sort key of a search row in every index."""
    return f"{_moment(start_time)}#{workflow_id}"


def index_partition(value: str, shard: int | None = None) -> str:
    """Return a partition of an index; the large ones are sharded."""
    name = quoted(value)
    return name if shard is None else f"{name}#{shard}"


def index_range(
    index: Index, partition: str, earliest: int | None, latest: int | None
) -> Range:
    """Return the rows of a partition that started between two times, both included."""
    low = _moment(_FIRST_MOMENT if earliest is None else earliest)
    high = _moment(_LAST_MOMENT if latest is None else latest)
    return Range(partition, f"{low}#", f"{high}{_PAST}", index)


def _moment(milliseconds: int) -> str:
    return f"{min(max(milliseconds, _FIRST_MOMENT), _LAST_MOMENT):013}"


def rows_swept() -> Key:
    """Return the key of how far rows have been put into the index of what runs."""
    return _key("rows#swept", "swept")


# --- catalog -------------------------------------------------------------------------


def workflow_definition(name: str, version: int) -> Key:
    """Return the key of one version of a workflow definition."""
    return _key("workflow", f"{quoted(name)}#{version:010}")


def workflow_definitions(name: str | None = None) -> Range:
    """Return all workflow definitions (of one name), oldest version first."""
    return _named("workflow", name)


def task_definition(name: str) -> Key:
    """Return the key of a task definition."""
    return _key("task", f"{quoted(name)}#")


def task_definitions() -> Range:
    """Return all task definitions."""
    return _named("task", None)


def handler(name: str) -> Key:
    """Return the key of an event handler."""
    return _key("handler", f"{quoted(name)}#")


def handlers() -> Range:
    """Return all event handlers."""
    return _named("handler", None)


def snapshot(digest: str) -> Key:
    """Return the key of a definition that running workflows point to."""
    return _key(f"snapshot#{quoted(digest)}", "snapshot")


def idempotency_key(name: str, key: str) -> Key:
    """Return the key of an idempotency key of a workflow name."""
    return _key(f"key#{quoted(name)}#{quoted(key)}", "key")


def cached_output(name: str, key: str) -> Key:
    """Return the key of the output that is remembered of a task."""
    return _key(f"output#{quoted(name)}#{quoted(key)}", "output")


def poll(task_type: str, domain: str | None) -> Key:
    """Return the key of the last poll of a task type and domain."""
    return _key(
        _polls(shard_of(task_type, POLL_SHARDS)),
        f"{quoted(task_type)}#{quoted(domain or '')}",
    )


def polls(task_type: str) -> Range:
    """Return the last polls of a task type, one per domain."""
    return _named(_polls(shard_of(task_type, POLL_SHARDS)), task_type)


def all_polls() -> tuple[Range, ...]:
    """Return the last polls of every task type."""
    return tuple(_named(_polls(shard), None) for shard in range(POLL_SHARDS))


def queue(name: str, lane: str) -> Key:
    """Return the key under which a task queue is known."""
    return _key("queues", f"{quoted(name)}#{lane}")


def queues() -> Range:
    """Return all task queues that were ever made."""
    return _named("queues", None)


def place(limit: str, number: int) -> Key:
    """Return the key of a place of a limit."""
    return _key(_limit(limit), f"p#{number:06}")


def places(limit: str) -> Range:
    """Return the places of a limit that somebody has."""
    return Range(_limit(limit), "p#", f"p{_PAST}")


def number_of_place(sort: str) -> int:
    """Return the number of a place."""
    return int(sort.split("#")[1])


def waiter(limit: str, priority: int, since: int, holder: str) -> Key:
    """Return the key of who waits: a higher priority first, then who came first."""
    rank = _HIGHEST_PRIORITY - min(max(priority, 0), _HIGHEST_PRIORITY)
    return _key(_limit(limit), f"w#{rank:02}#{_moment(since)}#{quoted(holder)}")


def line(limit: str) -> Range:
    """Return all who wait for a place of a limit."""
    return Range(_limit(limit), "w#", f"w{_PAST}")


def _limit(name: str) -> str:
    return f"limit#{quoted(name)}"


def application(name: str) -> Key:
    """Return the key of an application and all its access keys."""
    return _key("application", f"{quoted(name)}#")


def applications() -> Range:
    """Return all applications."""
    return _named("application", None)


def signing_key(kid: str) -> Key:
    """Return the key of a key that tokens are signed with."""
    return _key("signing", f"{quoted(kid)}#")


def signing_keys() -> Range:
    """Return all keys that tokens are signed with."""
    return _named("signing", None)


def event_execution(handler: str, sent_at: int, execution_id: str) -> Key:
    """Return the key of the record of an action of a handler."""
    return _key(
        _event(handler, shard_of(execution_id, EVENT_SHARDS)),
        f"{_moment(sent_at)}#{quoted(execution_id)}",
    )


def event_executions(handler: str) -> tuple[Range, ...]:
    """Return all records of a handler, each range oldest message first."""
    return tuple(Range(_event(handler, shard)) for shard in range(EVENT_SHARDS))


def _event(handler: str, shard: int) -> str:
    return f"event#{quoted(handler)}#{shard}"


def schedule(name: str) -> Key:
    """Return the key of a schedule and its next run."""
    return _key("schedule", f"{quoted(name)}#")


def schedules() -> Range:
    """Return all schedules."""
    return _named("schedule", None)


def schedule_execution(name: str, slot: int) -> Key:
    """Return the key of the record of one of a schedule's last runs."""
    return _key("schedule-execution", f"{quoted(name)}#{slot}")


def schedule_executions(name: str | None) -> Range:
    """Return the records of the last runs (of one schedule)."""
    return _named("schedule-execution", name)


def scheduler_halted() -> Key:
    """Return the key of what is there while all schedules stand still."""
    return _key("scheduler-halted", "scheduler-halted")


def _polls(shard: int) -> str:
    return f"polls#{shard:02}"


def _named(partition: str, name: str | None) -> Range:
    """Return what begins with a name, or everything."""
    if name is None:
        return Range(partition)
    return Range(partition, f"{quoted(name)}#", f"{quoted(name)}{_PAST}")


# --- timers --------------------------------------------------------------------------


def timer(workflow_id: str, due: int, shards: int) -> Key:
    """Return the key of a timer; arming it again is writing it again."""
    return _key(
        _bucket(due // BUCKET, shard_of(workflow_id, shards)),
        f"{_moment(due)}#{workflow_id}",
    )


def timers(bucket: int, shard: int, until: int) -> Range:
    """Return the timers of one bucket and shard that are due at ``until``."""
    return Range(_bucket(bucket, shard), "0", f"{_moment(until)}{_PAST}")


def timer_of(sort: str) -> tuple[str, int]:
    """Return workflow and due time of a timer."""
    due, _, workflow_id = sort.partition("#")
    return workflow_id, int(due)


def swept() -> Key:
    """Return the key of how far the timers have been swept."""
    return _key("swept", "swept")


def _bucket(bucket: int, shard: int) -> str:
    return f"t#{bucket}#{shard}"
