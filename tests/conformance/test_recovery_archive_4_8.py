import pytest

from podium.model.requests import RerunWorkflowRequest
from world import DAY, SECOND, new_world, simple, task


@pytest.fixture
def world(home_name):
    with new_world() as opened:
        for name in ("a", "b"):
            opened.register_task(name, retryCount=0)
        yield opened


def put_away(world, workflow_id):
    """Leave a workflow in the archive alone."""
    world.podium.workflows.remove(workflow_id, archive=True)
    world.settle()
    assert not world.opened.home.records.read(workflow_id, with_logs=False).is_whole


def _retry(world, workflow_id):
    world.podium.recovery.retry(workflow_id)


def _restart(world, workflow_id):
    world.podium.recovery.restart(workflow_id)


def _rerun(world, workflow_id):
    chosen = world.task(workflow_id, "b")["taskId"]
    request = RerunWorkflowRequest.from_json({"reRunFromTaskId": chosen})
    world.podium.recovery.rerun(workflow_id, request)


@pytest.mark.parametrize("bring_back", [_retry, _restart, _rerun])
def test_what_only_the_archive_has_is_brought_back(world, bring_back):
    started = world.run([simple("a"), simple("b")], {"n": 1})
    world.complete("a")
    world.fail("b")
    put_away(world, started)

    bring_back(world, started)
    world.settle()

    assert "RUNNING" == world.status(started)
    row = world.opened.home.index.find([started])[started]
    assert ("RUNNING", None) == (row.status, row.archived)
    if bring_back is _restart:
        world.complete("a")
    world.complete("b")
    assert ("COMPLETED", {"n": 1}) == (
        world.status(started),
        world.workflow(started)["input"],
    )


def test_a_family_comes_back_from_the_archive_together(world):
    world.register("child", [simple("b")])
    child = task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})
    started = world.run([simple("a"), child])
    world.complete("a")
    world.fail("b")
    below = world.task(started, "sub")["subWorkflowId"]
    put_away(world, started)
    put_away(world, below)

    _retry(world, below)
    world.settle()

    assert ("RUNNING", "RUNNING") == (world.status(started), world.status(below))
    world.complete("b")
    assert "COMPLETED" == world.status(started)
    assert ["a", "sub"] == world.refs(started)


def test_a_child_comes_back_from_the_archive_with_its_parent(world):
    world.register("child", [simple("a"), simple("b")])
    child = task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})
    started = world.run([child])
    world.complete("a")
    world.fail("b")
    below = world.task(started, "sub")["subWorkflowId"]
    put_away(world, below)

    world.podium.recovery.retry(started, resume=True)
    world.settle()

    assert below == world.task(started, "sub")["subWorkflowId"]
    world.complete("b")
    assert "COMPLETED" == world.status(started)


def test_what_is_brought_back_stays_as_long_as_what_is_new(world):
    started = world.run([simple("a")], metadata={"retentionDays": 10})
    world.fail("a")
    world.clock.advance(9 * DAY)

    _restart(world, started)
    expires = world.opened.home.records.expires(started)

    assert expires in (0, world.clock.now() + 10 * DAY)
    world.clock.advance(2 * DAY + SECOND)
    world.complete("a")
    assert "COMPLETED" == world.status(started)
