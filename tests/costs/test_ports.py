"""What single operations cost, in requests and in what AWS bills for them."""

from dataclasses import replace

from aws_homes import open_over
from podium.ports import JournalEntry, Lease, Poll, SummaryRow, TaskLog, TaskMessage
from podium.search import EVERYTHING, parse_query

WORKFLOW = "018bcfe5-6800-8000-8000-000000000000"
TASK = "018bcfe5-6800-8000-8000-000000000001"
LEASE = Lease(WORKFLOW, 1, 1, "worker", 5, 5)


def entry(version, size=600, keyframe=None):
    return JournalEntry(WORKFLOW, version, 1_700_000_000_000, b"j" * size, keyframe)


def row(**fields):
    given = {
        "version_seen": 1,
        "workflow_type": "order",
        "version": 1,
        "status": "RUNNING",
        "start_time": 1_700_000_000_000,
        "update_time": 1_700_000_000_000,
        "input": "{a=" + "b" * 300 + "}",
        **fields,
    }
    return SummaryRow(WORKFLOW, **given)


def requests(bill):
    return dict(bill.calls)


def test_an_append_is_one_write_of_one_unit(home, meter):
    with meter.bill() as bill:
        home.journal.append(entry(1))

    assert {"dynamodb.PutItem": 1} == requests(bill)
    assert (1, 0) == (bill.write_units, bill.index_write_units)


def test_a_keyframe_rides_in_its_entry(home, meter):
    with meter.bill() as bill:
        home.journal.append(entry(1, keyframe=b"k" * 3_000))

    assert {"dynamodb.PutItem": 1} == requests(bill)
    assert 4 == bill.write_units


def test_a_warm_process_that_knows_all_reads_one_unit(home, meter):
    for version in range(1, 10):
        home.journal.append(entry(version))

    with meter.bill() as bill:
        home.journal.read_tail(WORKFLOW, 9)

    assert {"dynamodb.Query": 1} == requests(bill)
    assert 1 == bill.read_units


def test_a_cold_process_reads_to_the_keyframe_in_one_request(home, meter):
    for version in range(1, 60):
        home.journal.append(
            entry(version, keyframe=b"k" if version % 16 == 0 else None)
        )

    with meter.bill() as bill:
        tail = home.journal.read_tail(WORKFLOW, 0)

    assert 48 == tail[0].version
    assert {"dynamodb.Query": 1} == requests(bill)
    assert 4 == bill.read_units


def test_entries_in_a_row_are_one_request_and_so_are_scattered_ones(home, meter):
    for version in range(1, 10):
        home.journal.append(entry(version))

    with meter.bill() as in_a_row:
        home.journal.read_versions(WORKFLOW, [3, 4, 5])
    with meter.bill() as scattered:
        home.journal.read_versions(WORKFLOW, [1, 5, 9])

    assert ({"dynamodb.Query": 1}, 1) == (requests(in_a_row), in_a_row.read_units)
    assert {"dynamodb.BatchGetItem": 1} == requests(scattered)
    assert 3 == scattered.read_units


def test_a_lease_is_one_write_and_so_is_losing_it(home, meter):
    with meter.bill() as won:
        assert home.leases.take(LEASE)
    with meter.bill() as lost:
        assert not home.leases.take(LEASE)

    for bill in (won, lost):
        assert {"dynamodb.PutItem": 1} == requests(bill)
        assert 1 == bill.write_units


def test_ten_messages_are_one_request(home, meter):
    home.queues.send("t", [TaskMessage("made", 1)])

    with meter.bill() as sent:
        home.queues.send("t", [TaskMessage(f"{n}" * 36, 1) for n in range(10)])
    with meter.bill() as received:
        found = home.queues.receive("t", 10, 0, 60_000)
    with meter.bill() as deleted:
        home.queues.delete("t", [one.receipt for one in found])

    assert ({"sqs.SendMessageBatch": 1}, 1) == (requests(sent), sent.sqs_requests)
    # Once in half a minute the process asks whether there is an urgent lane by now.
    assert {"sqs.ReceiveMessage": 2} == requests(received)
    assert {"sqs.DeleteMessageBatch": 1} == requests(deleted)


