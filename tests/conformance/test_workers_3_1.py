"""SIMPLE, USER_DEFINED and DYNAMIC: reference 3.1, and the defaults of 3.0."""

import pytest

from world import MINUTE, SECOND, simple, task

# --- SIMPLE ------------------------------------------------------------------------


def test_3_1_simple_is_scheduled_for_its_workers(world):
    started = world.run([simple("ref", "name", inputParameters={"x": 1})])

    assert [("ref", "SCHEDULED")] == world.tasks(started)
    given = world.take("name")
    assert ("name", "name", "ref", {"x": 1}) == (
        given["taskType"],
        given["taskDefName"],
        given["referenceTaskName"],
        given["inputData"],
    )
    assert ("IN_PROGRESS", started) == (given["status"], given["workflowInstanceId"])


def test_3_1_simple_is_handed_out_once(world):
    world.run([simple("a")])

    assert world.poll("a")
    assert [] == world.poll("a")


def test_3_1_simple_with_a_start_delay_is_handed_out_after_it(world):
    started = world.run([simple("a", startDelay=60)])

    shown = world.task(started, "a")
    assert ("SCHEDULED", 60) == (shown["status"], shown["callbackAfterSeconds"])
    assert [] == world.poll("a")
    world.advance(MINUTE - 1)
    assert [] == world.poll("a")
    world.advance(1)

    assert world.poll("a")


def test_3_1_simple_copies_what_its_definition_says(world):
    world.register_task(
        "a",
        responseTimeoutSeconds=7,
        rateLimitPerFrequency=3,
        rateLimitFrequencyInSeconds=5,
    )
    started = world.run([simple("a")])

    shown = world.task(started, "a")
    assert (7, 3, 5) == (
        shown["responseTimeoutSeconds"],
        shown["rateLimitPerFrequency"],
        shown["rateLimitFrequencyInSeconds"],
    )


def test_3_0_simple_without_definition_gets_the_defaults(world):
    started = world.run([simple("a")])

    for attempt in range(3):
        world.fail("a")
        assert "RUNNING" == world.status(started), attempt
        world.advance(60 * SECOND)
    world.fail("a")

    assert "FAILED" == world.status(started)
    assert 4 == len(world.tasks(started))
    assert 3600 == world.task(started, "a")["responseTimeoutSeconds"]


def test_3_0_other_types_without_definition_are_not_retried(world):
    started = world.run([task("HUMAN", "ask")])

    world.signal_task(started, "ask", "FAILED")

    assert "FAILED" == world.status(started)
    assert [("ask", "FAILED")] == world.tasks(started)


def test_3_0_a_registered_name_gives_a_system_task_retries(world):
    world.register_task("ask", retryCount=1, retryDelaySeconds=0)
    started = world.run([task("HUMAN", "ask")])

    world.signal_task(started, "ask", "FAILED")

    assert [("ask", "FAILED"), ("ask", "IN_PROGRESS")] == world.tasks(started)


def test_3_0_a_registered_name_gives_a_system_task_timeouts(world):
    world.register_task("ask", timeoutSeconds=60, responseTimeoutSeconds=60)
    started = world.run([task("HUMAN", "ask")])

    world.advance(MINUTE)

    assert [("ask", "TIMED_OUT")] == world.tasks(started)
    assert "TIMED_OUT" == world.status(started)


# --- USER_DEFINED ------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["USER_DEFINED", "MY_OWN_TYPE"])
def test_3_1_a_type_of_ones_own_is_polled_by_that_type(world, kind):
    world.register_task("named")
    started = world.run([task(kind, "ref", name="named", inputParameters={"x": 1})])

    given = world.complete(kind, {"y": 2})

    assert (kind, "named", {"x": 1}) == (
        given["taskType"],
        given["taskDefName"],
        given["inputData"],
    )
    assert "COMPLETED" == world.status(started)


def test_3_1_a_type_of_ones_own_needs_a_definition(world):
    world.register_task("named")
    world.register("tested", [task("MY_OWN_TYPE", "ref", name="named")])
    world.podium.definitions.remove_task("named")
    started = world.start("tested")

    shown = world.workflow(started)
    assert "FAILED" == shown["status"]
    assert (
        "Invalid task specified. Cannot find task by name named in the task definitions"
        == shown["reasonForIncompletion"]
    )
    assert [] == shown["tasks"]


