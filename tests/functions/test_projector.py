"""The projector: records of the table's stream in, rows, archive and events out."""

import gzip
import json
from dataclasses import replace

import pytest

from aws_homes import moto_stack, open_over
from aws_resources import connect_fakes, fake_clients
from podium.adapters.dynamodb.stream import FILTERS
from podium.bootstrap import build
from podium.clock import ManualClock
from podium.errors import NotFound, Unavailable
from podium.model.requests import StartWorkflowRequest
from podium.model.task import TaskStatus
from podium.model.task_result import TaskResult
from podium.model.workflow_definition import WorkflowDef
from podium_functions.projector import project
from table_stream import is_wanted, streaming
from world import DAY, HOUR, inline, simple

RETENTION = 30


class Deployment:
    """A service over moto whose rows are the projector's alone."""

    def __init__(self, stack, stream, clock, **fields):
        home = open_over(stack, clock, retention_days=RETENTION).home
        self.home = replace(home, projects_inline=False, **fields)
        self.podium = build(self.home)
        self.clock = clock
        self.stream = stream
        self.bucket = stack.outputs["Bucket"]
        self._s3 = stack.clients.s3

    def register(self, name, tasks, **fields):
        definition = {"name": name, "tasks": tasks, "schemaVersion": 2, **fields}
        self.podium.definitions.update_workflows([WorkflowDef.from_json(definition)])

    def start(self, name, workflow_input=None, **fields):
        request = {"name": name, "input": workflow_input or {}, **fields}
        return self.podium.starter.start(StartWorkflowRequest.from_json(request))

    def work(self, task_type="work", logs=()):
        [task] = self.podium.polling.poll(task_type, "worker", None)
        result = {
            "workflowInstanceId": task["workflowInstanceId"],
            "taskId": task["taskId"],
            "workerId": "worker",
            "status": "COMPLETED",
            "outputData": {"done": True},
            "logs": [{"log": line} for line in logs],
        }
        self.podium.tasks.update(TaskResult.from_json(result))
        return task["taskId"]

    def finished(self, **fields):
        """Return a workflow that a worker was needed for, projected."""
        started = self.start("worked", {"n": 1}, **fields)
        self.work(logs=["a line"])
        assert [] == self.project()
        return started

    def project(self, records=None):
        """Have the projector follow what happened; return what is to come again."""
        given = self.stream.take() if records is None else records
        answer = project(self.podium.projector, {"Records": given})
        return [one["itemIdentifier"] for one in answer["batchItemFailures"]]

    def row(self, workflow_id):
        return self.home.index.find([workflow_id]).get(workflow_id)

    def status(self, workflow_id):
        row = self.row(workflow_id)
        return None if row is None else row.status

    def objects(self):
        found = self._s3.list_objects_v2(Bucket=self.bucket, Prefix="archive/")
        return [one["Key"] for one in found.get("Contents", [])]

    def lines(self, path):
        body = self._s3.get_object(Bucket=self.bucket, Key=path)["Body"].read()
        return [json.loads(line) for line in gzip.decompress(body).splitlines()]

    def items(self, workflow_id):
        """Return how many entries, leases and log lines the table has."""
        record = self.home.records.read(workflow_id, with_logs=True)
        return len(record.entries), len(record.leases), len(record.logs)


@pytest.fixture(scope="session")
def clients():
    return connect_fakes()


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def stack(monkeypatch, clock, clients):
    with moto_stack(monkeypatch, clock, clients=clients) as opened:
        yield opened


@pytest.fixture
def stream(stack, clients):
    with streaming(stack, clients, fake_clients().dynamodb) as listening:
        yield listening


@pytest.fixture
def deployment(stack, stream, clock):
    made = Deployment(stack, stream, clock)
    made.register("worked", [simple("work")])
    made.register("instant", [inline("one", "1")])
    return made


def shown(deployment, workflow_id):
    """Return all that the API shows of a workflow."""
    workflows = deployment.podium.workflows
    return (
        workflows.get(workflow_id),
        workflows.status(workflow_id, include_output=True, include_variables=True),
        workflows.tasks(workflow_id, 0, 10, ()),
    )


# --- search rows ---------------------------------------------------------------------


def test_a_workflow_has_its_row_once_its_start_is_projected(deployment):
    started = deployment.start("worked", {"n": 1}, correlationId="c")
    assert deployment.row(started) is None

    assert [] == deployment.project()

    row = deployment.row(started)
    assert ("RUNNING", "worked", "c", "{n=1}") == (
        row.status,
        row.workflow_type,
        row.correlation_id,
        row.input,
    )


