"""How much fits through Lambda: 6 MB a request and 6 MB a response.

What is larger is answered with 413 and the way around it, in place of the 500 that API
Gateway makes of it.  A client that takes gzip gets a response that would not fit
compressed, and seldom meets the limit at all.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Mapping
from typing import Any

import msgspec
from aws_lambda_powertools.utilities.typing import LambdaContext

from podium_functions.runtime import Event, Handle

LIMIT = 6 * 1024 * 1024
_ENVELOPE = 64 * 1024
"""What headers and the rest of an event or a response may take."""
_WORST = 6
"""A character may become six when a body is written as a JSON string: ``\\u001f``."""
_REQUEST = (
    "The request is larger than 6 MB. Keep its payload outside: ask "
    "GET /api/workflow/externalstoragelocation or "
    "/api/tasks/externalstoragelocation where to, and send the path as "
    "externalInputPayloadStoragePath or externalOutputPayloadStoragePath."
)
_RESPONSE = (
    "The response is larger than 6 MB. Ask for less (includeTasks=false, a smaller "
    "size), accept gzip, or have payloads kept outside: "
    "externalInputPayloadStoragePath and externalOutputPayloadStoragePath."
)


def within_limits(handle: Handle) -> Handle:
    """Return the handler, with a clear answer to what does not fit."""

    def limited(event: Event, context: LambdaContext) -> dict[str, Any]:
        if not _fits(event.get("body")):
            return _refusal(_REQUEST)
        response = handle(event, context)
        if _fits(response.get("body")):
            return response
        smaller = _compressed(response) if _takes_gzip(event) else response
        return smaller if _fits(smaller["body"]) else _refusal(_RESPONSE)

    return limited


def _fits(body: str | None) -> bool:
    """Tell whether a body fits as Lambda carries it, as a string in JSON."""
    room = LIMIT - _ENVELOPE
    if not body or len(body) * _WORST <= room:
        return True
    return len(body) <= room and len(msgspec.json.encode(body)) <= room


def _takes_gzip(event: Event) -> bool:
    accepted: str = event.get("headers", {}).get("accept-encoding", "")
    return "gzip" in accepted


def _compressed(response: Mapping[str, Any]) -> dict[str, Any]:
    body = gzip.compress(response["body"].encode(), compresslevel=5)
    return {
        **response,
        "headers": {**response["headers"], "Content-Encoding": "gzip"},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def _refusal(message: str) -> dict[str, Any]:
    error = {"status": 413, "message": message, "retryable": False}
    return {
        "statusCode": 413,
        "headers": {"Content-Type": "application/json"},
        "body": msgspec.json.encode(error).decode(),
        "isBase64Encoded": False,
    }
