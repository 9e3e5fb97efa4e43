import pytest

from podium.model.task_result import TaskResult
from podium.service.messages import ReportChild, encode_message
from world import SECOND, do_while, fork_join, join_on, new_world, simple, task

WORKERS = ("a", "b", "c", "fails", "cancelled", "completed")


@pytest.fixture
def world(home_name):
    with new_world() as opened:
        for name in WORKERS:
            opened.register_task(name, retryCount=0)
        yield opened


def child(ref, name=None, **fields):
    return task("SUB_WORKFLOW", ref, subWorkflowParam={"name": name or ref}, **fields)


def below(world, workflow_id, ref):
    return world.task(workflow_id, ref)["subWorkflowId"]


def retry(world, workflow_id, **options):
    world.podium.recovery.retry(workflow_id, **options)
    world.settle()


def three_branches(world):
    """Start a fork over a child that fails, one that is cancelled, one completed."""
    for name in ("fails", "cancelled", "completed"):
        world.register(f"{name}_child", [simple("a"), simple(name)])
    names = ("fails", "cancelled", "completed")
    branches = [[child(f"{name}_sub", f"{name}_child")] for name in names]
    joined = join_on(*(f"{name}_sub" for name in names))
    started = world.run([fork_join(*branches), joined])
    for _ in names:
        world.complete("a")
    world.complete("completed")
    world.fail("fails", status="FAILED_WITH_TERMINAL_ERROR")
    assert [
        ("fork", "COMPLETED"),
        ("fails_sub", "FAILED"),
        ("cancelled_sub", "CANCELED"),
        ("completed_sub", "COMPLETED"),
        ("join", "CANCELED"),
    ] == world.tasks(started)
    return started, {name: below(world, started, f"{name}_sub") for name in names}


def assert_in_place(world, started, children):
    assert "RUNNING" == world.status(started)
    assert [
        ("fork", "COMPLETED"),
        ("fails_sub", "IN_PROGRESS"),
        ("cancelled_sub", "IN_PROGRESS"),
        ("completed_sub", "COMPLETED"),
        ("join", "IN_PROGRESS"),
    ] == world.tasks(started)
    for name, workflow_id in children.items():
        shown = world.task(started, f"{name}_sub")
        assert workflow_id == shown["subWorkflowId"]
        assert "reasonForIncompletion" not in shown
        assert 1 == world.refs(workflow_id).count("a")
    assert "COMPLETED" == world.status(children["completed"])


def work_to_the_end(world, started):
    world.complete("fails")
    world.complete("cancelled")
    assert "COMPLETED" == world.status(started)
    assert not world.poll("completed")


@pytest.mark.parametrize("retried", ["fails", "cancelled"])
def test_a_retried_child_brings_back_its_parent_and_its_siblings(world, retried):
    started, children = three_branches(world)

    retry(world, children[retried])

    assert_in_place(world, started, children)
    work_to_the_end(world, started)


def test_a_parent_that_resumes_has_its_children_go_on(world):
    started, children = three_branches(world)

    retry(world, started, resume=True)

    assert_in_place(world, started, children)
    work_to_the_end(world, started)


def test_a_parent_that_is_retried_gets_fresh_children(world):
    started, children = three_branches(world)

    retry(world, started)

    assert 7 == len(world.tasks(started))
    assert children["completed"] == below(world, started, "completed_sub")
    for name in ("fails", "cancelled"):
        again = world.task(started, f"{name}_sub")
        assert ("IN_PROGRESS", 1) == (again["status"], again["retryCount"])
        assert children[name] != again["subWorkflowId"]
    assert "FAILED" == world.status(children["fails"])
    assert "TERMINATED" == world.status(children["cancelled"])
    world.complete("a")
    world.complete("a")
    work_to_the_end(world, started)


def test_it_can_be_done_again_and_again(world):
    started, children = three_branches(world)
    for _ in range(3):
        retry(world, children["fails"])
        assert_in_place(world, started, children)
        world.fail("fails")
        assert "FAILED" == world.status(started)
        assert "TERMINATED" == world.status(children["cancelled"])

    retry(world, started, resume=True)

    work_to_the_end(world, started)