def test_the_end_of_a_workflow_is_in_its_row(deployment):
    started = deployment.start("worked")
    deployment.project()
    deployment.work()

    assert [] == deployment.project()

    row = deployment.row(started)
    assert ("COMPLETED", "{done=true}") == (row.status, row.output)
    assert row.end_time == row.start_time


def test_the_row_is_the_one_that_would_be_written_with_the_decision(deployment):
    started = deployment.finished()

    journals = deployment.podium.archives._journals
    projection = deployment.podium.projector._projection
    expected = projection.row(journals.load(started))

    assert expected == replace(deployment.row(started), archived=None)


def test_a_paused_workflow_shows_it(deployment):
    started = deployment.start("worked")
    deployment.project()

    deployment.podium.workflows.pause(started)
    deployment.project()
    assert "PAUSED" == deployment.status(started)

    deployment.podium.workflows.resume(started)
    deployment.project()
    assert "RUNNING" == deployment.status(started)


def test_records_that_come_again_change_nothing(deployment):
    started = deployment.start("worked")
    deployment.work()
    records = deployment.stream.take()

    for _ in range(3):
        assert [] == deployment.project(records)

    assert "COMPLETED" == deployment.status(started)
    assert 1 == len(deployment.objects())


def test_an_old_start_after_the_end_changes_nothing(deployment):
    started = deployment.start("worked")
    first = deployment.stream.take()
    deployment.work()
    deployment.project()
    ended = deployment.row(started)

    assert [] == deployment.project(first)

    assert ended == deployment.row(started)


def test_an_old_pause_after_the_end_changes_nothing(deployment):
    started = deployment.start("worked")
    deployment.podium.workflows.pause(started)
    deployment.podium.workflows.resume(started)
    before = deployment.stream.take()
    deployment.work()
    deployment.project()
    ended = deployment.row(started)

    assert [] == deployment.project(before[1:])

    assert ended == deployment.row(started)
    assert 1 == len(deployment.objects())


def test_an_end_whose_start_never_came_is_enough(deployment):
    started = deployment.start("worked")
    deployment.work()
    records = deployment.stream.take()

    assert [] == deployment.project(records[-1:])

    assert "COMPLETED" == deployment.status(started)


def test_workflows_whose_changes_were_lost_can_be_projected_as_they_are(deployment):
    running, ended = deployment.start("worked"), deployment.start("instant")
    deployment.stream.take()

    assert [] == deployment.podium.projector.refresh([running, ended, "no id"])

    assert ["RUNNING", "COMPLETED"] == [
        deployment.status(one) for one in (running, ended)
    ]
    assert 1 == len(deployment.objects())


# --- the archive ---------------------------------------------------------------------


def test_workflows_that_end_in_one_batch_share_an_object(deployment):
    started = [deployment.start("instant", {"n": n}) for n in range(5)]

    assert [] == deployment.project()

    [path] = deployment.objects()
    lines = deployment.lines(path)
    assert path.startswith("archive/date=2023-11-14/")
    assert path.endswith(".jsonl.gz")
    assert started == [line["workflow_id"] for line in lines]
    assert [{"n": n} for n in range(5)] == [json.loads(one["input"]) for one in lines]
    assert {("instant", "COMPLETED")} == {
        (line["workflow_type"], line["status"]) for line in lines
    }
    assert {path} == {deployment.row(one).archived.path for one in started}


def test_what_the_archive_has_is_shown_as_before_once_the_journal_is_gone(deployment):
    started = deployment.finished(correlationId="c")
    before = shown(deployment, started)
    task_id = before[0]["tasks"][0]["taskId"]
    logs = deployment.podium.tasks.logs(task_id)

    deployment.home.journal.delete(started)

    assert (0, 0, 0) == deployment.items(started)
    assert before == shown(deployment, started)
    assert before[0]["tasks"][0] == deployment.podium.workflows.find_task(task_id)
    assert logs == deployment.podium.tasks.logs(task_id)
    assert ["a line"] == [line["log"] for line in logs]


def test_a_workflow_that_was_removed_before_it_was_projected_stays_removed(deployment):
    started = deployment.start("instant")
    deployment.podium.workflows.remove(started, archive=False)

    assert [] == deployment.project()

    assert deployment.row(started) is None
    assert [] == deployment.objects()