def test_messages_that_are_forgotten_one_by_one_are_deleted_ten_at_a_time(home, meter):
    home.queues.send("t", [TaskMessage(f"{n}" * 36, 1) for n in range(10)])
    found = home.queues.receive("t", 10, 0, 60_000)

    with meter.bill() as bill:
        for one in found:
            home.queues.forget("t", [one.receipt])

    assert ({"sqs.DeleteMessageBatch": 1}, 1) == (requests(bill), bill.sqs_requests)


def test_a_glance_at_a_journal_costs_half(home, meter):
    home.journal.append(entry(1))

    with meter.bill() as bill:
        home.journal.read_tail(WORKFLOW, 0, may_lag=True)

    assert ({"dynamodb.Query": 1}, 0.5) == (requests(bill), bill.read_units)


def test_an_idle_poll_is_one_request(home, meter):
    home.queues.receive("t", 10, 0, 60_000)

    with meter.bill() as bill:
        assert [] == home.queues.receive("t", 10, 0, 60_000)

    assert {"sqs.ReceiveMessage": 1} == requests(bill)


def test_polls_are_written_down_every_ten_seconds(home, meter):
    with meter.bill() as bill:
        for at in range(0, 60_000, 100):
            home.polls.record(Poll("t", None, "worker", at))

    assert {"dynamodb.PutItem": 6} == requests(bill)


def test_a_hundred_log_lines_are_one_write(home, meter):
    with meter.bill() as bill:
        home.logs.append([TaskLog(TASK, 5, f"line {n}") for n in range(100)])

    assert ({"dynamodb.PutItem": 1}, 1) == (requests(bill), bill.write_units)


def test_a_summary_row_costs_itself_and_two_indexes_and_nothing_later(aws, meter):
    aws.newcomers.sweep()
    home = aws.home
    home.index.put(row())  # a process asks once a minute whether anybody sweeps
    home.index.delete(WORKFLOW)
    with meter.bill() as started:
        home.index.put(row())
    with meter.bill() as ended:
        home.index.put(
            row(version_seen=9, status="COMPLETED", end_time=1_700_000_001_000)
        )

    assert {"dynamodb.PutItem": 1} == requests(started) == requests(ended)
    assert (1, 2) == (started.write_units, started.index_write_units)
    assert (1, 0) == (ended.write_units, ended.index_write_units)


def test_what_runs_for_a_minute_costs_a_write_and_its_index_first_and_one_later(
    aws, meter, clock
):
    aws.newcomers.sweep()
    aws.home.index.put(row())
    clock.advance(60_000)

    with meter.bill() as swept:
        assert 1 == aws.newcomers.sweep()
    with meter.bill() as ended:
        aws.home.index.put(
            row(version_seen=9, status="COMPLETED", end_time=1_700_000_070_000)
        )

    assert (1 + 1, 1) == (swept.write_units, swept.index_write_units)
    assert (1, 1) == (ended.write_units, ended.index_write_units)


def test_a_sweep_looks_at_the_rows_of_a_minute_and_writes_down_how_far_it_got(
    aws, meter, clock
):
    aws.newcomers.sweep()
    for number in range(10):
        started = row(status="COMPLETED", end_time=clock.now())
        aws.home.index.put(replace(started, workflow_id=f"w{number}"))
    clock.advance(60_000)

    with meter.bill() as bill:
        assert 0 == aws.newcomers.sweep()

    assert {
        "dynamodb.GetItem": 1,
        "dynamodb.Query": 8,
        "dynamodb.BatchGetItem": 1,
        "dynamodb.PutItem": 1,
    } == requests(bill)
    assert (1, 0) == (bill.write_units, bill.index_write_units)
    assert 1 + 8 / 2 + 10 / 2 == bill.read_units


def test_where_nobody_sweeps_a_row_costs_three_indexes_first_and_one_later(home, meter):
    with meter.bill() as started:
        home.index.put(row())
    with meter.bill() as ended:
        home.index.put(
            row(version_seen=9, status="COMPLETED", end_time=1_700_000_001_000)
        )

    assert (1, 3) == (started.write_units, started.index_write_units)
    assert (1, 1) == (ended.write_units, ended.index_write_units)


def test_a_workflow_whose_end_is_projected_with_its_start_costs_half(home, meter):
    with meter.bill() as bill:
        home.index.put(
            row(version_seen=9, status="COMPLETED", end_time=1_700_000_001_000)
        )

    assert (1, 2) == (bill.write_units, bill.index_write_units)


