"""Scripts as definitions have them: reference 3.3, 3.4 and 3.6."""

import pytest

from podium.errors import ExpressionFailed
from podium.expressions.evaluators import evaluate_with
from podium.expressions.javascript import evaluate, evaluate_function_body, is_truthy
from podium.expressions.jq import transform

INLINE = {
    "value-of-the-script": ("$.a + $.b", {"a": 1, "b": 2}, 3),
    "iife": ("(function () {\n  return $.a;\n})();", {"a": "x"}, "x"),
    "named-function": ("function e() { return $.a; } e();", {"a": [1]}, [1]),
    "es6": ("const {a = 5} = $; [...'ab'].map(c => `${c}${a}`)", {}, ["a5", "b5"]),
    "if-else": ("if ($.a > 0) { 'yes' } else { 'no' }", {"a": 1}, "yes"),
    "object": (
        "({ status: 'ok', when: $.when })",
        {"when": 1},
        {"status": "ok", "when": 1},
    ),
    "undefined": ("$.missing", {}, None),
    "missing-is-undefined": ("$.missing === undefined", {}, True),
    "int": ("4 / 2", {}, 2),
    "long": ("2 ** 40", {}, 2**40),
    "double": ("1 / 2", {}, 0.5),
    "maps-behave-like-objects": (
        "Object.entries($.m).map(([k, v]) => k + v).join() + ('a' in $.m) + $.m['a']",
        {"m": {"a": 1, "b": 2}},
        "a1,b2true1",
    ),
    "lists-behave-like-arrays": (
        "$.l.filter(x => x.ok).length + ($.l instanceof Array ? 10 : 0)",
        {"l": [{"ok": True}, {"ok": False}]},
        11,
    ),
}


@pytest.mark.parametrize(
    ("script", "inputs", "expected"),
    INLINE.values(),
    ids=[f"3.3-inline-{name}" for name in INLINE],
)
def test_3_3_inline(script, inputs, expected):
    found = evaluate_with("javascript", script, inputs)

    assert (expected, type(expected)) == (found, type(found))


def test_3_3_inline_has_no_implicit_function():
    with pytest.raises(ExpressionFailed, match="return not in a function"):
        evaluate("return 1", {})


def test_3_3_lambda_has_one():
    assert 1 == evaluate_function_body("return $.number - 1;", {"number": 2})


@pytest.mark.parametrize(
    ("program", "results"),
    [
        (".in | map(.k)", [["a", "b"]]),
        (".in[].k", ["a", "b"]),
        (".in[] | select(.v > 5)", []),
    ],
    ids=["3.3-jq-one", "3.3-jq-many", "3.3-jq-none"],
)
def test_3_3_jq(program, results):
    document = {"in": [{"k": "a", "v": 1}, {"k": "b", "v": 2}]}

    assert results == transform(program, document)


CONDITIONS = {
    "if-else": (
        "if ($.loop['iteration'] < $.value) { true; } else { false; }",
        {"loop": {"iteration": 1}, "value": 2},
        True,
    ),
    "iife": (
        "(function () { return $.loop['iteration'] < 4; })();",
        {"loop": {"iteration": 4}},
        False,
    ),
    "number": ("$.left", {"left": 2}, True),
    "zero": ("$.left", {"left": 0}, False),
    "string": ("'true'", {}, False),
    "null": ("null", {}, False),
    "body": ("$.body.more", {"body": {"more": True}}, True),
}


@pytest.mark.parametrize(
    ("script", "bindings", "expected"),
    CONDITIONS.values(),
    ids=[f"3.6-{name}" for name in CONDITIONS],
)
def test_3_6_truthiness(script, bindings, expected):
    assert expected is is_truthy(evaluate(script, bindings))