def test_a_row_that_came_late_goes_with_the_removal(deployment):
    started = deployment.start("worked")
    written = deployment.stream.take()
    deployment.podium.workflows.remove(started, archive=False)
    removed = deployment.stream.take()

    deployment.project(written)
    assert "RUNNING" == deployment.status(started)
    deployment.project(removed)

    assert deployment.row(started) is None


def test_a_removal_that_archives_leaves_the_row(deployment):
    started = deployment.start("instant")
    before = shown(deployment, started)
    deployment.podium.workflows.remove(started, archive=True)

    assert [] == deployment.project()

    assert "COMPLETED" == deployment.status(started)
    assert before == shown(deployment, started)
    assert 1 == len(deployment.objects())


def test_a_journal_that_was_brought_back_is_not_archived_again(deployment):
    started = deployment.finished()
    deployment.home.journal.delete(started)
    deployment.podium.archives.restore(started)

    assert [] == deployment.project()

    assert 1 == len(deployment.objects())


# --- time to live --------------------------------------------------------------------


def test_what_expired_is_let_go_of_where_the_archive_has_it(deployment, stream, clock):
    started = deployment.finished()
    before = shown(deployment, started)
    clock.advance(RETENTION * DAY)

    assert 4 == stream.expire(clock.now())
    assert [] == deployment.project()

    assert (0, 0, 0) == deployment.items(started)
    assert before == shown(deployment, started)


def test_what_has_expired_is_not_shown_from_a_part_of_its_journal(
    deployment, stream, clock
):
    started = deployment.start("worked")
    clock.advance(DAY)
    deployment.work()
    deployment.project()
    before = shown(deployment, started)
    clock.advance((RETENTION - 1) * DAY + HOUR)

    assert 1 == stream.expire(clock.now())

    assert before == shown(deployment, started)
    with pytest.raises(NotFound):
        build(deployment.home).workflows.pause(started)


def test_what_expired_too_early_is_put_back_and_archived(deployment, stream, clock):
    """The projector never heard of the workflow: its stream was lost."""
    started = deployment.start("worked", {"n": 1})
    task_id = deployment.work(logs=["a line"])
    before = shown(deployment, started)
    stream.take()
    clock.advance(RETENTION * DAY)
    stream.expire(clock.now(), order=started)
    assert (0, 0, 0) == deployment.items(started)

    for record in stream.take():
        assert [] == deployment.project([record])

    assert (2, 1, 1) == deployment.items(started)
    assert 1 == len(deployment.objects())
    assert before == shown(deployment, started)

    clock.advance(DAY)
    assert 4 == stream.expire(clock.now())
    deployment.project()
    assert (0, 0, 0) == deployment.items(started)
    assert before == shown(deployment, started)
    assert ["a line"] == [one["log"] for one in deployment.podium.tasks.logs(task_id)]


def test_a_running_workflow_that_expired_is_put_back_and_runs_on(
    deployment, stream, clock
):
    started = deployment.start("worked")
    deployment.project()
    clock.advance(RETENTION * DAY)
    stream.expire(clock.now())

    assert [] == deployment.project()

    completed = TaskStatus.COMPLETED
    deployment.podium.tasks.update_by_reference(started, "work", completed, {}, None)
    deployment.project()
    assert "COMPLETED" == deployment.status(started)


def test_a_stamp_that_is_moved_is_no_change(deployment, clock):
    started = deployment.finished()
    deployment.stream.take()
    deployment.home.records.restamp(started, clock.now() + DAY)
    moved = deployment.stream.take()
    assert {"MODIFY"} == {record["eventName"] for record in moved}

    assert [] == deployment.project(moved)


# --- what goes wrong -----------------------------------------------------------------


def test_a_poisoned_record_comes_again_and_the_others_are_projected(deployment):
    first, poisoned, last = (deployment.start("instant") for _ in range(3))
    records = deployment.stream.take()
    [bad] = [
        one for one in records if one["dynamodb"]["Keys"]["pk"]["S"].endswith(poisoned)
    ]
    bad["dynamodb"]["NewImage"]["data"] = {"B": "bm8gZW50cnk="}

    failed = deployment.project(records)

    assert [bad["dynamodb"]["SequenceNumber"]] == failed
    assert ["COMPLETED", None, "COMPLETED"] == [
        deployment.status(one) for one in (first, poisoned, last)
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {"data": {"B": "%%%"}},
        {"data": {"S": "text"}},
        {"at": {"N": "soon"}},
    ],
)
def test_a_record_that_cannot_be_read_comes_again(deployment, broken):
    deployment.start("instant")
    [record] = deployment.stream.take()[:1]
    record["dynamodb"]["NewImage"] |= broken

    assert [record["dynamodb"]["SequenceNumber"]] == deployment.project([record])


