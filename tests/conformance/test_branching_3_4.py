"""SWITCH and DECISION: reference 3.4."""

import pytest

from world import simple, task


def _switch(expression="case", evaluator="value-param", ref="choice", **fields):
    """Return a SWITCH over one input, with the cases a, empty and null."""
    return task(
        "SWITCH",
        ref,
        **{
            "evaluatorType": evaluator,
            "expression": expression,
            "inputParameters": {"case": "${workflow.input.case}"},
            "decisionCases": {
                "a": [simple("in_a"), simple("then_a")],
                "empty": [],
                "null": [simple("in_null")],
            },
            "defaultCase": [simple("in_default")],
            **fields,
        },
    )


# --- SWITCH ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "opened"),
    [
        ({"case": "a"}, "in_a"),
        ({"case": "no such"}, "in_default"),
        ({"case": "empty"}, "after"),
        ({"case": None}, "in_null"),
        ({}, "in_null"),
    ],
    ids=["match", "no-match", "empty-list", "null", "absent"],
)
def test_3_4_switch_runs_the_case_of_its_value(world, given, opened):
    started = world.run([_switch(), simple("after")], given)

    assert [("choice", "COMPLETED"), (opened, "SCHEDULED")] == world.tasks(started)


def test_3_4_switch_without_match_and_default_runs_nothing(world):
    started = world.run([_switch(defaultCase=[]), simple("after")], {"case": "x"})

    assert [("choice", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)


@pytest.mark.parametrize(
    ("evaluator", "expression", "given", "shown"),
    [
        ("value-param", "case", "a", "a"),
        ("value-param", "case", None, "null"),
        ("value-param", "case", 7, "7"),
        ("value-param", "case", True, "true"),
        ("javascript", "$.case ? 'a' : 'b'", 1, "a"),
        ("javascript", "$.case * 2", 4, "8"),
        ("javascript", "undefined", 1, "null"),
        ("graaljs", "(function () { return $.case; })()", "a", "a"),
    ],
)
def test_3_4_switch_shows_its_value_as_text(world, evaluator, expression, given, shown):
    started = world.run([_switch(expression, evaluator)], {"case": given})

    choice = world.task(started, "choice")
    assert shown == choice["inputData"]["case"]
    assert {"evaluationResult": [shown], "selectedCase": shown} == choice["outputData"]


@pytest.mark.parametrize(("case", "children"), [("a", "true"), ("empty", None)])
def test_3_4_switch_says_whether_it_has_children(world, case, children):
    started = world.run([_switch()], {"case": case})

    shown = world.task(started, "choice")["inputData"].get("hasChildren")
    assert children == shown


def test_3_4_switch_is_followed_by_what_comes_after_its_case(world):
    started = world.run([_switch(), simple("after")], {"case": "a"})

    world.complete("in_a")
    world.complete("then_a")

    assert "after" == world.tasks(started)[-1][0]
    world.complete("after")
    assert "COMPLETED" == world.status(started)


def test_3_4_switch_is_evaluated_when_it_is_scheduled(world):
    later = _switch(inputParameters={"case": "${first.output.case}"})
    started = world.run([simple("first"), later])

    world.complete("first", {"case": "a"})

    assert ("in_a", "SCHEDULED") == world.tasks(started)[-1]


def test_3_4_switch_in_a_switch_leads_back_to_the_outer_flow(world):
    inner = _switch(ref="inner", decisionCases={"a": [simple("deep")]})
    outer = _switch(decisionCases={"a": [simple("first"), inner]}, defaultCase=[])
    started = world.run([outer, simple("after")], {"case": "a"})

    world.complete("first")
    world.complete("deep")

    expected = ["choice", "first", "inner", "deep", "after"]
    assert expected == [ref for ref, _ in world.tasks(started)]


def test_3_4_switch_as_the_last_of_an_outer_case_may_run_nothing(world):
    inner = _switch(ref="inner", defaultCase=[], decisionCases={"b": [simple("x")]})
    outer = _switch(decisionCases={"a": [inner]}, defaultCase=[])
    started = world.run([outer, simple("after")], {"case": "a"})

    assert ("after", "SCHEDULED") == world.tasks(started)[-1]


def test_3_4_switch_whose_script_fails_fails_the_workflow(world):
    started = world.run([_switch("$.case.no.such", "javascript"), simple("after")])

    assert [("choice", "FAILED")] == world.tasks(started)
    assert "FAILED" == world.status(started)
    assert "TypeError" in world.task(started, "choice")["reasonForIncompletion"]


def test_3_4_switch_whose_script_fails_is_not_retried(world):
    world.register_task("choice", retryCount=3, retryDelaySeconds=0)
    started = world.run([_switch("no.such", "javascript")])

    assert [("choice", "FAILED")] == world.tasks(started)


def test_3_4_optional_switch_whose_script_fails_is_passed(world):
    broken = _switch("no.such", "javascript", optional=True)
    started = world.run([broken, simple("after")], {"case": "a"})

    expected = [("choice", "COMPLETED_WITH_ERRORS"), ("after", "SCHEDULED")]
    assert expected == world.tasks(started)


def test_3_4_switch_with_an_unknown_evaluator_terminates_the_workflow(world):
    started = world.run([_switch("1", "cobol")])

    shown = world.workflow(started)
    assert "FAILED" == shown["status"]
    assert "No evaluator registered for type: cobol" == shown["reasonForIncompletion"]
    assert [] == shown["tasks"]


def test_3_4_switch_as_the_last_task_completes_the_workflow(world):
    started = world.run([_switch()], {"case": "empty"})

    assert "COMPLETED" == world.status(started)


def test_3_4_workflow_output_is_that_of_the_case_that_ran(world):
    output = {"a": "${in_a.output.x}", "other": "${in_default.output.x}"}
    started = world.run([_switch()], {"case": "a"}, outputParameters=output)

    world.complete("in_a", {"x": 1})
    world.complete("then_a")

    assert {"a": 1, "other": None} == world.output(started)


# --- DECISION ----------------------------------------------------------------------


def _decision(**fields):
    return task(
        "DECISION",
        "choice",
        **{
            "caseValueParam": "case",
            "inputParameters": {"case": "${workflow.input.case}"},
            "decisionCases": {"a": [simple("in_a")], "empty": []},
            "defaultCase": [simple("in_default")],
            **fields,
        },
    )


@pytest.mark.parametrize(
    ("case", "opened"),
    [("a", "in_a"), ("empty", "in_default"), ("x", "in_default")],
    ids=["match", "empty-list", "no-match"],
)
def test_3_4_decision_falls_back_to_the_default_also_from_an_empty_list(
    world, case, opened
):
    started = world.run([_decision(), simple("after")], {"case": case})

    assert [("choice", "COMPLETED"), (opened, "SCHEDULED")] == world.tasks(started)
    assert {"caseOutput": [case]} == world.task(started, "choice")["outputData"]


def test_3_4_decision_takes_a_script_before_a_parameter(world):
    script = "if ($.case > 5) { 'a' } else { 'b' }"
    started = world.run([_decision(caseExpression=script)], {"case": 6})

    assert ("in_a", "SCHEDULED") == world.tasks(started)[-1]


def test_3_4_decision_whose_script_fails_terminates_the_workflow(world):
    started = world.run([_decision(caseExpression="no.such")])

    shown = world.workflow(started)
    assert "FAILED" == shown["status"]
    assert "Error while evaluating script: no.such" in shown["reasonForIncompletion"]
