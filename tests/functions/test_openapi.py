"""The OpenAPI document: every endpoint is in it, and it is one of version 3.1."""

import json
import re
from collections import Counter

import pytest

from podium_functions.openapi import describe
from podium_functions.routes import ENDPOINTS

TYPES = {"string", "integer", "number", "boolean", "object", "array", "null"}


@pytest.fixture(scope="module")
def document():
    return json.loads(json.dumps(describe(ENDPOINTS)))


@pytest.fixture(scope="module")
def operations(document):
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def walk(node, at=""):
    """Yield every object of the document with where it is."""
    if isinstance(node, dict):
        yield at, node
        for key, value in node.items():
            yield from walk(value, f"{at}/{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from walk(value, f"{at}/{number}")


def schemas(document):
    """Yield every schema of an operation, and every schema that has a name."""
    for at, node in walk(document["paths"], "paths"):
        if "schema" in node:
            yield f"{at}/schema", node["schema"]
    yield from document["components"]["schemas"].items()


def test_every_endpoint_is_described(document):
    described = {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path))
        for path, methods in document["paths"].items()
        for method in methods
    }
    expected = {
        (one.method, re.sub(r"<\w+>", "{}", one.path))
        for one in ENDPOINTS
        if not one.path.startswith("/swagger-ui")
    }
    assert described == expected


def test_the_document_has_what_3_1_requires(document):
    assert document["openapi"].startswith("3.1.")
    assert document["info"].keys() >= {"title", "version"}
    assert all(path.startswith("/") for path in document["paths"])


def test_operations_have_a_summary_answers_and_an_id_of_their_own(operations):
    ids = Counter(operation["operationId"] for _, _, operation in operations)
    assert [one for one, count in ids.items() if count > 1] == []
    for path, method, operation in operations:
        assert method in {"get", "put", "post", "delete"}
        assert operation["summary"].endswith("."), (method, path)
        assert len(operation["tags"]) == 1
        assert operation["responses"].keys() > {"default"}
        for status, answer in operation["responses"].items():
            assert re.fullmatch(r"default|[2-5]\d\d", status)
            assert answer["description"]


def test_parameters_are_those_of_the_path_and_of_the_query(operations):
    for path, method, operation in operations:
        of_path = {
            one["name"] for one in operation["parameters"] if one["in"] == "path"
        }
        assert of_path == set(re.findall(r"\{(\w+)\}", path)), (method, path)
        names = [(one["in"], one["name"]) for one in operation["parameters"]]
        assert len(names) == len(set(names))
        for one in operation["parameters"]:
            assert one["in"] in {"path", "query"}
            assert one["required"] is True or one["in"] == "query"
            assert one["schema"]


def test_references_lead_to_schemas_that_are_there(document):
    for at, node in walk(document):
        if isinstance(node.get("$ref"), str):
            found = document
            for key in node["$ref"].removeprefix("#/").split("/"):
                assert key in found, (at, node["$ref"])
                found = found[key]


def test_schemas_are_schemas(document):
    for at, schema in schemas(document):
        kind = schema.get("type")
        assert kind is None or kind in TYPES, at
        if kind == "array":
            assert "items" in schema, at
        assert isinstance(schema.get("properties", {}), dict), at
        required = schema.get("required", [])
        assert set(required) <= schema.get("properties", {}).keys(), at


def test_bodies_and_answers_are_text_or_json(operations):
    for path, method, operation in operations:
        contents = [
            answer.get("content", {}) for answer in operation["responses"].values()
        ]
        if "requestBody" in operation:
            contents.append(operation["requestBody"]["content"])
        for content in contents:
            assert content.keys() <= {"text/plain", "application/json"}, (method, path)


def test_models_are_named_as_conductor_names_them(document):
    named = document["components"]["schemas"]
    assert named.keys() >= {"WorkflowDef", "TaskDef", "TaskResult", "ErrorResponse"}
    assert "taskReferenceName" in named["WorkflowTask"]["properties"]
