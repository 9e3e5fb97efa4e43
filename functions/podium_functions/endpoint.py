"""A route as a plain function: its signature says what a request must carry.

::

    @routes.get("/poll/batch/<tasktype>")
    def poll(podium: Podium, tasktype: str, *, count: int = 1) -> list[JsonObject]:

Parameters before the star are taken from the path, those after it from the query; one
named ``body`` is the request's body, in the form that its annotation says.  A function
that is annotated to return ``str`` answers plain text, ``None`` an empty body, anything
else JSON.  The same signatures make the OpenAPI document.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from types import NoneType, UnionType
from typing import (
    Any,
    TypedDict,
    TypeGuard,
    TypeVar,
    Union,
    Unpack,
    get_args,
    get_origin,
    get_type_hints,
)
from urllib.parse import parse_qs

import msgspec
from pydantic.alias_generators import to_camel

from podium.bootstrap import Podium
from podium.errors import InvalidInput
from podium.model.conductor_json import ConductorModel

TEXT = "text/plain;charset=utf-8"
JSON = "application/json"
_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})
_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Request:
    """What of an HTTP request the endpoints look at."""

    query: Mapping[str, Sequence[str]]
    body: str | None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response before it gets API Gateway's form; no body, no content type."""

    status: int
    body: str = ""
    content_type: str | None = None
    headers: Mapping[str, str] | None = None


def read_query(raw: str) -> dict[str, list[str]]:
    """Return the query's values by lower-case name; empty ones are absent (12, #12).

    ``taskType[]=x`` is ``taskType=x``, as some clients write it.
    """
    found: dict[str, list[str]] = {}
    if raw:
        for name, values in parse_qs(raw).items():
            found.setdefault(name.removesuffix("[]").lower(), []).extend(values)
    return found


# --- parameters --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value from the path or the query; ``type`` is its bare Python type."""

    argument: str
    name: str
    type: Any
    is_path: bool
    is_required: bool
    default: Any = None

    def read(self, values: Sequence[str] | None) -> Any:
        """Return the argument; InvalidInput names the parameter that does not fit."""
        if not values:
            if self.is_required:
                raise InvalidInput(f"{self.name}: required, but absent")
            return self.default
        if get_origin(self.type) is list:
            return [one for value in values for one in value.split(",") if one]
        return self._convert(values[-1])

    def _convert(self, value: str) -> Any:
        if self.type is int:
            try:
                return int(value)
            except ValueError:
                raise InvalidInput(
                    f"{self.name}: expected an integer, got {value!r}"
                ) from None
        if self.type is bool:
            if value.lower() not in _TRUE | _FALSE:
                raise InvalidInput(
                    f"{self.name}: expected true or false, got {value!r}"
                )
            return value.lower() in _TRUE
        if isinstance(self.type, type) and issubclass(self.type, Enum):
            try:
                return self.type(value)
            except ValueError:
                known = ", ".join(one.value for one in self.type)
                raise InvalidInput(
                    f"{self.name}: expected one of {known}, got {value!r}"
                ) from None
        return value


def _bare(annotation: Any) -> Any:
    """Return ``X`` of ``X | None``."""
    if get_origin(annotation) in (Union, UnionType):
        inner = [one for one in get_args(annotation) if one is not NoneType]
        return inner[0]
    return annotation


# --- bodies ------------------------------------------------------------------------


def read_body(text: str | None, wanted: Any) -> Any:
    """Return the body in the form of the annotation ``wanted``.

    A list of models is also taken from one object, and one model from a list of one:
    clients send either (reference 12, #18 and #20).  No body is None where the
    annotation allows for it.
    """
    if wanted is str:
        return _unquote(text or "")
    decoded = _decode(text)
    if get_origin(wanted) in (Union, UnionType):
        if decoded is None:
            return None
        wanted = _bare(wanted)
    if get_origin(wanted) is list:
        item = get_args(wanted)[0]
        listed = decoded if isinstance(decoded, list) else [decoded]
        if decoded is None:
            raise InvalidInput("body: expected a JSON array, got nothing")
        return [_model(one, item) for one in listed]
    if _is_model(wanted) and isinstance(decoded, list) and len(decoded) == 1:
        decoded = decoded[0]
    return _model({} if decoded is None else decoded, wanted)


def _is_model(wanted: Any) -> TypeGuard[type[ConductorModel]]:
    return isinstance(wanted, type) and issubclass(wanted, ConductorModel)


def _model(value: Any, wanted: Any) -> Any:
    if _is_model(wanted):
        if not isinstance(value, dict):
            raise InvalidInput(
                f"body: expected a {wanted.__name__} as a JSON object, "
                f"got {_kind(value)}"
            )
        return wanted.from_json(value)
    if wanted is str:
        if not isinstance(value, str):
            raise InvalidInput(f"body: expected a list of texts, got {_kind(value)}")
        return value
    if not isinstance(value, dict):
        raise InvalidInput(f"body: expected a JSON object, got {_kind(value)}")
    return value


def _kind(value: Any) -> str:
    return "null" if value is None else type(value).__name__


