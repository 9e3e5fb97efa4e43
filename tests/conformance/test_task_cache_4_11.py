"""cacheConfig of a task: its output is remembered under a key: reference 2.3, 4.11."""

import pytest

from http_site import serving
from world import HOUR, SECOND, do_while, simple, task

CACHE = {"key": "${id}", "ttlInSecond": 60}


def cached(ref="work", key="1", cache=CACHE, **fields):
    return simple(ref, "work", inputParameters={"id": key}, cacheConfig=cache, **fields)


def first_and_second(world, first, second, wait=0):
    """Complete a first workflow, run a second one, and return the second."""
    world.run([first])
    world.complete("work", {"answer": 42})
    world.advance(wait)
    return world.run([second])


def is_done(world, started):
    """Tell whether a workflow's task was completed by what was remembered."""
    shown = world.task(started, "work")
    done = shown["status"] == "COMPLETED" and shown["outputData"] == {"answer": 42}
    assert done == (world.poll("work") == [])
    return done


def test_4_11_the_same_task_and_key_is_done_at_once(world):
    second = first_and_second(world, cached(), cached())

    assert is_done(world, second)
    assert "COMPLETED" == world.status(second)


@pytest.mark.parametrize(
    "other",
    [
        cached(key="2"),
        simple("work", inputParameters={"id": "1"}),
        cached(cache={"key": "", "ttlInSecond": 60}),
        cached(cache={"key": "${id}", "ttlInSecond": 0}),
    ],
    ids=["another key", "no cache", "no key", "no time"],
)
def test_4_11_anything_else_is_worked_out(world, other):
    assert not is_done(world, first_and_second(world, cached(), other))


def test_4_11_an_output_is_remembered_for_its_time(world):
    assert is_done(world, first_and_second(world, cached(), cached(), 59 * SECOND))


def test_4_11_an_output_is_forgotten_after_its_time(world):
    assert not is_done(world, first_and_second(world, cached(), cached(), 60 * SECOND))


def test_4_11_the_time_is_that_of_who_remembered(world):
    long = {"key": "${id}", "ttlInSecond": 7_200}

    assert is_done(world, first_and_second(world, cached(cache=long), cached(), HOUR))


def test_4_11_keys_are_apart_by_task_name(world):
    other = simple("work", "other", inputParameters={"id": "1"}, cacheConfig=CACHE)
    started = first_and_second(world, cached(), other)

    assert "SCHEDULED" == world.status_of(started, "work")


def test_4_11_a_key_may_read_what_every_expression_reads(world):
    cache = {"key": "${workflow.input.a}-${id}", "ttlInSecond": 60}
    for given, is_known in (("x", False), ("x", True), ("y", False)):
        started = world.run([cached(cache=cache)], {"a": given})
        if is_known:
            assert "COMPLETED" == world.status(started)
        else:
            world.complete("work", {"for": given})


def test_4_11_a_failure_is_not_remembered(world):
    world.run([cached()])
    world.fail("work", status="FAILED_WITH_TERMINAL_ERROR")

    assert "SCHEDULED" == world.status_of(world.run([cached()]), "work")


def test_4_11_a_retry_finds_what_was_remembered_meanwhile(world):
    world.register_task("work", retryCount=1, retryDelaySeconds=5)
    failing = world.run([cached()])
    task_of_first = world.take("work")
    world.run([cached()])
    world.complete("work", {"answer": 42})
    world.report(task_of_first, "FAILED")

    assert "COMPLETED" == world.status(failing)


def test_4_11_a_loop_remembers_its_iterations(world):
    body = do_while(cached(), condition="$.loop.iteration < 3")
    started = world.run([body])
    world.complete("work", {"answer": 42})

    assert "COMPLETED" == world.status(started)
    assert 3 == len([ref for ref in world.refs(started) if ref.startswith("work")])


def test_4_11_what_breaks_its_output_schema_is_not_remembered(world):
    schema = {"name": "s", "type": "JSON", "data": {"required": ["answer"]}}
    world.register_task("work", enforceSchema=True, outputSchema=schema, retryCount=0)
    world.run([cached()])
    world.complete("work", {})

    assert "SCHEDULED" == world.status_of(world.run([cached()]), "work")


def test_4_11_an_http_task_is_remembered_too(world):
    with serving() as site:
        call = task(
            "HTTP",
            "call",
            inputParameters={"uri": site.uri, "method": "GET"},
            cacheConfig={"key": "${method} ${uri}", "ttlInSecond": 60},
        )
        outputs = [world.output_of(world.run([call]), "call") for _ in range(2)]

        assert outputs[0] == outputs[1]
        assert 1 == len(site.requests)


def test_4_11_what_is_done_for_its_effect_is_done_each_time(world):
    world.register("started", [simple("in_started")])
    start = task(
        "START_WORKFLOW",
        "start",
        inputParameters={"startWorkflow": {"name": "started"}},
        cacheConfig={"key": "k", "ttlInSecond": 60},
    )
    world.run([start])
    world.run([start])

    assert 2 == len(world.poll("in_started", count=2))
