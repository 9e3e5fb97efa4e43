"""The API: an API Gateway HTTP API event in, a response out (reference 1).

Powertools matches the routes; each route calls one endpoint; one mapping turns errors
into Conductor's error JSON (reference 1.10).
"""

from __future__ import annotations

import logging
import re
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import replace
from functools import cached_property
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from aws_lambda_powertools.utilities.typing import LambdaContext

from podium.access.roles import Role
from podium.bootstrap import Podium
from podium.errors import (
    AccessForbidden,
    InvalidInput,
    MethodNotAllowed,
    NotFound,
    PodiumError,
    Unauthenticated,
    ValidationFailed,
)
from podium_functions.callers import Identify
from podium_functions.endpoint import Answer, Endpoint, Request, answer_json, read_query
from podium_functions.route_roles import BY_LINK, PUBLIC, roles_of
from podium_functions.routes import ENDPOINTS

logger = logging.getLogger(__name__)

_event: ContextVar[APIGatewayProxyEventV2] = ContextVar("event")
_VARIABLE = re.compile(r"<(\w+)>")
_FUNCTION_URL = ".lambda-url."
"""In the name of every Function URL's host."""


class _Resolver(APIGatewayHttpResolver):
    """A resolver for one thread; the event it works on is not shared with others.

    Powertools keeps the event in a class attribute, which is right for a Lambda, where
    one event is handled at a time, and wrong for a process with many threads.
    """

    @property
    def current_event(self) -> APIGatewayProxyEventV2:  # type: ignore[override] # see above
        return _event.get()

    def resolve(
        self, event: Mapping[str, Any], context: LambdaContext
    ) -> dict[str, Any]:
        _event.set(APIGatewayProxyEventV2(cast("dict[str, Any]", event)))
        return super().resolve(event, context)

    @staticmethod
    def _compile_regex(rule: str, _base_regex: str = "") -> re.Pattern[str]:
        """Let a variable be anything without a slash: names may have a ``#`` (2.2).

        Conductor has one path that ends with a slash; here they all may.
        """
        return re.compile("^" + _VARIABLE.sub(r"(?P<\1>[^/]+)", rule) + "/?$")