def test_what_was_cancelled_beside_a_child_goes_on_in_its_place(world):
    world.register("child", [simple("fails")])
    loop = do_while(simple("b"), condition="$.loop.iteration < 1")
    wait = task("WAIT", "wait", inputParameters={"duration": "5 seconds"})
    fork = fork_join([child("sub", "child")], [simple("a")], [loop], [wait])
    started = world.run([fork, join_on("sub", "a", "loop", "wait")])
    before = world.workflow(started)["tasks"]
    held = world.take("a")
    world.fail("fails")
    assert "CANCELED" == world.status_of(started, "loop")

    retry(world, below(world, started, "sub"))

    after = world.workflow(started)["tasks"]
    assert [one["taskId"] for one in before] == [one["taskId"] for one in after]
    again = world.task(started, "a")
    assert ("SCHEDULED", 1) == (again["status"], again["retryCount"])
    assert (0, 0, 0) == (again["pollCount"], again["startTime"], again["endTime"])
    assert "workerId" not in again
    assert ["IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS"] == [
        world.status_of(started, ref) for ref in ("loop", "wait", "join")
    ]
    assert held["taskId"] == world.complete("a")["taskId"]
    world.complete("b")
    world.complete("fails")
    world.advance(6 * SECOND)
    assert "COMPLETED" == world.status(started)


def deep_family(world):
    """Start three generations whose youngest fails, siblings at every level."""
    world.register("leaf", [simple("fails")])
    world.register(
        "mid",
        [fork_join([child("leaf")], [simple("a")]), join_on("leaf", "a")],
    )
    world.register("aunt", [simple("cancelled")])
    started = world.run(
        [
            fork_join([child("mid")], [child("aunt")], [simple("b")]),
            join_on("mid", "aunt", "b"),
            simple("c"),
        ]
    )
    mid, aunt = below(world, started, "mid"), below(world, started, "aunt")
    leaf = below(world, mid, "leaf")
    world.fail("fails")
    assert ["FAILED", "FAILED", "FAILED", "TERMINATED"] == [
        world.status(one) for one in (started, mid, leaf, aunt)
    ]
    return started, mid, leaf, aunt


@pytest.mark.parametrize(
    ("which", "resume"), [(0, True), (1, True), (2, True), (2, False)]
)
def test_every_generation_goes_on_where_it_stopped(world, which, resume):
    family = deep_family(world)

    retry(world, family[which], resume=resume)

    assert ["RUNNING"] * 4 == [world.status(one) for one in family]
    started, _, leaf, _ = family
    assert [("fails", "FAILED"), ("fails", "SCHEDULED")] == world.tasks(leaf)
    for kind in ("fails", "cancelled", "a", "b"):
        world.complete(kind)
    assert "RUNNING" == world.status(started)
    world.complete("c")
    assert ["COMPLETED"] * 4 == [world.status(one) for one in family]


def test_a_retry_in_the_middle_gets_a_fresh_leaf(world):
    started, mid, leaf, _ = deep_family(world)

    retry(world, mid)

    assert leaf != below(world, mid, "leaf")
    assert mid == below(world, started, "mid")
    assert ["RUNNING", "RUNNING", "FAILED"] == [
        world.status(one) for one in (started, mid, leaf)
    ]


@pytest.mark.parametrize("operation", ["retry", "restart"])
def test_an_optional_child_runs_for_itself(world, operation):
    world.register("child", [simple("fails")])
    started = world.run([child("sub", "child", optional=True)])
    world.fail("fails")
    assert "COMPLETED" == world.status(started)
    one = below(world, started, "sub")

    getattr(world.podium.recovery, operation)(one)
    world.settle()
    world.complete("fails")

    assert "COMPLETED" == world.status(started) == world.status(one)
    assert "COMPLETED_WITH_ERRORS" == world.status_of(started, "sub")


def test_a_child_of_an_attempt_that_was_tried_again_runs_for_itself(world):
    world.register("child", [simple("fails")])
    started = world.run([child("sub", "child")])
    world.fail("fails")
    first = below(world, started, "sub")
    retry(world, started)

    retry(world, first)

    assert 2 == len(world.tasks(started))
    assert first != below(world, started, "sub")
    world.complete("fails")
    world.complete("fails")
    assert "COMPLETED" == world.status(started) == world.status(first)


