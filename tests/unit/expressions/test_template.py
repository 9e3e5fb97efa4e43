"""Templates: what is compiled, what is shared, what is asked of the source."""

import pytest

from documents import Document
from podium.expressions.template import compile_template, java_string

DOCUMENT = {
    "workflow": {"input": {"a": 1, "list": [{"n": 1}, {"n": 2}]}},
    "task": {"output": {"x": "y"}, "status": "COMPLETED"},
}


def _resolve(value, document=DOCUMENT):
    return compile_template(value).resolve(Document(document))


@pytest.mark.parametrize(
    "value", [None, True, 1, 1.5, "text", "$a {b} $", [], {"a": [{"b": "c"}]}]
)
def test_a_value_without_expressions_is_returned_as_it_is(value):
    assert value is _resolve(value)


def test_only_what_holds_an_expression_is_made_anew():
    untouched = {"deep": [1, 2]}
    value = {"a": "${workflow.input.a}", "b": untouched}

    resolved = _resolve(value)

    assert {"a": 1, "b": {"deep": [1, 2]}} == resolved
    assert untouched is resolved["b"]
    assert {"a": "${workflow.input.a}", "b": untouched} == value


def test_the_order_of_keys_is_kept():
    value = {"z": "${workflow.input.a}", "a": 0, "m": "${task.status}"}

    assert ["z", "a", "m"] == list(_resolve(value))


def test_the_source_is_asked_once_and_told_the_key_that_is_read():
    source = Document(DOCUMENT)

    compile_template("${task.output.x}").resolve(source)

    assert [("task", "output", "x")] == source.asked


@pytest.mark.parametrize("path", ["task.output", "task.output[0]", "task.output[*]"])
def test_the_source_is_told_no_key_where_none_is_known(path):
    source = Document(DOCUMENT)

    compile_template(f"${{{path}}}").resolve(source)

    assert [("task", "output", None)] == source.asked


def test_a_template_may_be_resolved_over_different_sources():
    template = compile_template("${workflow.input.a}")

    assert [1, 2] == [
        template.resolve(Document({"workflow": {"input": {"a": number}}}))
        for number in (1, 2)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${workflow.input.a", "${workflow.input.a"),
        ("${a ${workflow.input.a}", "${a 1"),
        ("{${workflow.input.a}}", "{1}"),
        ("}${workflow.input.a}{", "}1{"),
        ("$${workflow.input.a}", "${workflow.input.a}"),
        ("$$${workflow.input.a}", "$${workflow.input.a}"),
        ("$${a ${workflow.input.a}}", "${a 1}"),
        ("line\n${workflow.input.a}\r\n", "line\n1\r\n"),
    ],
)
def test_braces_that_do_not_pair_and_escapes_are_text(text, expected):
    assert expected == _resolve(text)


def test_a_nested_expression_may_stand_anywhere_in_a_path():
    document = {
        "index": 1,
        "key": "b",
        "map": {"a": [1, 2, 3], "b": [2, 0, 5]},
    }
    resolved = _resolve(
        ["${map.${key}[${index}]}", "${map.a[${map.${key}[${index}]}]}"], document
    )

    assert [0, 1] == resolved


def test_nesting_without_end_is_text_and_no_crash():
    deep = "${" * 5_000 + "a" + "}" * 5_000

    assert isinstance(_resolve(deep), str | None)


def test_a_nested_path_of_the_size_of_a_document_is_null():
    assert None is _resolve("${map.${key}}", {"key": "x" * 5_000, "map": {}})


def test_a_name_may_contain_dots_where_no_shorter_name_exists():
    document = {"a.b": {"output": {"x": 1}}, "a.b.c": {"output": {"x": 2}}}

    assert [1, 2] == _resolve(["${a.b.output.x}", "${a.b.c.output.x}"], document)


def test_a_shorter_name_wins_over_one_with_dots():
    document = {"a": {"b": {"x": 1}}, "a.b": {"x": {"y": 2}}}

    assert [1, None] == _resolve(["${a.b.x}", "${a.b.x.y}"], document)


@pytest.mark.parametrize("name", ["my-task", "my_task:1", "Ünïcode", "1"])
def test_a_name_may_hold_odd_characters(name):
    document = {name: {"output": {"a-b": 1}}}

    assert 1 == _resolve(f"${{{name}.output.a-b}}", document)


def test_a_name_with_a_blank_stands_in_brackets():
    document = {"my task": {"output": {"my key": 1}}}

    assert 1 == _resolve("${['my task'].output['my key']}", document)


def test_a_bare_name_of_a_task_is_all_of_it():
    assert "COMPLETED" == _resolve("${task}")["status"]


def test_the_whole_document_can_be_searched():
    assert [1, 2] == _resolve("${$..n}")


def test_a_null_is_not_mistaken_for_a_task():
    assert None is _resolve("${name}", {"name": None})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        (True, "true"),
        (1, "1"),
        ("a", "a"),
        ({"a": 1, "b": "x"}, "{a=1, b=x}"),
        ([1, None, [False]], "[1, null, [false]]"),
        ({}, "{}"),
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (0.001, "0.001"),
        (0.000999, "9.99E-4"),
        (9_999_999.0, "9999999.0"),
        (10_000_000.0, "1.0E7"),
        (-123_456_789.125, "-1.23456789125E8"),
        (1e300, "1.0E300"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_a_value_in_a_text_is_written_as_java_writes_it(value, expected):
    assert expected == java_string(value)


def test_a_text_is_made_of_what_is_nested_too_deeply_for_calls():
    value = 1
    for _ in range(5_000):
        value = {"a": [value, None], "b": {}, "c": ()}

    text = java_string(value)

    assert text.startswith("{a=[{a=[")
    assert text.endswith(", null], b={}, c=[]}, null], b={}, c=[]}")
    assert 5_000 == text.count("a=[")