class Api:
    """Answers events with one :class:`Podium`, from any thread.

    Nothing is answered, not even whether a route exists, before ``identify`` knows who
    asks; ``PUBLIC`` routes are.
    """

    def __init__(
        self,
        podium: Podium,
        endpoints: Iterable[Endpoint] = ENDPOINTS,
        *,
        identify: Identify,
    ) -> None:
        self._podium = podium
        self._endpoints = tuple(endpoints)
        self._identify = identify
        self._local = threading.local()

    def handle(
        self, event: Mapping[str, Any], context: LambdaContext
    ) -> dict[str, Any]:
        """Answer one event of payload format 2.0.

        HEAD is answered as GET is; whoever sends the response leaves out the body.
        """
        resolver = getattr(self._local, "resolver", None)
        if resolver is None:
            resolver = self._local.resolver = self._build_resolver()
        plain = _as_get(_decoded(event))
        return cast("dict[str, Any]", resolver.resolve(plain, context))

    def _build_resolver(self) -> _Resolver:
        resolver = _Resolver()
        for endpoint in self._endpoints:
            resolver.route(endpoint.path, endpoint.method)(
                self._route(resolver, endpoint)
            )
        resolver.not_found(
            lambda _: self._respond(
                resolver.current_event, lambda: self._refuse_unknown(resolver)
            )
        )
        return resolver

    def _route(
        self, resolver: _Resolver, endpoint: Endpoint
    ) -> Callable[..., Response[str]]:
        roles = roles_of(endpoint.method, endpoint.path)
        is_public = (endpoint.method, endpoint.path) in PUBLIC | BY_LINK

        def call(**path: str) -> Response[str]:
            event = resolver.current_event

            def work() -> Answer:
                if not is_public:
                    self._admit(event, roles)
                query = read_query(event.raw_query_string)
                headers = event.raw_event.get("headers") or {}
                request = Request(query, _body(event), headers)
                return endpoint.call(self._podium, path, request)

            return self._respond(event, work)

        return call

    def _admit(self, event: APIGatewayProxyEventV2, roles: frozenset[Role]) -> None:
        """Refuse who is not known, or has none of the roles."""
        caller = self._identify(event.raw_event)
        if not caller.may_call(roles):
            called = f"{event.http_method} {event.path}"
            raise AccessForbidden(f"{caller.name} may not call {called}")

    def _respond(
        self, event: APIGatewayProxyEventV2, work: Callable[[], Answer]
    ) -> Response[str]:
        try:
            answer = work()
        except PodiumError as failure:
            answer = self._explain(failure)
        except RecursionError:
            answer = self._explain(InvalidInput("body: it is nested too deeply"))
        except Exception:
            # The last line of defence: the client gets the error JSON, never a
            # broken connection, and the log gets the traceback.
            logger.exception(
                "request_failed",
                extra={"method": event.http_method, "path": event.raw_path},
            )
            answer = answer_json(
                self._error(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal error"),
                HTTPStatus.INTERNAL_SERVER_ERROR,
            )
        return _response(answer)

    # --- errors ----------------------------------------------------------------

    def _explain(self, failure: PodiumError) -> Answer:
        """Return Conductor's ErrorResponse for a failure (reference 1.10)."""
        if isinstance(failure, ValidationFailed):
            body = {
                "status": failure.status,
                "message": failure.message,
                "retryable": failure.retryable,
                "validationErrors": [
                    {
                        "path": one.path,
                        "message": one.message,
                        **_unless_none("invalidValue", one.invalid_value),
                    }
                    for one in failure.findings
                ],
                **_unless_none("metadata", failure.metadata),
            }
        else:
            body = self._error(
                failure.status, failure.message, retryable=failure.retryable
            )
        if isinstance(failure, Unauthenticated):
            body["error"] = failure.error
        return answer_json(body, failure.status)

    def _error(
        self, status: int, message: str, *, retryable: bool = False
    ) -> dict[str, Any]:
        return {
            "status": int(status),
            "message": message,
            "instance": self._instance,
            "retryable": retryable,
        }

    @cached_property
    def _instance(self) -> str:
        return socket.gethostname()

    def _refuse_unknown(self, resolver: _Resolver) -> Answer:
        """Answer 405 where the path exists with another verb, else 404 (12, #14).

        A browser that asks whether it may ask has no credentials yet, and is told
        nothing here: what it may do is in the headers that API Gateway adds.
        """
        event = resolver.current_event
        if _is_preflight(event):
            return Answer(HTTPStatus.NO_CONTENT)
        self._admit(event, frozenset(Role))
        method, path = event.http_method, event.path
        allowed = sorted(
            route.method
            for route in (*resolver._static_routes, *resolver._dynamic_routes)  # noqa: SLF001 - Powertools offers no lookup by path
            if route.rule.match(path)
        )
        if not allowed:
            raise NotFound(f"No static resource {path.strip('/')}.")
        headers = {"Allow": ", ".join([*dict.fromkeys(allowed), "OPTIONS"])}
        if method == "OPTIONS":
            return Answer(HTTPStatus.OK, headers=headers)
        refusal = MethodNotAllowed(f"Request method '{method}' is not supported")
        return replace(self._explain(refusal), headers=headers)


def _decoded(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the event with its path as API Gateway has it, where ``%20`` is a space.

    A Function URL leaves the path as the client wrote it.
    """
    context = event["requestContext"]
    if _FUNCTION_URL not in context.get("domainName", ""):
        return event
    path = unquote(event["rawPath"])
    http = {**context["http"], "path": path}
    return {**event, "rawPath": path, "requestContext": {**context, "http": http}}


def _as_get(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the event with GET for HEAD."""
    context = event["requestContext"]
    if context["http"]["method"] != "HEAD":
        return event
    http = {**context["http"], "method": "GET"}
    return {**event, "requestContext": {**context, "http": http}}


def _is_preflight(event: APIGatewayProxyEventV2) -> bool:
    headers = event.raw_event.get("headers") or {}
    return (
        event.http_method == "OPTIONS"
        and "origin" in headers
        and "access-control-request-method" in headers
    )


def _body(event: APIGatewayProxyEventV2) -> str | None:
    try:
        return event.decoded_body
    except ValueError as broken:
        raise InvalidInput("body: expected text in UTF-8") from broken


def _unless_none(key: str, value: Any) -> dict[str, Any]:
    return {} if value is None else {key: value}


def _response(answer: Answer) -> Response[str]:
    return Response(
        status_code=answer.status,
        content_type=answer.content_type,
        body=answer.body,
        headers=dict(answer.headers or {}),
    )