def test_a_task_that_failed_beside_the_child_is_tried_again(world):
    world.register("child", [simple("cancelled")])
    fork = fork_join([child("sub", "child")], [simple("fails")])
    started = world.run([fork, join_on("sub", "fails")])
    world.fail("fails")

    retry(world, below(world, started, "sub"))

    assert "RUNNING" == world.status(started)
    world.complete("cancelled")
    world.complete("fails")
    assert "COMPLETED" == world.status(started)


def test_what_completed_meanwhile_has_nothing_to_go_on_with(world):
    """A child completes while its parent is on its way to end it."""
    world.register("slow", [simple("cancelled")])
    world.register("child", [simple("fails")])
    fork = fork_join([child("sub", "child")], [child("slow")])
    started = world.run([fork, join_on("sub", "slow")])
    one, other = below(world, started, "sub"), below(world, started, "slow")
    world.podium.workflows.pause(other)
    held = world.take("cancelled")
    failing = world.take("fails")
    world.podium.tasks.update(_result(failing, "FAILED"))
    _run_commands_for(world, started)
    world.podium.workflows.resume(other)
    world.podium.tasks.update(_result(held, "COMPLETED"))
    assert "COMPLETED" == world.status(other)
    assert "FAILED" == world.status(started)

    retry(world, one)

    assert "COMPLETED" == world.status_of(started, "slow")
    world.complete("fails")
    assert "COMPLETED" == world.status(started)


def _result(polled, status):
    return TaskResult.from_json(
        {
            "workflowInstanceId": polled["workflowInstanceId"],
            "taskId": polled["taskId"],
            "status": status,
        }
    )


def _run_commands_for(world, workflow_id):
    """Work off what is for this workflow, and nothing that it calls for."""
    for command in world.opened.commands.receive(1):
        assert workflow_id == command.workflow_id
        world.decider_queue.handle(command.workflow_id, command.command)
        world.opened.commands.delete(command.receipt)


def test_a_child_that_was_removed_fails_its_task_once_more(world):
    started, children = three_branches(world)
    world.podium.workflows.remove(children["cancelled"], archive=False)

    retry(world, children["fails"])

    assert "FAILED" == world.status(started)
    reason = world.task(started, "cancelled_sub")["reasonForIncompletion"]
    assert f"Sub workflow {children['cancelled']} was removed" in reason
    retry(world, started)
    assert "RUNNING" == world.status(started)


def test_a_parent_says_of_its_child_that_it_goes_on(world):
    world.register("child", [simple("fails")])
    started = world.run([child("sub", "child")])
    world.fail("fails")
    one = below(world, started, "sub")

    retry(world, one)

    [line] = world.podium.tasks.logs(world.task(started, "sub")["taskId"])
    assert f"Sub workflow child.1/{one} retried." == line["log"]


def test_the_parent_of_what_had_completed_waits_for_it_again(world):
    world.register("child", [simple("a")])
    started = world.run([child("sub", "child"), simple("b")])
    world.complete("a", {"n": 1})
    world.complete("b")
    one = below(world, started, "sub")

    world.podium.recovery.restart(one)
    world.settle()
    assert ("RUNNING", "RUNNING") == (world.status(started), world.status(one))
    world.complete("a", {"n": 2})

    assert "COMPLETED" == world.status(started)
    assert 2 == world.output_of(started, "sub")["n"]
    assert ["sub", "b"] == world.refs(started)


def test_late_word_of_the_first_end_does_not_end_the_second_life(world):
    world.register("child", [simple("fails")])
    started = world.run([child("sub", "child")])
    world.fail("fails")
    one = below(world, started, "sub")
    retry(world, one)
    seq = world.task(started, "sub")["seq"]

    late = encode_message(ReportChild(seq=seq, child_id=one))
    world.decider_queue.handle(started, late)

    assert ("RUNNING", "IN_PROGRESS") == (
        world.status(started),
        world.status_of(started, "sub"),
    )
