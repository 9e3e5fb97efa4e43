"""A function's signature says what a request must carry, and what it answers."""

import json
from enum import StrEnum

import pytest

from podium.errors import InvalidInput
from podium.model.conductor_json import JsonMap
from podium.model.task_definition import TaskDef
from podium_functions.endpoint import (
    JSON,
    TEXT,
    Answer,
    Request,
    Routes,
    read_query,
)


class Colour(StrEnum):
    RED = "RED"
    BLUE = "BLUE"


def bind(function, path="/it", **options):
    """Return the endpoint that a function becomes."""
    routes = Routes("Tested", "/api")
    routes.post(path, **options)(function)
    return routes.endpoints[0]


def call(endpoint, query="", body=None, **path):
    """Call it without a service behind it; the functions here need none."""
    return endpoint.call(None, path, Request(read_query(query), body))


# --- parameters ----------------------------------------------------------------------


def of_query(
    _podium,
    *,
    count: int = 1,
    is_open: bool | None = None,
    colour: Colour = Colour.RED,
    task_type: list[str] | None = None,
    free_text: str | None = None,
) -> dict[str, object]:
    return {
        "count": count,
        "isOpen": is_open,
        "colour": colour,
        "taskType": task_type,
        "freeText": free_text,
    }


ABSENT = {
    "count": 1,
    "isOpen": None,
    "colour": Colour.RED,
    "taskType": None,
    "freeText": None,
}


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ("", {}),
        ("count=&isOpen=&colour=&taskType=&freeText=", {}),
        ("unknown=1", {}),
        ("count=7", {"count": 7}),
        ("count=-7", {"count": -7}),
        ("count=7&count=8", {"count": 8}),
        ("COUNT=7", {"count": 7}),
        ("isOpen=true", {"isOpen": True}),
        ("isOpen=True", {"isOpen": True}),
        ("isopen=FALSE", {"isOpen": False}),
        ("isOpen=1", {"isOpen": True}),
        ("isOpen=no", {"isOpen": False}),
        ("colour=BLUE", {"colour": Colour.BLUE}),
        ("taskType=a", {"taskType": ["a"]}),
        ("taskType=a&taskType=b", {"taskType": ["a", "b"]}),
        ("taskType[]=a&taskType%5B%5D=b", {"taskType": ["a", "b"]}),
        ("taskType=a,b&taskType=c,", {"taskType": ["a", "b", "c"]}),
        ("freeText=a%20b+c%2Bd%C3%BC", {"freeText": "a b c+dü"}),
        ("freeText=None", {"freeText": "None"}),
        ("freeText=%ff", {"freeText": "\ufffd"}),
    ],
)
def test_a_query_is_read_by_the_types_of_the_parameters(query, read):
    answer = call(bind(of_query), query)
    assert json.loads(answer.body) == ABSENT | read


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("count=many", "count: expected an integer, got 'many'"),
        ("count=1.5", "count: expected an integer, got '1.5'"),
        ("isOpen=maybe", "isOpen: expected true or false, got 'maybe'"),
        ("colour=red", "colour: expected one of RED, BLUE, got 'red'"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(query, says):
    with pytest.raises(InvalidInput) as refused:
        call(bind(of_query), query)
    assert refused.value.message == says


def test_a_parameter_without_a_default_is_required():
    def needs(_podium, *, task_type: str) -> str:
        return task_type

    endpoint = bind(needs)
    assert call(endpoint, "taskType=a").body == "a"
    for query in ("", "taskType=", "task_type=a"):
        with pytest.raises(InvalidInput) as refused:
            call(endpoint, query)
        assert refused.value.message == "taskType: required, but absent"


def test_what_stands_before_the_star_is_of_the_path():
    def of_path(_podium, name: str, version: int, colour: Colour) -> list[object]:
        return [name, version, colour]

    endpoint = bind(of_path, "/<name>/<version>/<colour>")
    assert call(endpoint, name="a b", version="3", colour="RED").body == (
        '["a b",3,"RED"]'
    )
    with pytest.raises(InvalidInput) as refused:
        call(endpoint, name="a", version="latest", colour="RED")
    assert refused.value.message == "version: expected an integer, got 'latest'"


def test_a_path_must_have_what_the_function_takes_from_it():
    def of_path(_podium, name: str) -> str:
        return name

    with pytest.raises(TypeError, match="has no <name>"):
        bind(of_path, "/<other>")


# --- bodies --------------------------------------------------------------------------


def takes_map(_podium, body: JsonMap) -> JsonMap:
    return body


def takes_model(_podium, body: TaskDef) -> str:
    return body.name


def takes_models(_podium, body: list[TaskDef]) -> list[str]:
    return [one.name for one in body]


def takes_texts(_podium, body: list[str]) -> list[str]:
    return body


def takes_text(_podium, body: str) -> str:
    return body


@pytest.mark.parametrize(
    ("function", "body", "answer"),
    [
        (takes_map, '{"a": [1, null]}', '{"a":[1,null]}'),
        (takes_map, None, "{}"),
        (takes_map, "", "{}"),
        (takes_map, " \n", "{}"),
        (takes_map, "null", "{}"),
        (takes_model, '{"name": "a", "unknown": 1}', "a"),
        (takes_model, '[{"name": "a"}]', "a"),
        (takes_models, '[{"name": "a"}, {"name": "b"}]', '["a","b"]'),
        (takes_models, '{"name": "a"}', '["a"]'),
        (takes_models, "[]", "[]"),
        (takes_texts, '["a", "b"]', '["a","b"]'),
        (takes_texts, '"a"', '["a"]'),
        (takes_text, "it's raw", "it's raw"),
        (takes_text, '"it is \\"quoted\\""', 'it is "quoted"'),
        (takes_text, '"half', '"half'),
        (takes_text, '{"a": 1}', '{"a": 1}'),
        (takes_text, None, ""),
    ],
)
def test_a_body_is_taken_in_the_form_of_its_annotation(function, body, answer):
    assert call(bind(function), body=body).body == answer


@pytest.mark.parametrize(
    ("function", "body", "says"),
    [
        (takes_map, "[]", "body: expected a JSON object, got list"),
        (takes_map, "1", "body: expected a JSON object, got int"),
        (takes_map, "{", "body: expected JSON: Input data was truncated"),
        (takes_model, "[]", "body: expected a TaskDef as a JSON object, got list"),
        (takes_model, '"a"', "body: expected a TaskDef as a JSON object, got str"),
        (takes_models, None, "body: expected a JSON array, got nothing"),
        (
            *(takes_models, "[null]"),
            "body: expected a TaskDef as a JSON object, got null",
        ),
        (takes_texts, "[1]", "body: expected a list of texts, got int"),
    ],
)
def test_a_body_of_another_form_is_refused_with_what_was_expected(function, body, says):
    with pytest.raises(InvalidInput) as refused:
        call(bind(function), body=body)
    assert refused.value.message == says


# --- answers -------------------------------------------------------------------------


def returns_nothing(_podium) -> None:
    return None


def returns_no_text(_podium) -> str | None:
    return None


def returns_text(_podium) -> str:
    return '"as it is"'


def returns_number(_podium) -> int:
    return 0


def returns_models(_podium) -> dict[str, list[TaskDef]]:
    return {"found": []}


def returns_an_answer(_podium) -> Answer:
    return Answer(302, headers={"Location": "/"})


@pytest.mark.parametrize(
    ("function", "options", "answer"),
    [
        (returns_nothing, {}, Answer(200)),
        (returns_nothing, {"status": 204}, Answer(204)),
        (returns_no_text, {}, Answer(200)),
        (returns_no_text, {"when_none": 204}, Answer(204)),
        (returns_text, {"when_none": 204}, Answer(200, '"as it is"', TEXT)),
        (returns_text, {"status": 201}, Answer(201, '"as it is"', TEXT)),
        (returns_number, {}, Answer(200, "0", JSON)),
        (returns_models, {}, Answer(200, '{"found":[]}', JSON)),
        (returns_an_answer, {}, Answer(302, headers={"Location": "/"})),
    ],
)
def test_an_answer_has_the_form_of_what_is_returned(function, options, answer):
    assert call(bind(function, **options)) == answer


def test_models_in_an_answer_are_conductors_json():
    def find(_podium) -> list[TaskDef]:
        return [TaskDef(name="a", retry_count=2)]

    (shown,) = json.loads(call(bind(find)).body)
    assert (shown["name"], shown["retryCount"]) == ("a", 2)