def _decode(text: str | None) -> Any:
    if not text or not text.strip():
        return None
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError) as broken:
        raise InvalidInput(f"body: expected JSON: {broken}") from broken


def _unquote(text: str) -> str:
    """Take raw text, which some clients send as a JSON string (reference 12, #10)."""
    if text.startswith('"'):
        try:
            return msgspec.json.decode(text, type=str)
        except msgspec.DecodeError:
            return text
    return text


# --- endpoints ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One route, ready to be called."""

    method: str
    path: str
    tag: str
    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    body: Any
    returns: Any
    status: int
    status_when_none: int
    headers: frozenset[str] = frozenset()

    def call(self, podium: Podium, path: Mapping[str, str], request: Request) -> Answer:
        """Call the function with what the request carries."""
        arguments: dict[str, Any] = {}
        for one in self.parameters:
            if one.is_path:
                values: Sequence[str] | None = (path[one.name],)
            else:
                values = self._values(one.name.lower(), request)
            arguments[one.argument] = one.read(values)
        if self.body is not None:
            arguments["body"] = read_body(request.body, self.body)
        return self._answer(self.function(podium, **arguments))

    def _values(self, name: str, request: Request) -> Sequence[str] | None:
        """Return a parameter's values, from the query or, where it may be, a header."""
        values = request.query.get(name)
        if not values and name in self.headers and (value := request.headers.get(name)):
            return [value]
        return values

    def _answer(self, result: Any) -> Answer:
        if isinstance(result, Answer):
            return result
        if result is None:
            return Answer(self.status_when_none)
        if self.returns is str:
            return Answer(self.status, result, TEXT)
        return answer_json(result, self.status)


def answer_json(value: Any, status: int = HTTPStatus.OK) -> Answer:
    """Return the answer whose body is the value as JSON."""
    text = msgspec.json.encode(value, enc_hook=_encode_model).decode()
    return Answer(status, text, JSON)


def _encode_model(value: Any) -> Any:
    if isinstance(value, ConductorModel):
        return value.to_json()
    raise TypeError(f"{type(value).__name__} is no JSON value")


class RouteOptions(TypedDict, total=False):
    """What may be said of a route besides its path: see :meth:`Routes.route`."""

    status: int
    when_none: int | None
    headers: Collection[str]


class Routes:
    """The endpoints of one resource, in the order in which paths are matched."""

    def __init__(self, tag: str, prefix: str) -> None:
        self.endpoints: list[Endpoint] = []
        self._tag = tag
        self._prefix = prefix

    def route(
        self,
        method: str,
        path: str,
        *,
        status: int = HTTPStatus.OK,
        when_none: int | None = None,
        headers: Collection[str] = (),
    ) -> Callable[[_Function], _Function]:
        """Make the decorated function the endpoint of a method and path.

        ``when_none`` is the status where it returns None: of a function that never
        returns anything else its ``status``.  ``headers`` are the parameters that may
        also come in a header of their name.
        """

        def register(function: _Function) -> _Function:
            parameters, body, returns = read_signature(function, path)
            self.endpoints.append(
                Endpoint(
                    method=method,
                    path=self._prefix + path,
                    tag=self._tag,
                    function=function,
                    parameters=parameters,
                    body=body,
                    returns=returns,
                    status=status,
                    status_when_none=status if when_none is None else when_none,
                    headers=frozenset(name.lower() for name in headers),
                )
            )
            return function

        return register

    def get(
        self, path: str, **options: Unpack[RouteOptions]
    ) -> Callable[[_Function], _Function]:
        """Register an endpoint of GET."""
        return self.route("GET", path, **options)

    def post(
        self, path: str, **options: Unpack[RouteOptions]
    ) -> Callable[[_Function], _Function]:
        """Register an endpoint of POST."""
        return self.route("POST", path, **options)

    def put(
        self, path: str, **options: Unpack[RouteOptions]
    ) -> Callable[[_Function], _Function]:
        """Register an endpoint of PUT."""
        return self.route("PUT", path, **options)

    def delete(
        self, path: str, **options: Unpack[RouteOptions]
    ) -> Callable[[_Function], _Function]:
        """Register an endpoint of DELETE."""
        return self.route("DELETE", path, **options)


def read_signature(
    function: Callable[..., Any], path: str
) -> tuple[tuple[Parameter, ...], Any, Any]:
    """Return parameters, body and result of an endpoint's function."""
    hints = get_type_hints(function)
    parameters: list[Parameter] = []
    body: Any = None
    listed = list(inspect.signature(function).parameters.values())
    for one in listed[1:]:
        annotation = hints[one.name]
        if one.name == "body":
            body = annotation
            continue
        is_path = one.kind is not inspect.Parameter.KEYWORD_ONLY
        name = one.name if is_path else to_camel(one.name)
        if is_path and f"<{name}>" not in path:
            raise TypeError(f"{function.__name__}: {path} has no <{name}>")
        is_required = one.default is inspect.Parameter.empty
        parameters.append(
            Parameter(
                argument=one.name,
                name=name,
                type=_bare(annotation),
                is_path=is_path,
                is_required=is_required,
                default=None if is_required else one.default,
            )
        )
    return tuple(parameters), body, _bare(hints["return"])
