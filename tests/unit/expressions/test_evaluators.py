"""Evaluators by name, and what a loop's condition may read."""

import pytest

from podium.errors import ExpressionFailed
from podium.expressions.evaluators import (
    EVALUATORS,
    LoopReads,
    evaluate_with,
    loop_condition_reads,
)

BODY = ("body", "other")


@pytest.mark.parametrize("evaluator", ["javascript", "graaljs"])
def test_both_names_of_javascript_run_scripts(evaluator):
    assert 3 == evaluate_with(evaluator, "$.a + 1", {"a": 2})


@pytest.mark.parametrize(("name", "expected"), [("a", {"x": 1}), ("b", None)])
def test_value_param_names_an_input(name, expected):
    assert expected == evaluate_with("value-param", name, {"a": {"x": 1}})


@pytest.mark.parametrize("evaluator", ["python", "JavaScript", ""])
def test_an_unknown_evaluator_fails_and_names_the_known_ones(evaluator):
    assert evaluator not in EVALUATORS
    with pytest.raises(ExpressionFailed) as failure:
        evaluate_with(evaluator, "1", {})

    assert (
        f"No evaluator registered for type: {evaluator}; the known ones are "
        "graaljs, javascript, value-param"
    ) == failure.value.message


@pytest.mark.parametrize(
    "condition",
    [
        "if ($.loop['iteration'] < $.value) { true; } else { false; }",
        "$.loop.iteration < 3",
        "$ . loop . iteration < 3",
        "$?.loop?.['iteration'] < 3",
        "(function () { return $.loop['loopIndex'] < 4; })();",
        "$.loop.loopItem.done || $.loopItem.done",
        "true",
        "$x + x$ + 1",
    ],
)
def test_a_condition_on_the_counters_reads_no_output(condition):
    expected = LoopReads(iterations=False, body_refs=frozenset())

    assert expected == loop_condition_reads(condition, "loop", BODY)


@pytest.mark.parametrize(
    "condition",
    [
        "$.loop",
        "$.loop['1'].body.x",
        "$.loop[$.loop.iteration].body.x",
        "$.loop.iterationX",
        "$.loop.iteration < 3 && $.loop[1]",
        "Object.keys($.loop).length < 3",
        "$.loop__2.x",
        "$.loop /* the counter */ .iteration",
    ],
)
def test_a_condition_on_the_loops_output_reads_its_iterations(condition):
    reads = loop_condition_reads(condition, "loop", BODY)

    assert (True, frozenset()) == (reads.iterations, reads.body_refs)


@pytest.mark.parametrize(
    ("condition", "refs"),
    [
        ("$.body.x > 1", {"body"}),
        ("$['body'].x > $.other.y", {"body", "other"}),
        ("`${$.body.x}` == 'a'", {"body"}),
        ("'$.body' == 1", {"body"}),
        ("$.bodyX.x", set()),
        ("$.bödy.x", set()),
    ],
)
def test_a_condition_reads_the_tasks_it_names(condition, refs):
    expected = LoopReads(iterations=False, body_refs=frozenset(refs))

    assert expected == loop_condition_reads(condition, "loop", BODY)


@pytest.mark.parametrize(
    "condition",
    [
        "$[x]",
        "$[`body`]",
        "JSON.stringify($) == '{}'",
        "Object.keys($).length > 1",
        "const {body} = $; body.x",
        "let all = $; all.body.x",
        "this.$.body.x",
        "globalThis['$'].body.x",
        "eval('$' + '.body')",
        "new Function('return $' + '.body')()",
        "with ($) { body.x }",
        "$.\\u0062ody.x",
        "$['\\x62ody'].x",
        "$ /* all */ .body",
        "$.ödy",
        "${body}",
    ],
)
def test_a_condition_that_hides_what_it_reads_reads_everything(condition):
    expected = LoopReads(iterations=True, body_refs=frozenset(BODY))

    assert expected == loop_condition_reads(condition, "loop", BODY)
