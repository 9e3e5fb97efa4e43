"""The OpenAPI document, made from the endpoints' signatures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from enum import Enum
from importlib.metadata import version
from types import UnionType
from typing import Any, get_args, get_origin

from pydantic.alias_generators import to_camel
from pydantic.json_schema import models_json_schema

from podium.model.conductor_json import ConductorModel
from podium_functions.endpoint import Endpoint, Parameter

_REF = "#/components/schemas/{model}"
_PATH_PARAMETER = re.compile(r"<(\w+)>")
_ERROR = {
    "type": "object",
    "properties": {
        "status": {"type": "integer"},
        "message": {"type": "string"},
        "instance": {"type": "string"},
        "retryable": {"type": "boolean"},
        "validationErrors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "path": {"type": "string"},
                    "message": {"type": "string"},
                    "invalidValue": {},
                },
            },
        },
    },
    "required": ["status", "message", "retryable"],
}


def describe(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """Return the document of the endpoints."""
    listed = [one for one in endpoints if not one.path.startswith("/swagger-ui")]
    models = sorted({m for one in listed for m in _models(one)}, key=_name)
    schemas = models_json_schema(
        [(model, "validation") for model in models], by_alias=True, ref_template=_REF
    )[1].get("$defs", {})
    paths: dict[str, dict[str, Any]] = {}
    uses: Counter[str] = Counter()
    for one in listed:
        path = _PATH_PARAMETER.sub(lambda found: f"{{{to_camel(found[1])}}}", one.path)
        operation = _operation(one)
        uses[operation["operationId"]] += 1
        if uses[operation["operationId"]] > 1:  # a function with two paths
            operation["operationId"] += f"_{uses[operation['operationId']]}"
        paths.setdefault(path, {})[one.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Podium",
            "description": "Conductor's API without the server.",
            "version": version("podium"),
        },
        "tags": [{"name": tag} for tag in _in_order({one.tag for one in listed})],
        "paths": paths,
        "components": {"schemas": {**schemas, "ErrorResponse": _ERROR}},
    }


_FIRST_TAGS = ("Workflow", "Task", "Metadata", "Event", "Access")
_LAST_TAG = "Not built yet"


def _in_order(tags: Iterable[str]) -> list[str]:
    """Return the tags as the page is to show them: what people come for first."""
    return sorted(tags, key=lambda tag: (tag == _LAST_TAG, tag not in _FIRST_TAGS, tag))


def _name(model: type) -> str:
    return model.__name__


def _models(endpoint: Endpoint) -> Iterable[type[ConductorModel]]:
    for annotation in (endpoint.body, endpoint.returns):
        for one in (annotation, *get_args(annotation)):
            if isinstance(one, type) and issubclass(one, ConductorModel):
                yield one


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    module = endpoint.function.__module__.rpartition(".")[2]
    described: dict[str, Any] = {
        "tags": [endpoint.tag],
        "summary": (endpoint.function.__doc__ or "").strip().split("\n")[0],
        "operationId": f"{module}_{endpoint.function.__name__}",
        "parameters": [_parameter(one) for one in _parameters(endpoint)],
        "responses": _responses(endpoint),
    }
    if endpoint.tag == _LAST_TAG:
        described["deprecated"] = True
        described["operationId"] = f"unbuilt_{endpoint.method}_{endpoint.path}"
    if endpoint.body is not None:
        kind = "text/plain" if endpoint.body is str else "application/json"
        described["requestBody"] = {
            "required": True,
            "content": {kind: {"schema": _schema(endpoint.body)}},
        }
    return described


def _parameters(endpoint: Endpoint) -> list[Parameter]:
    """Return the parameters, with those of the path that the function does not take."""
    taken = {one.name for one in endpoint.parameters if one.is_path}
    ignored = [
        Parameter(name, name, str, is_path=True, is_required=True)
        for name in _PATH_PARAMETER.findall(endpoint.path)
        if name not in taken
    ]
    return [*ignored, *endpoint.parameters]


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = _schema(parameter.type)
    if parameter.default is not None:
        default = parameter.default
        schema["default"] = default.value if isinstance(default, Enum) else default
    return {
        "name": to_camel(parameter.name) if parameter.is_path else parameter.name,
        "in": "path" if parameter.is_path else "query",
        "required": parameter.is_required,
        "schema": schema,
    }


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if endpoint.returns is str:
        content = {"text/plain": {"schema": {"type": "string"}}}
    elif endpoint.returns is not type(None):
        content = {"application/json": {"schema": _schema(endpoint.returns)}}
    answers: dict[str, Any] = {
        str(int(endpoint.status)): {
            "description": "As asked",
            **({"content": content} if content else {}),
        },
        "default": {
            "description": "What went wrong",
            "content": {
                "application/json": {
                    "schema": {"$ref": _REF.format(model="ErrorResponse")}
                }
            },
        },
    }
    if endpoint.status_when_none != endpoint.status:
        none = str(int(endpoint.status_when_none))
        answers[none] = {"description": "There is nothing"}
    return answers


def _schema(annotation: Any) -> dict[str, Any]:
    if get_origin(annotation) is UnionType:  # a body that need not be there
        return _schema(get_args(annotation)[0])
    if get_origin(annotation) in (list, tuple):
        return {"type": "array", "items": _schema(get_args(annotation)[0])}
    if isinstance(annotation, type):
        if issubclass(annotation, ConductorModel):
            return {"$ref": _REF.format(model=annotation.__name__)}
        if issubclass(annotation, Enum):
            return {"type": "string", "enum": [one.value for one in annotation]}
        if annotation in _SIMPLE:
            return {"type": _SIMPLE[annotation]}
    return {"type": "object", "additionalProperties": True}


_SIMPLE = {str: "string", int: "integer", bool: "boolean", float: "number"}
