"""INLINE, LAMBDA, JSON_JQ_TRANSFORM and SET_VARIABLE as tasks: reference 3.3."""

import pytest

from podium.expressions import javascript, jq
from podium.expressions.jq_processes import JqProcesses
from world import simple, task

TERMINAL = "FAILED_WITH_TERMINAL_ERROR"


def _inline(expression, **inputs):
    return task("INLINE", "it", inputParameters={"expression": expression, **inputs})


def _shown(world, workflow, ref="it"):
    shown = world.task(workflow, ref)
    return shown["status"], shown["outputData"], shown.get("reasonForIncompletion")


# --- INLINE ------------------------------------------------------------------------


@pytest.mark.parametrize("evaluator", [None, "javascript", "graaljs"])
def test_3_3_inline_answers_with_the_value_of_its_script(world, evaluator):
    named = {} if evaluator is None else {"evaluatorType": evaluator}
    it = _inline("$.x + 1", x="${workflow.input.x}", **named)
    started = world.run([it, simple("after")], {"x": 41})

    assert ("COMPLETED", {"result": 42}, None) == _shown(world, started)
    assert ("after", "SCHEDULED") == world.tasks(started)[-1]


def test_3_3_inline_by_value_param(world):
    started = world.run([_inline("x", x=[1], evaluatorType="value-param")])

    assert {"result": [1]} == world.task(started, "it")["outputData"]


def test_3_3_inline_cannot_change_its_input(world):
    started = world.run([_inline("$.x.push(2); $.y = 3; 'done'", x=[1])])

    given = world.task(started, "it")["inputData"]
    assert ([1], None) == (given["x"], given.get("y"))


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"expression": "no.such.thing"}, "no is not defined"),
        ({"expression": "throw new Error('mine')"}, "mine"),
        ({"expression": "return 1"}, "return"),
        ({"expression": " "}, "Empty 'expression' in Inline task's input parameters."),
        ({"expression": None}, "Empty 'expression'"),
        (
            {"expression": "1", "evaluatorType": "cobol"},
            "Unknown evaluator 'cobol' in INLINE task.",
        ),
        (
            {"expression": "1", "evaluatorType": ""},
            "Empty 'evaluatorType' in INLINE task's input parameters.",
        ),
    ],
)
def test_3_3_inline_that_fails_fails_for_good(world, inputs, reason):
    world.register_task("it", retryCount=3, retryDelaySeconds=0)
    started = world.run([task("INLINE", "it", inputParameters=inputs)])

    status, output, why = _shown(world, started)
    assert (TERMINAL, why) == (status, output["error"])
    assert reason in why
    assert 1 == len(world.tasks(started))
    assert "FAILED" == world.status(started)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(javascript, "TIME_LIMIT", 0.05)
    monkeypatch.setattr(jq, "_processes", JqProcesses(0, jq.MEMORY_LIMIT))


@pytest.mark.usefixtures("impatient")
def test_3_3_inline_without_an_end_is_stopped_and_may_be_retried(world):
    world.register_task("it", retryCount=1, retryDelaySeconds=0)
    started = world.run([_inline("while (true) {}")])

    assert [("it", "FAILED"), ("it", "FAILED")] == world.tasks(started)
    _, output, why = _shown(world, started)
    assert "interrupted" in why
    assert {"error": why} == output


def test_3_3_optional_inline_that_fails_is_passed(world):
    started = world.run([{**_inline("no.such"), "optional": True}, simple("after")])

    assert [
        ("it", "COMPLETED_WITH_ERRORS"),
        ("after", "SCHEDULED"),
    ] == world.tasks(started)


def test_3_3_inline_takes_the_template_of_its_definition(world):
    world.register_task("it", inputTemplate={"y": 2})
    started = world.run([_inline("$.x + $.y", x=1)])

    assert {"result": 3} == world.task(started, "it")["outputData"]


# --- LAMBDA ------------------------------------------------------------------------


def _lambda(script, **inputs):
    return task("LAMBDA", "it", inputParameters={"scriptExpression": script, **inputs})


def test_3_3_lambda_returns(world):
    started = world.run([_lambda("if ($.x > 1) { return {a: 1} } return 0;", x=2)])

    assert ("COMPLETED", {"result": {"a": 1}}, None) == _shown(world, started)


@pytest.mark.parametrize("script", ["return no.such;", "", None])
def test_3_3_lambda_that_fails_may_be_retried(world, script):
    world.register_task("it", retryCount=1, retryDelaySeconds=0)
    started = world.run([_lambda(script)])

    assert [("it", "FAILED"), ("it", "FAILED")] == world.tasks(started)


