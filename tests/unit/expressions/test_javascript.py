"""The cage: what a script sees, what stops it, and what its value becomes."""

import threading

import pytest

from podium.errors import ExpressionFailed, ExpressionTimeout
from podium.expressions import javascript
from podium.expressions.javascript import (
    evaluate,
    evaluate_function_body,
    is_syntax_valid,
    is_truthy,
)


@pytest.fixture
def _impatient(monkeypatch):
    """Endless is over after a tenth of a second."""
    monkeypatch.setattr(javascript, "TIME_LIMIT", 0.1)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("$.a + 1", 2),
        ("2 ** 53", 2**53),
        ("2 ** 70", 2.0**70),
        ("2 ** 63", 2.0**63),
        ("1e20", 1e20),
        ("0.5", 0.5),
        ("2.0", 2),
        ("NaN", None),
        ("10n", 10),
        ("undefined", None),
        ("null", None),
        ("'a\\u0000b'", "a\0b"),
        ("'\\ud800'", "\ufffd"),
        ("'ü€😀'", "ü€😀"),
        ("({a: undefined, b: [undefined]})", {"a": None, "b": [None]}),
        ("({f() {}, s: Symbol('x')})", {"f": {}, "s": {}}),
        ("(() => 1)", {}),
        ("new Map([['k', {v: undefined}]])", {"k": {"v": None}}),
        ("new Set([1, 2])", [1, 2]),
        ("new Uint8Array(2)", [0, 0]),
        ("new Date(0)", "1970-01-01T00:00:00.000Z"),
        ("Object.keys($)", ["a"]),
        ("var x = 1", None),
    ],
)
def test_a_value_becomes_json(script, expected):
    found = evaluate(script, {"a": 1})

    assert (expected, type(expected)) == (found, type(found))


def test_a_script_changes_a_copy_of_its_input():
    inputs = {"list": [1]}

    assert [1, 2] == evaluate("$.list.push(2); $.list", inputs)
    assert {"list": [1]} == inputs


def test_nothing_is_left_of_a_script():
    evaluate("var left = 1; Array.prototype.left = 2; $.left = 3", {})

    assert ["undefined", "undefined", "undefined"] == evaluate(
        "[typeof left, typeof [].left, typeof $.left]", {}
    )


@pytest.mark.parametrize("name", ["console", "print", "load", "require", "std", "os"])
def test_a_script_has_no_host(name):
    with pytest.raises(ExpressionFailed, match=f"{name} is not defined"):
        evaluate(f"{name}.x", {})


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("$.a.b.c", "`TypeError: cannot read property 'c' of undefined` at line 1"),
        ("1;\n\nfoo", "`ReferenceError: foo is not defined` at line 3"),
        ("throw new Error('bad')", "`Error: bad` at line 1"),
        ("throw 5", "`5`"),
        ("let o = {}; o.o = o; o", "`TypeError: circular reference`"),
        ("foo(", "`SyntaxError: unexpected token in expression: ''` at line 1"),
    ],
)
def test_a_script_that_throws_fails_with_the_engines_message(script, message):
    with pytest.raises(ExpressionFailed) as failure:
        evaluate(script, {"a": {}})

    assert f"Error evaluating the script {message}" == failure.value.message


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize(
    "script",
    [
        "while (true) {}",
        "try { while (true) {} } finally { while (true) {} }",
        "/(a+)+$/.test('a'.repeat(40) + 'b')",
        "Array(4294967295).indexOf(1)",
        "({toJSON() { while (true) {} }})",
    ],
)
def test_an_endless_script_is_stopped_and_the_next_one_runs(script):
    with pytest.raises(ExpressionTimeout, match="not evaluated within"):
        evaluate(script, {})

    assert 2 == evaluate("1 + 1", {})


@pytest.mark.parametrize(
    "script",
    [
        "let a = []; while (true) a.push('x'.repeat(1000) + a.length)",
        "'x'.repeat(2 ** 28)",
        "new Array(1e8).fill(0)",
    ],
)
def test_a_greedy_script_is_stopped_and_the_next_one_runs(script):
    with pytest.raises(ExpressionTimeout, match="more than 64 MB of memory"):
        evaluate(script, {})

    assert 2 == evaluate("1 + 1", {})


@pytest.mark.parametrize(
    "script",
    [
        "Array(4294967295).join()",
        "[].concat(Array(4294967295))",
        "Array.prototype.reverse.call({length: 2 ** 53 - 1})",
        "let a = []; a.length = 4294967295; a.sort()",
    ],
)
def test_a_length_out_of_thin_air_is_refused(script):
    with pytest.raises(ExpressionFailed, match="invalid array length"):
        evaluate(script, {})


