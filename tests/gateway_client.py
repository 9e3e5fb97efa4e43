"""A deployment's API, asked by HTTP: its refusals are raised as Podium's errors."""

import json
from urllib.parse import urlencode

import urllib3

from podium import errors

_PATIENCE = 40
"""Seconds; API Gateway itself gives up after thirty."""
_REFUSALS = {
    400: errors.InvalidInput,
    403: errors.AccessForbidden,
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    409: errors.Conflict,
    413: errors.PayloadTooLarge,
    429: errors.LimitReached,
    500: errors.IllegalState,
    501: errors.NotImplementedYet,
    503: errors.Unavailable,
}


class Gateway:
    """The API of a deployment, and the headers with which it is asked."""

    def __init__(self, api_url, headers):
        self._api_url = api_url
        # As clients do: an answer may have six megabytes as it is sent.
        self._headers = {**headers, "Accept-Encoding": "gzip"}
        self._http = urllib3.PoolManager(maxsize=8, retries=False)

    def ask(self, method, path, body=None, **query):
        """Return the JSON or text of a good answer, None of an empty one."""
        wanted = {name: _text(one) for name, one in query.items() if one is not None}
        answer = self._http.request(
            method,
            f"{self._api_url}{path}?{urlencode(wanted, doseq=True)}".removesuffix("?"),
            json=body,
            headers=self._headers,
            timeout=_PATIENCE,
        )
        text = answer.data.decode()
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        found = json.loads(text) if text and is_json else text or None
        if answer.status >= 300:
            raise _refusal(answer.status, found)
        return found


def _text(value):
    return str(value).lower() if isinstance(value, bool) else value


def _refusal(status, body):
    """Return the error that an answer tells of."""
    if isinstance(body, str):
        return _REFUSALS[status](body)
    assert "message" in body, f"{status} {body}"
    if "validationErrors" in body:
        findings = [
            errors.Finding(one["path"], one["message"], one.get("invalidValue"))
            for one in body["validationErrors"]
        ]
        return errors.ValidationFailed(findings, body.get("metadata"))
    message = body["message"]
    if "already exists" in message:
        return errors.AlreadyExists(message)
    return _REFUSALS[status](message)
