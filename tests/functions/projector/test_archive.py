"""The archive: what ended together lies together, and is shown as before."""

import json

from projected import shown
from world import inline


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


def test_a_workflow_that_changes_after_its_end_is_archived_again(deployment):
    """A failed one can still be terminated (reference 1.11)."""
    deployment.register("fails", [inline("one", "nobody.knows")])
    started = deployment.start("fails")
    deployment.project()
    first = deployment.row(started)

    deployment.podium.workflows.terminate(started, "enough")
    assert [] == deployment.project()

    assert ("FAILED", "TERMINATED") == (first.status, deployment.status(started))
    versions = [
        line["journal_version"]
        for path in deployment.objects()
        for line in deployment.lines(path)
    ]
    assert 2 == len(versions)
    before = shown(deployment, started)
    deployment.home.journal.delete(started)
    assert before == shown(deployment, started)


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
