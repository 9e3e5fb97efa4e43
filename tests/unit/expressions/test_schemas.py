"""Values held against JSON Schemas."""

import pytest

from podium.expressions.schemas import (
    LONGEST,
    MOST,
    explain,
    is_enforced,
    misfits,
    what_is_wrong_with,
)
from podium.model.schema import SchemaDef


def schema(data, **fields):
    return SchemaDef.from_json({"name": "s", "type": "JSON", "data": data, **fields})


def told(data, value):
    return [(one.path, one.message) for one in misfits(schema(data), value)]


@pytest.mark.parametrize(
    ("data", "value", "path"),
    [
        ({"type": "object"}, [], ""),
        ({"properties": {"a": {"type": "string"}}}, {"a": 1}, "a"),
        (
            {"properties": {"a": {"properties": {"b": {"minimum": 1}}}}},
            {"a": {"b": 0}},
            "a.b",
        ),
        ({"items": {"type": "string"}}, ["x", 1], "[1]"),
        ({"properties": {"a": {"items": {"type": "null"}}}}, {"a": [1]}, "a[0]"),
        ({"additionalProperties": {"type": "null"}}, {"a b": 1}, "['a b']"),
    ],
)
def test_a_misfit_is_told_with_its_path(data, value, path):
    assert [path] == [at for at, _ in told(data, value)]


def test_what_is_told_does_not_show_the_value():
    data = {"properties": {"password": {"type": "string", "maxLength": 3}}}

    ((path, message),) = told(data, {"password": "secret"})
    assert "password" == path
    assert "secret" not in message


@pytest.mark.parametrize("value", [{}, {"a": 1}])
def test_what_fits_is_not_told(value):
    assert [] == told({"type": "object"}, value)


def test_a_schema_says_which_draft_it_is_of():
    exclusive = {"minimum": 1, "exclusiveMinimum": True}
    draft = "http://json-schema.org/draft-04/schema#"

    assert 1 == len(told({"$schema": draft, **exclusive}, 1))


def test_definitions_within_a_schema_are_found():
    data = {"$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}}

    assert 1 == len(told(data, "x"))
    assert [] == told(data, 1)


@pytest.mark.parametrize(
    "data",
    [
        {"type": "objekt"},
        {"$ref": "https://example.com/schema.json"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "#/nowhere"},
        {"pattern": "("},
        {"$schema": "urn:nobody-knows"},
    ],
)
def test_a_schema_that_cannot_be_used_fits_nothing(data):
    assert what_is_wrong_with(schema(data))
    assert 1 == len(told(data, {}))


def test_a_pattern_does_not_backtrack_without_end():
    data = {"pattern": r"^(?=a)(a+)+\1$"}

    assert 1 == len(told(data, "a" * 50_000 + "!"))


def test_a_value_that_is_nested_too_deeply_fits_nothing():
    deep = []
    for _ in range(2_000):
        deep = [deep]

    ((_, message),) = told({"additionalProperties": {"enum": [1]}}, {"a": deep})
    assert message.startswith("it cannot be checked: ")


@pytest.mark.parametrize(
    "found",
    [
        None,
        schema(None),
        schema({"type": "objekt"}, type="AVRO"),
        schema({"type": "objekt"}, type="PROTOBUF"),
        schema(None, externalRef="https://example.com/schema.json"),
        SchemaDef.from_json({"name": "s", "data": {"type": "objekt"}}),
    ],
)
def test_what_is_not_enforced_finds_nothing(found):
    assert not is_enforced(found)
    assert [] == list(misfits(found, 1))


def test_many_misfits_are_some_misfits():
    found = misfits(schema({"items": {"type": "string"}}), list(range(1_000)))

    assert MOST == len(found)
    assert LONGEST == len(explain("output", found))


def test_misfits_are_one_sentence():
    found = misfits(schema({"items": {"type": "string"}}), [1, "x", 2])

    assert (
        'output[0]: it is not of type "string"; output[2]: it is not of type "string"'
        == explain("output", found)
    )