class NoArchive:
    """An archive that does not answer."""

    def write_batch(self, _path, _lines):
        raise Unavailable("S3 did not answer")


def test_without_an_archive_what_ended_comes_again_and_what_runs_is_projected(
    stack, stream, clock, deployment
):
    broken = Deployment(stack, stream, clock, archive=NoArchive())
    running, ended = broken.start("worked"), broken.start("instant")
    records = stream.take()
    [position] = [
        one["dynamodb"]["SequenceNumber"]
        for one in records
        if one["dynamodb"]["Keys"]["pk"]["S"].endswith(ended)
    ]

    assert [position] == broken.project(records)

    assert ("RUNNING", None) == (broken.status(running), broken.status(ended))
    assert [] == deployment.project(records)
    assert "COMPLETED" == deployment.status(ended)


# --- the event source ----------------------------------------------------------------


def test_the_patterns_let_through_what_is_needed_and_little_else(
    deployment, stream, clock
):
    started = deployment.start("worked")
    deployment.work(logs=["a line"])
    deployment.home.leases.renew(started, 1, 1, clock.now())
    records = stream.take()
    wanted = [one for one in records if is_wanted(one, FILTERS)]
    assert {"j"} == {one["dynamodb"]["Keys"]["sk"]["S"][0] for one in wanted}
    assert 2 == len(wanted) < len(records)

    deployment.project(wanted)
    stream.take()
    clock.advance(RETENTION * DAY)
    assert 4 == stream.expire(clock.now())
    assert all(is_wanted(one, FILTERS) for one in stream.take())

    other = deployment.start("instant")
    stream.take()
    deployment.podium.workflows.remove(other, archive=False)
    assert 1 == sum(is_wanted(one, FILTERS) for one in stream.take())


# --- status events -------------------------------------------------------------------


class Listener:
    """Remembers what it is told."""

    is_heard = True

    def __init__(self, *, hears_of_tasks=False):
        self.hears_of_tasks = hears_of_tasks
        self.heard = []

    def publish(self, events):
        self.heard += [(one.change, json.loads(one.detail)) for one in events]


def test_listeners_are_told_of_workflows(stack, stream, clock, deployment):
    listener = Listener()
    told = Deployment(stack, stream, clock, status_events=listener)
    started = told.start("worked", correlationId="c")
    told.project()
    told.podium.workflows.pause(started)
    told.project()
    told.podium.workflows.resume(started)
    told.work()
    told.project()

    assert ["STARTED", "PAUSED", "RESUMED", "COMPLETED"] == [
        change for change, _ in listener.heard
    ]
    last = listener.heard[-1][1]
    assert {
        "workflowId": started,
        "workflowType": "worked",
        "version": 1,
        "correlationId": "c",
        "status": "COMPLETED",
    }.items() <= last.items()
    ids = [detail["eventId"] for _, detail in listener.heard]
    assert len(ids) == len(set(ids))


def test_listeners_are_told_of_tasks_if_they_want_it(stack, stream, clock, deployment):
    listener = Listener(hears_of_tasks=True)
    told = Deployment(stack, stream, clock, status_events=listener)
    told.start("worked")
    told.project()
    task_id = told.work()
    told.project()

    assert ["STARTED", "SCHEDULED", "COMPLETED", "COMPLETED"] == [
        change for change, _ in listener.heard
    ]
    detail = listener.heard[2][1]
    assert (task_id, "work", "worked") == (
        detail["taskId"],
        detail["referenceTaskName"],
        detail["workflowType"],
    )


def test_a_failed_workflow_is_told_of_as_conductor_does(
    stack, stream, clock, deployment
):
    listener = Listener()
    told = Deployment(stack, stream, clock, status_events=listener)
    started = told.start("worked")
    told.podium.workflows.terminate(started, "enough")
    told.project()

    change, detail = listener.heard[-1]
    assert ("TERMINATED", "TERMINATED", "enough") == (
        change,
        detail["status"],
        detail["reasonForIncompletion"],
    )
