"""Messages of one workflow that come together are one decision."""

import pytest
from msgspec import Raw

from podium import ids
from podium.decider.commands import Pause, Terminate, UpdateTask
from podium.model.task import TaskStatus
from podium.service.messages import RunCommand, encode_message
from world import fork_join, join_on, new_world, simple, task


@pytest.fixture
def world():
    with new_world() as world:
        yield world


def _completed(seq):
    report = UpdateTask(
        seq=seq, status=TaskStatus.COMPLETED, output=Raw(b'{"done":true}')
    )
    return encode_message(RunCommand(command=report))


def _versions(world, workflow_id):
    return [one.version for one in world.opened.home.journal.read_range(workflow_id, 1)]


def _wide_fork(world, branches):
    refs = [f"branch_{number}" for number in range(branches)]
    fork = fork_join(*([simple(ref)] for ref in refs))
    started = world.run([fork, join_on(*refs)])
    tasks = world.workflow(started)["tasks"]
    return started, [t["seq"] for t in tasks if t["referenceTaskName"] in refs]


def test_reports_of_ten_branches_are_one_entry(world):
    started, seqs = _wide_fork(world, 10)
    before = _versions(world, started)

    world.podium.decider_queue.handle_all(started, [_completed(seq) for seq in seqs])

    assert 1 == len(_versions(world, started)) - len(before)
    assert "COMPLETED" == world.status(started)
    assert {"done": True} == world.task(started, "branch_3")["outputData"]


def test_what_is_forbidden_by_then_does_not_spoil_the_rest(world):
    started, seqs = _wide_fork(world, 2)
    missing = ids.sequence_of(ids.task_id(started, 4711))
    commands = [Terminate(reason="enough"), Pause()]
    messages = [
        _completed(seqs[0]),
        _completed(missing),
        *(encode_message(RunCommand(command=command)) for command in commands),
        _completed(seqs[1]),
    ]

    world.podium.decider_queue.handle_all(started, messages)

    assert "TERMINATED" == world.status(started)
    assert "COMPLETED" == world.task(started, "branch_0")["status"]
    assert "CANCELED" == world.task(started, "branch_1")["status"]


def test_messages_that_come_again_change_nothing(world):
    started, seqs = _wide_fork(world, 3)
    messages = [_completed(seq) for seq in seqs[:2]]
    world.podium.decider_queue.handle_all(started, messages)
    before = _versions(world, started)

    world.podium.decider_queue.handle_all(started, messages)

    assert before == _versions(world, started)


def test_a_child_that_its_parent_never_came_to_know_ends_with_the_task(world):
    """The launcher died after it had started the child; the task ended meanwhile."""
    world.register("child", [simple("inner")])
    world.register(
        "parent", [task("SUB_WORKFLOW", "s", subWorkflowParam={"name": "child"})]
    )
    started = world.start("parent", settle=False)
    [launch] = world.opened.commands.receive(1)
    queue = world.podium.decider_queue
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.podium.decider_queue._engine, "run", _die)
        with pytest.raises(_Death):
            queue.handle(started, launch.command)
    world.podium.workflows.terminate(started, "enough")

    queue.handle(started, launch.command)
    world.settle()

    assert [] == world.poll("inner")


class _Death(BaseException):
    """The process is gone."""


def _die(*_arguments, **_options):
    raise _Death