def test_a_workflow_that_fails_moves_in_one_index(home, meter):
    home.index.put(row())

    with meter.bill() as bill:
        home.index.put(row(version_seen=9, status="FAILED"))

    assert (1, 2) == (bill.write_units, bill.index_write_units)


def test_correlation_and_parent_cost_only_those_who_have_them(home, meter):
    with meter.bill() as bill:
        home.index.put(row(correlation_id="c", parent_workflow_id=TASK))

    assert (1, 5) == (bill.write_units, bill.index_write_units)


def test_a_timer_is_one_request_near_or_far(home, meter, clock):
    home.timers.arm("first", clock.now() + 3_600_000)

    with meter.bill() as near:
        home.timers.arm(WORKFLOW, clock.now() + 60_000)
    with meter.bill() as far:
        home.timers.arm(WORKFLOW, clock.now() + 3_600_000)

    assert {"sqs.SendMessage": 1} == requests(near)
    assert ({"dynamodb.PutItem": 1}, 1) == (requests(far), far.write_units)


def test_a_command_is_one_request_until_an_object_is_cheaper(home, meter):
    with meter.bill() as small:
        home.commands.send(WORKFLOW, b"{}")
    with meter.bill() as large:
        home.commands.send(WORKFLOW, b"x" * 300_000)

    assert ({"sqs.SendMessage": 1}, 1) == (requests(small), small.fifo_requests)
    assert (1, 1) == (large.s3_puts, large.fifo_requests)


def test_an_idempotency_key_is_one_request_free_or_taken(home, meter):
    with meter.bill() as bill:
        home.keys.reserve("name", "key", WORKFLOW)
        home.keys.reserve("name", "key", TASK)

    assert ({"dynamodb.PutItem": 2}, 2) == (requests(bill), bill.write_units)


def test_definitions_are_asked_for_once_in_five_seconds(home, meter, clock):
    with meter.bill() as bill:
        for _ in range(100):
            home.metadata.find_task("t")
            home.metadata.find_workflow("w", None)
        clock.advance(5_000)
        home.metadata.find_task("t")

    assert {"dynamodb.GetItem": 2, "dynamodb.Query": 1} == requests(bill)


def test_the_definitions_that_a_start_needs_are_asked_for_together(home, meter):
    names = [f"t{number}" for number in range(120)]
    home.metadata.find_task("t0")

    with meter.bill() as bill:
        for _ in range(10):
            home.metadata.find_tasks(names)

    assert ({"dynamodb.BatchGetItem": 2}, 119) == (requests(bill), bill.read_units)


def test_a_snapshot_that_others_took_is_read_and_not_written(stack, meter, clock):
    first, second = (open_over(stack, clock).home for _ in range(2))
    first.metadata.put_snapshot("digest", b"{}" * 9_000)

    with meter.bill() as bill:
        second.metadata.put_snapshot("digest", b"{}" * 9_000)
        second.metadata.put_snapshot("digest", b"{}" * 9_000)

    assert {"dynamodb.GetItem": 1} == requests(bill)


def test_the_newest_of_all_workflows_are_read_without_the_others(home, meter):
    with meter.bill() as bill:
        home.index.search(EVERYTHING, None, (), 0, 15)

    assert {"dynamodb.Query": 8} == requests(bill)
    assert 4 == bill.read_units


def test_what_runs_is_looked_for_in_its_index_and_among_the_rows_of_late(aws, meter):
    aws.newcomers.sweep()
    for number in range(10):
        aws.home.index.put(replace(row(), workflow_id=f"w{number}"))

    with meter.bill() as bill:
        found = aws.home.index.search(parse_query("status = RUNNING"), None, (), 0, 0)

    assert 10 == found.total
    assert {
        "dynamodb.GetItem": 1,  # how far was swept
        "dynamodb.Query": 8 + 8,  # the index by status, and the keys by start
        "dynamodb.BatchGetItem": 1,
    } == requests(bill)
    assert 1 + 16 / 2 + 10 / 2 == bill.read_units


def test_a_remembered_output_is_one_write_and_one_read(home, meter):
    with meter.bill() as bill:
        home.outputs.put("name", "key", b"{}", 1_700_000_060_000)
    with meter.bill() as found:
        home.outputs.find("name", "key", 1_700_000_000_000)

    assert {"dynamodb.PutItem": 1} == requests(bill)
    assert {"dynamodb.GetItem": 1} == requests(found)
