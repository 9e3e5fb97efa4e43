"""HTTP: call a service and keep its answer (reference 3.2).

Where the call may go is the policy's business (``addresses.py``), at every redirect
anew.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from pydantic import Field, field_validator

from podium.errors import AccessForbidden, InvalidInput
from podium.model.conductor_json import ConductorModel, JsonMap
from podium.model.task import TaskStatus
from podium.nested import is_too_deep
from podium.tasks.addresses import ALL_BUT_METADATA, AddressPolicy
from podium.tasks.contract import SystemTaskCall, SystemTaskResult
from podium.tasks.redirects import follow

if TYPE_CHECKING:
    import urllib3

    from podium.tasks.connections import Pool

_JSON = "application/json"
_SCHEMES = ("http://", "https://")
_MAX_BODY = 10 * 1024 * 1024
_PIECE = 64 * 1024
_INT = 2**31 - 1
"""The longest timeout, as in Conductor; a socket knows none that is much longer."""


class HttpRequest(ConductorModel):
    """The ``http_request`` of a task; timeouts are milliseconds."""

    uri: str | None = None
    method: str | None = None
    headers: JsonMap = Field(default_factory=dict)
    body: Any = None
    accept: tuple[str, ...] = (_JSON,)
    content_type: str = _JSON
    connection_time_out: int = Field(default=3000, ge=0, le=_INT)
    read_time_out: int = Field(default=3000, ge=0, le=_INT)

    @field_validator("accept", mode="before")
    @classmethod
    def _take_one_for_a_list(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class HttpTask:
    """Calls over pooled connections; a timeout of 0 waits as long as it takes.

    The ``pool`` is made from the policy where none is given.  No call takes longer than
    ``longest`` milliseconds, redirects and a body without end included, whatever the
    task asks for; 0 is no such bound.
    """

    def __init__(
        self,
        policy: AddressPolicy = ALL_BUT_METADATA,
        pool: Pool | None = None,
        *,
        longest: int = 0,
    ) -> None:
        self._policy = policy
        self._pool = pool
        self._longest = longest

    def run(self, call: SystemTaskCall) -> SystemTaskResult:
        """Call once; 2xx completes the task, anything else fails it."""
        given = call.input.get("http_request") or call.input
        try:
            request = HttpRequest.from_json(given)
        except InvalidInput as refused:
            return _failed(f"Invalid HTTP request: {refused.message}")
        if not request.uri:
            return _failed(
                "Missing HTTP URI.  See documentation for HttpTask for required input "
                "parameters"
            )
        if not request.uri.lower().startswith(_SCHEMES):
            return _failed_call("URI: expected http://... or https://...")
        if not request.method:
            return _failed("No HTTP method specified")
        return self._call(request, call)

    def _call(self, request: HttpRequest, call: SystemTaskCall) -> SystemTaskResult:
        import urllib3

        until = self._end()
        try:
            answer = self._send(request, until)
            text = _read(answer, until)
        except AccessForbidden as refused:
            # Trying again would lead to the same place.
            return _failed_call(refused.message, TaskStatus.FAILED_WITH_TERMINAL_ERROR)
        except (urllib3.exceptions.HTTPError, ValueError, OSError) as failure:
            return _failed_call(f"{type(failure).__name__}: {failure}")
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            shown = f'"{text}"' if text else "[no body]"
            return _failed_call(f"{answer.status} {_phrase(answer)}: {shown}")
        response = {
            "headers": _headers(answer),
            "body": _parse(text),
            "statusCode": answer.status,
            "reasonPhrase": _phrase(answer),
        }
        status = TaskStatus.COMPLETED
        if call.is_async_complete:
            status = TaskStatus.IN_PROGRESS
        return SystemTaskResult(status, {"response": response})

    def _end(self) -> float | None:
        """Return the monotonic second by which a call that begins now has to end."""
        return time.monotonic() + self._longest / 1000 if self._longest else None

    def _send(
        self, request: HttpRequest, until: float | None
    ) -> urllib3.BaseHTTPResponse:
        import urllib3

        if self._pool is None:
            from podium.tasks.connections import open_pool

            self._pool = open_pool(self._policy)
        headers = {"Accept": ", ".join(request.accept)}
        headers |= {k: str(v) for k, v in request.headers.items() if v is not None}
        if request.body is not None:
            headers.setdefault("Content-Type", request.content_type)
        return follow(
            self._pool,
            (request.method or "").upper(),
            request.uri or "",
            headers,
            _body(request.body),
            lambda: urllib3.Timeout(
                total=remaining(until),
                connect=_seconds(request.connection_time_out),
                read=_seconds(request.read_time_out),
            ),
        )


def remaining(until: float | None) -> float | None:
    """Return the seconds that a call has left; TimeoutError where there are none."""
    if until is None:
        return None
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("the call took longer than a task's may")
    return left


def _seconds(milliseconds: int) -> float | None:
    return milliseconds / 1000 if milliseconds else None


def _body(value: object) -> bytes | None:
    """Return the request's body: text as it is, anything else as JSON."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.encode()
    return msgspec.json.encode(value)


def _read(answer: urllib3.BaseHTTPResponse, until: float | None) -> str:
    """Return the body as text, refusing one that could not be kept or does not end.

    It is read as it comes: a service that sends a byte now and then meets no timeout of
    a single read.
    """
    try:
        return b"".join(_pieces(answer, until)).decode(errors="replace")
    except BaseException:
        answer.close()  # what was not read would be the next call's answer
        raise
    finally:
        answer.release_conn()


def _pieces(answer: urllib3.BaseHTTPResponse, until: float | None) -> Iterator[bytes]:
    size = 0
    while piece := answer.read1(_PIECE, decode_content=True):
        size += len(piece)
        if size > _MAX_BODY:
            raise ValueError(f"the response is larger than {_MAX_BODY} bytes")
        yield piece
        remaining(until)


def _headers(answer: urllib3.BaseHTTPResponse) -> dict[str, list[str]]:
    return {name: answer.headers.getlist(name) for name in answer.headers}


def _phrase(answer: urllib3.BaseHTTPResponse) -> str:
    try:
        return HTTPStatus(answer.status).phrase
    except ValueError:
        return answer.reason or ""


def _parse(text: str) -> Any:
    """Return a JSON object or array as such, a number as a double, others as text.

    What JSON allows and no document can keep stays a text, too: what is nested too
    deeply, a number beyond all doubles, half a character.
    """
    if not text:
        return None
    try:
        value = json.loads(text)
        msgspec.json.encode(value)
    except (ValueError, RecursionError):
        return text
    if is_too_deep(text, value):
        return text
    if isinstance(value, dict | list):
        return value
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    try:
        return float(value) if isinstance(value, int | float) else value
    except OverflowError:
        return text


def _failed(reason: str) -> SystemTaskResult:
    return SystemTaskResult(TaskStatus.FAILED, reason=reason)


def _failed_call(why: str, status: TaskStatus = TaskStatus.FAILED) -> SystemTaskResult:
    """Return the failure of a call; here ``response`` is a text, as in Conductor."""
    return SystemTaskResult(
        status,
        {"response": f"java.lang.Exception: {why}"},
        f"Failed to invoke HTTP task due to: java.lang.Exception: {why}",
    )