def test_the_guard_of_long_arrays_leaves_short_ones_alone():
    script = "Array.from([3, 1, 2]).sort().concat([4], 5).slice(1).join('-')"

    assert "2-3-4-5" == evaluate(script, {})


@pytest.mark.parametrize(
    "script",
    [
        "function f() { f() } f()",
        "JSON.parse('['.repeat(100000))",
        "let a = []; for (let i = 0; i < 100000; i++) a = [a]; a",
        "let a = []; for (let i = 0; i < 4000; i++) a = [a]; a",
    ],
)
def test_depth_without_end_is_a_failure_and_no_crash(script):
    with pytest.raises(ExpressionFailed):
        evaluate(script, {})


def test_an_input_that_is_no_json_is_a_failure_and_no_crash():
    deep = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(ExpressionFailed, match="cannot be JSON"):
        evaluate("1", deep)


def test_scripts_run_on_any_number_of_threads():
    found = []

    def run(number):
        found.extend(evaluate("$.n * 2", {"n": number}) for _ in range(20))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(2 * number for number in range(8) for _ in range(20)) == sorted(found)


def test_a_script_is_charged_its_own_time_only(monkeypatch):
    """The engine counts the time of all threads; each of these has enough alone."""
    monkeypatch.setattr(javascript, "TIME_LIMIT", 1)
    script = "let s = 0; for (let i = 0; i < 6e6; i++) s += i; s"
    found = []

    def run():
        found.append(evaluate(script, {}))

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [17_999_997_000_000] * 6 == found


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return $.a", 1),
        ("if ($.a == 1) { return {t: true} } else { return {t: false} }", {"t": True}),
        ("return 1 // and a comment", 1),
        ("1", None),
    ],
)
def test_a_functions_body_returns_its_value(body, expected):
    assert expected == evaluate_function_body(body, {"a": 1})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (False, False),
        (1, True),
        (0.5, True),
        (0, False),
        (-1, False),
        ("true", False),
        (None, False),
        ([1], False),
        ({"a": 1}, False),
    ],
)
def test_a_condition_holds_for_true_and_numbers_above_zero(value, expected):
    assert expected is is_truthy(value)


@pytest.mark.parametrize(
    "script",
    [
        "$.x > 1",
        "",
        "// nothing",
        "function f() { return 1 } f()",
        "x.y.z",
        "throw new SyntaxError('thrown')",
        "let a = 1; while (true) {}",
    ],
)
def test_syntax_is_judged_without_running_the_script(script):
    assert None is is_syntax_valid(script)


@pytest.mark.parametrize(
    "script", ["return 1", "foo(", "if (x) {", "'", "let a; let a", "a = ${b.c}"]
)
def test_what_is_wrong_with_a_scripts_syntax_is_said(script):
    said = is_syntax_valid(script)

    assert said is not None
    assert said.startswith("`SyntaxError: ")
    assert said.endswith(" at line 1")


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("$.list.get(1)", "two"),
        ("$.list.get(5)", None),
        ("$.list.size() + $.map.size()", 3),
        ("$.list.isEmpty() || $.map.isEmpty()", False),
        ("$.list.contains('two')", True),
        ("$.map.get('a')", 1),
        ("$.map.get('b')", None),
        ("$.map.getOrDefault('b', 2)", 2),
        ("$.map.containsKey('toString')", False),
        ("[...$.map.keySet()]", ["a"]),
        ("$.map.values()", [1]),
        ("$.maps.map(one => one.get('x'))", [1, None]),
    ],
)
def test_maps_and_lists_of_the_input_have_javas_reading_methods(script, expected):
    """To Conductor's engine they are Java's, and real definitions count on it."""
    inputs = {"list": ["one", "two"], "map": {"a": 1}, "maps": [{"x": 1}, {}]}

    assert expected == evaluate(script, inputs)


def test_javas_methods_hide_nothing_of_the_input():
    inputs = {"get": 1, "size": 2}

    assert [1, 2] == evaluate("$.x?.get('a'); [$.get, $.size]", inputs)
    assert inputs == evaluate("$.x?.get('a'); $", inputs)
    assert ["get", "size"] == evaluate("$.x?.get('a'); Object.keys($)", inputs)
    assert {"a": 1} == evaluate(
        "$.x?.get('a'); Object.defineProperty({}, 'a', {value: 1, enumerable: true})",
        inputs,
    )


def test_a_value_that_nobody_could_read_again_is_a_failure():
    script = "let x = 1; for (let i = 0; i < 801; i++) x = {x}; x"

    with pytest.raises(ExpressionFailed, match="nested too deeply"):
        evaluate(script, {})
    assert evaluate(script.replace("801", "800"), {})
