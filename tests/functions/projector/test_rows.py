"""Search rows: of each workflow the latest, whatever comes twice or too late."""

from dataclasses import replace


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