def test_3_3_lambda_shows_its_error(world):
    started = world.run([_lambda("throw 'mine';")])

    assert "mine" in world.task(started, "it")["outputData"]["error"]


# --- JSON_JQ_TRANSFORM -------------------------------------------------------------


def _jq(query, **inputs):
    inputs = {"queryExpression": query, **inputs}
    return task("JSON_JQ_TRANSFORM", "it", inputParameters=inputs)


@pytest.mark.parametrize(
    ("query", "result", "results"),
    [
        (".x | map(. + 1)", [2, 3], [[2, 3]]),
        (".x[]", 1, [1, 2]),
        (".x[] | select(. > 9)", None, []),
        ("null", None, [None]),
        ("{a: .y.b}", {"a": "c"}, [{"a": "c"}]),
    ],
)
def test_3_3_jq_answers_with_its_first_result_and_all(world, query, result, results):
    started = world.run([_jq(query, x=[1, 2], y={"b": "c"})])

    expected = {"result": result, "resultList": results}
    assert ("COMPLETED", expected, None) == _shown(world, started)


@pytest.mark.parametrize(
    "query", [".x | ltrimstr", "{", ".x.y"], ids=["unknown", "syntax", "type"]
)
def test_3_3_jq_that_fails_shows_its_error(world, query):
    started = world.run([_jq("${workflow.input.q}", x=[1])], {"q": query})

    status, output, why = _shown(world, started)
    assert ("FAILED", {"error": why}) == (status, output)
    assert why


@pytest.mark.usefixtures("impatient")
def test_3_3_jq_without_an_end_is_stopped_and_others_go_on(world):
    started = world.run([_jq("def f: f; f")])

    status, output, why = _shown(world, started)
    assert ("FAILED", {"error": why}) == (status, output)
    assert "interrupted" in why
    assert "COMPLETED" == world.status(world.run([_jq(".x", x=1)]))


def test_3_3_jq_without_query_fails(world):
    started = world.run([_jq("${workflow.input.q}")])

    assert "FAILED" == world.task(started, "it")["status"]
    reason = world.task(started, "it")["reasonForIncompletion"]
    assert "Missing 'queryExpression' in input parameters" == reason


# --- SET_VARIABLE ------------------------------------------------------------------


def _set(ref="set", **inputs):
    return task("SET_VARIABLE", ref, inputParameters=inputs)


def _variables(world, workflow):
    return world.workflow(workflow)["variables"]


def test_3_3_set_variable_lays_its_keys_over_the_variables(world):
    first = _set("first", a={"x": 1}, b="${workflow.input.b}")
    started = world.run(
        [first, _set("second", a={"y": 2}), simple("after")],
        {"b": 2},
        variables={"b": 1, "c": 3},
    )

    assert {"a": {"y": 2}, "b": 2, "c": 3} == _variables(world, started)
    assert {} == world.task(started, "second")["outputData"]


def test_3_3_variables_can_be_referenced(world):
    after = simple("after", inputParameters={"x": "${workflow.variables.a.x}"})
    started = world.run([_set(a={"x": 1}), after])

    assert {"x": 1} == world.task(started, "after")["inputData"]


def test_3_3_variables_may_be_null(world):
    started = world.run([_set(a=None), simple("after")], variables={"a": 1})

    assert {"a": None} == _variables(world, started)


@pytest.mark.parametrize(
    ("size", "fits"), [(255 * 1024, True), (257 * 1024, False)], ids=["fits", "not"]
)
def test_3_3_variables_have_a_limit(world, size, fits):
    world.register_task("set", retryCount=3, retryDelaySeconds=0)
    set_ = _set(a="${workflow.input.a}", b=2)
    started = world.run([set_, simple("after")], {"a": "x" * size}, variables={"b": 1})

    shown = world.task(started, "set")
    assert ("COMPLETED" if fits else TERMINAL) == shown["status"]
    assert {"b": 2 if fits else 1} == {"b": _variables(world, started)["b"]}
    if not fits:
        assert "is greater than the permissible limit" in shown["reasonForIncompletion"]
        assert "FAILED" == world.status(started)


def test_3_3_the_limit_is_on_all_variables_together(world):
    half = "x" * 150 * 1024
    started = world.run([_set("one", a=half), _set("two", b=half)])

    assert [("one", "COMPLETED"), ("two", TERMINAL)] == world.tasks(started)
    assert {"a"} == set(_variables(world, started))
