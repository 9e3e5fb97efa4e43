"""Time to live: what the archive has may go, and what it has not is put back."""

import pytest

from podium.bootstrap import build
from podium.errors import NotFound
from podium.model.task import TaskStatus
from projected import RETENTION, shown
from world import DAY, HOUR


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