def test_3_1_a_type_of_ones_own_is_retried_by_its_definition(world):
    world.register_task("named", retryCount=1, retryDelaySeconds=5)
    started = world.run([task("MY_OWN_TYPE", "ref", name="named")])

    world.fail("MY_OWN_TYPE")
    world.advance(5 * SECOND)
    world.complete("MY_OWN_TYPE")

    assert "COMPLETED" == world.status(started)


# --- DYNAMIC -----------------------------------------------------------------------


def _dynamic(**fields):
    return task(
        "DYNAMIC",
        "ref",
        dynamicTaskNameParam="which",
        inputParameters={"which": "${workflow.input.which}", "x": 1},
        **fields,
    )


def test_3_1_dynamic_takes_its_name_from_the_input(world):
    world.register_task("chosen")
    started = world.run([_dynamic(), simple("after")], {"which": "chosen"})

    given = world.complete("chosen", {"y": 2})

    assert ("chosen", "chosen", "ref", {"which": "chosen", "x": 1}) == (
        given["taskType"],
        given["taskDefName"],
        given["referenceTaskName"],
        given["inputData"],
    )
    assert {"y": 2} == world.task(started, "ref")["outputData"]
    assert ("after", "SCHEDULED") == world.tasks(started)[-1]


def test_3_1_dynamic_follows_the_definition_of_that_name(world):
    world.register_task("chosen", retryCount=1, retryDelaySeconds=5)
    started = world.run([_dynamic()], {"which": "chosen"})

    world.fail("chosen")
    assert [] == world.poll("chosen")
    world.advance(5 * SECOND)
    world.fail("chosen")

    assert "FAILED" == world.status(started)
    assert [("ref", "FAILED"), ("ref", "FAILED")] == world.tasks(started)


@pytest.mark.parametrize("which", [None, ""])
def test_3_1_dynamic_without_a_name_fails_the_workflow(world, which):
    started = world.run([_dynamic()], {"which": which})

    shown = world.workflow(started)
    assert "FAILED" == shown["status"]
    assert shown["reasonForIncompletion"].startswith(
        "Cannot map a dynamic task based on the parameter and input. Parameter= which"
    )


def test_3_1_dynamic_needs_no_definition_and_is_not_tried_again_then(world):
    started = world.run([_dynamic()], {"which": "nobody"})

    given = world.take("nobody")
    assert ("nobody", 0) == (given["taskDefName"], given["responseTimeoutSeconds"])
    world.report(given, "FAILED")

    assert "FAILED" == world.status(started)
    assert [("ref", "FAILED")] == world.tasks(started)


def test_2_7_a_worker_is_told_how_long_it_has_for_a_task_named_at_run_time(world):
    """Clients extend their lease at four fifths of it, and not where it is 0."""
    limits = {"rateLimitPerFrequency": 3, "rateLimitFrequencyInSeconds": 5}
    world.register_task("chosen", responseTimeoutSeconds=77, **limits)
    forked = {"name": "chosen", "taskReferenceName": "forked", "type": "SIMPLE"}
    fork = task(
        "FORK_JOIN_DYNAMIC",
        "fork",
        dynamicForkTasksParam="tasks",
        dynamicForkTasksInputParamName="inputs",
        inputParameters={"tasks": [forked], "inputs": {}},
    )
    world.run([_dynamic(), fork, task("JOIN", "join")], {"which": "chosen"})

    for ref in ("ref", "forked"):
        given = world.complete("chosen")
        assert (ref, 77, 3, 5) == (
            given["referenceTaskName"],
            given["responseTimeoutSeconds"],
            given["rateLimitPerFrequency"],
            given["rateLimitFrequencyInSeconds"],
        )


def test_3_1_dynamic_has_a_start_delay(world):
    world.register_task("chosen")
    world.run([_dynamic(startDelay=60)], {"which": "chosen"})

    assert [] == world.poll("chosen")
    world.advance(MINUTE)

    assert world.poll("chosen")


def test_3_1_dynamic_in_a_loop_may_be_another_each_time(world):
    for name in ("one", "two"):
        world.register_task(name)
    body = _dynamic()
    body["inputParameters"]["which"] = "${loop.output.loopItem}"
    loop = task(
        "DO_WHILE",
        "loop",
        items="${workflow.input.names}",
        loopCondition="true",
        loopOver=[body],
    )
    started = world.run([loop], {"names": ["one", "two"]})

    world.complete("one")
    world.complete("two")

    assert "COMPLETED" == world.status(started)
