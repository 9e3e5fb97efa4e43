"""DO_WHILE over a list of items, and what ``keepLastN`` keeps: reference 3.6."""

import pytest

from world import do_while, inline, simple

# --- items ---------------------------------------------------------------------------


def _over(items, *body, condition="true", **fields):
    return do_while(*body, condition=condition, items=items, **fields)


def test_3_6_items_are_gone_over_one_by_one(world):
    body = simple(
        "a",
        inputParameters={
            "item": "${loop.output.loopItem}",
            "index": "${loop.output.loopIndex}",
        },
    )
    started = world.run([_over("${workflow.input.list}", body)], {"list": ["x", "y"]})

    assert {"item": "x", "index": 0} == world.complete("a")["inputData"]
    assert {"item": "y", "index": 1} == world.complete("a")["inputData"]

    assert "COMPLETED" == world.status(started)
    output = world.output_of(started, "loop")
    assert (2, 1, "y") == (
        output["iteration"],
        output["loopIndex"],
        output["loopItem"],
    )


def test_3_6_items_may_be_an_input(world):
    loop = do_while(
        simple("a"),
        condition="true",
        inputParameters={"_items": "${workflow.input.list}"},
    )
    started = world.run([loop], {"list": [1, 2, 3]})

    for _ in range(3):
        world.complete("a")

    assert "COMPLETED" == world.status(started)


@pytest.mark.parametrize("items", [[], None])
def test_3_6_no_items_complete_the_loop_at_once(world, items):
    loop = _over("${workflow.input.list}", simple("a"))
    started = world.run([loop, simple("after")], {"list": items})

    assert [("loop", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)
    assert {"iteration": 0} == world.output_of(started, "loop")


def test_3_6_a_single_item_is_a_list_of_one(world):
    started = world.run([_over("${workflow.input.list}", simple("a"))], {"list": 5})

    world.complete("a")

    assert "COMPLETED" == world.status(started)
    assert 5 == world.output_of(started, "loop")["loopItem"]


def test_3_6_condition_may_end_the_items_early(world):
    condition = "$.loopItem != 'stop' && $.loopIndex < 9"
    loop = _over("${workflow.input.list}", simple("a"), condition=condition)
    started = world.run([loop], {"list": ["go", "stop", "never"]})

    world.complete("a")
    world.complete("a")

    assert "COMPLETED" == world.status(started)
    assert 2 == world.output_of(started, "loop")["iteration"]


def test_3_6_large_items_do_not_get_lost(world):
    body = simple("a", inputParameters={"item": "${loop.output.loopItem}"})
    large = ["x" * 5000, "y" * 5000]
    started = world.run([_over("${workflow.input.list}", body)], {"list": large})

    assert large[0] == world.complete("a")["inputData"]["item"]
    assert large[1] == world.complete("a")["inputData"]["item"]

    assert "COMPLETED" == world.status(started)
    assert large[1] == world.output_of(started, "loop")["loopItem"]


# --- keepLastN -----------------------------------------------------------------------


def test_3_6_keep_last_n_drops_old_iterations(world):
    loop = do_while(
        simple("a"),
        condition="$.loop.iteration < 4",
        inputParameters={"keepLastN": 2},
    )
    started = world.run([loop])

    for number in range(1, 5):
        world.complete("a", {"n": number})

    assert "COMPLETED" == world.status(started)
    assert {
        "3": {"a": {"n": 3}},
        "4": {"a": {"n": 4}},
        "iteration": 4,
    } == world.output_of(started, "loop")
    assert ["loop", "a__3", "a__4"] == world.refs(started)


def test_3_6_keep_last_n_drops_what_lies_in_an_inner_loop_as_well(world):
    inner = do_while(inline("a", "1"), ref="inner", condition="$.inner.iteration < 2")
    loop = do_while(inner, inputParameters={"keepLastN": 1})
    started = world.run([loop])

    assert ["loop", "inner__2", "a__2__1", "a__2__2"] == world.refs(started)
