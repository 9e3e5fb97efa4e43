"""HTTP: call a service and keep its answer (reference 3.2).

Where the call may go is the policy's business (``addresses.py``), at every redirect
anew.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from pydantic import Field, field_validator

from podium.errors import AccessForbidden, InvalidInput
from podium.model.conductor_json import ConductorModel, JsonMap
from podium.model.task import TaskStatus
from podium.tasks.addresses import ALL_BUT_METADATA, AddressPolicy
from podium.tasks.contract import SystemTaskCall, SystemTaskResult
from podium.tasks.redirects import follow

if TYPE_CHECKING:
    import urllib3

    from podium.tasks.connections import Pool

_JSON = "application/json"
_MAX_BODY = 10 * 1024 * 1024


class HttpRequest(ConductorModel):
    """The ``http_request`` of a task; timeouts are milliseconds."""

    uri: str | None = None
    method: str | None = None
    headers: JsonMap = Field(default_factory=dict)
    body: Any = None
    accept: tuple[str, ...] = (_JSON,)
    content_type: str = _JSON
    connection_time_out: int = Field(default=3000, ge=0)
    read_time_out: int = Field(default=3000, ge=0)

    @field_validator("accept", mode="before")
    @classmethod
    def _take_one_for_a_list(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class HttpTask:
    """Calls over pooled connections; a timeout of 0 waits as long as it takes.

    The ``pool`` is made from the policy where none is given.  No read waits longer than
    ``longest`` milliseconds, whatever the task asks for; 0 is no such bound.
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
        if not request.method:
            return _failed("No HTTP method specified")
        return self._call(request, call)

    def _call(self, request: HttpRequest, call: SystemTaskCall) -> SystemTaskResult:
        import urllib3

        try:
            answer = self._send(request)
            text = _read(answer)
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

    def _send(self, request: HttpRequest) -> urllib3.BaseHTTPResponse:
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
            urllib3.Timeout(
                connect=_seconds(request.connection_time_out),
                read=_seconds(self._bounded(request.read_time_out)),
            ),
        )

    def _bounded(self, milliseconds: int) -> int:
        """Return a read's timeout, within what this process can wait."""
        if not self._longest:
            return milliseconds
        return min(milliseconds or self._longest, self._longest)


def _seconds(milliseconds: int) -> float | None:
    return milliseconds / 1000 if milliseconds else None


def _body(value: object) -> bytes | None:
    """Return the request's body: text as it is, anything else as JSON."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.encode()
    return msgspec.json.encode(value)


def _read(answer: urllib3.BaseHTTPResponse) -> str:
    """Return the body as text, refusing one that could not be kept."""
    try:
        data = answer.read(_MAX_BODY + 1, decode_content=True)
    finally:
        answer.release_conn()
    if len(data) > _MAX_BODY:
        answer.close()
        raise ValueError(f"the response is larger than {_MAX_BODY} bytes")
    return data.decode(errors="replace")


def _headers(answer: urllib3.BaseHTTPResponse) -> dict[str, list[str]]:
    return {name: answer.headers.getlist(name) for name in answer.headers}


def _phrase(answer: urllib3.BaseHTTPResponse) -> str:
    try:
        return HTTPStatus(answer.status).phrase
    except ValueError:
        return answer.reason or ""


def _parse(text: str) -> Any:
    """Return a JSON object or array as such, a number as a double, others as text."""
    if not text:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if isinstance(value, dict | list):
        return value
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return float(value) if isinstance(value, int | float) else value


def _failed(reason: str) -> SystemTaskResult:
    return SystemTaskResult(TaskStatus.FAILED, reason=reason)


def _failed_call(why: str, status: TaskStatus = TaskStatus.FAILED) -> SystemTaskResult:
    """Return the failure of a call; here ``response`` is a text, as in Conductor."""
    return SystemTaskResult(
        status,
        {"response": f"java.lang.Exception: {why}"},
        f"Failed to invoke HTTP task due to: java.lang.Exception: {why}",
    )
