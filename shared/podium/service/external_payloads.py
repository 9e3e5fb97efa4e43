"""Payloads outside of requests and answers: reference 4.13 and 1.11.

Clients write a payload to where a link leads and report its path alone.  What an answer
would show beyond a threshold is laid aside and answered as a path, too.  What the
journal keeps is whole either way: nothing that is decided depends on it.

Only the places below are ever named by clients: the bucket holds the journal's large
entries and the archive, too.  What is laid aside for an answer lies in a folder of its
day, so that what is old is known by its path; it goes after some days, on AWS by a rule
of the bucket.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from podium.errors import InvalidInput, NotFound, PayloadTooLarge, Unauthenticated
from podium.model.requests import PayloadOperation, PayloadType
from podium.model.search_result import ExternalStorageLocation
from podium.ports import Home, Payloads

WORKFLOW_THRESHOLD = 5_120 * 1024
TASK_THRESHOLD = 3_072 * 1024
MOST = 10_240 * 1024
"""Bytes."""

_FOLDERS = {
    PayloadType.WORKFLOW_INPUT: "workflow/input",
    PayloadType.WORKFLOW_OUTPUT: "workflow/output",
    PayloadType.TASK_INPUT: "task/input",
    PayloadType.TASK_OUTPUT: "task/output",
}
ANSWERS = "answers/"
DAYS_KEPT = 2
"""Whole days at least: how long a worker may take until it reads its input."""

_LASTING = r"(?:workflow|task)/(?:input|output)/\w[\w.-]*"
_LASTING_PATH = re.compile(_LASTING)
_PATH = re.compile(rf"(?P<day>{ANSWERS}\d{{4}}-\d\d-\d\d/)?(?P<lasting>{_LASTING})")
_METHODS = {PayloadOperation.READ: "GET", PayloadOperation.WRITE: "PUT"}
_UUID_BITS = 128

_Sides = tuple[tuple[str, str, PayloadType], ...]
_WORKFLOW: _Sides = (
    ("input", "externalInputPayloadStoragePath", PayloadType.WORKFLOW_INPUT),
    ("output", "externalOutputPayloadStoragePath", PayloadType.WORKFLOW_OUTPUT),
)
_TASK: _Sides = (
    ("inputData", "externalInputPayloadStoragePath", PayloadType.TASK_INPUT),
    ("outputData", "externalOutputPayloadStoragePath", PayloadType.TASK_OUTPUT),
)


class ExternalPayloads:
    """The places of payloads, and their way to clients."""

    def __init__(self, home: Home) -> None:
        self._home = home

    # --- places ----------------------------------------------------------------

    def location(
        self, path: str, operation: str, payload_type: str, base: str
    ) -> ExternalStorageLocation:
        """Return where to read or write a payload; without a path there is a new one.

        ``base`` is the URL that the client calls this server by.
        """
        try:
            wanted = PayloadOperation(operation.upper())
            folder = _FOLDERS[PayloadType(payload_type.upper())]
        except ValueError:
            raise InvalidInput(
                f"Invalid input - Operation: {operation}, PayloadType: {payload_type}"
            ) from None
        place = path or f"{folder}/{self._fresh()}.json"
        is_read = wanted is PayloadOperation.READ
        if not (_PATH if is_read else _LASTING_PATH).fullmatch(place):
            raise InvalidInput(f"path: {path!r} is not one of an external payload")
        link = self._home.payload_links.link(_METHODS[wanted], place, base)
        return ExternalStorageLocation(uri=link, path=place)

    def _fresh(self) -> uuid.UUID:
        return uuid.UUID(int=self._home.draw(_UUID_BITS), version=4)

    # --- by this server's own links --------------------------------------------

    def read(self, token: str) -> str:
        """Return the payload that a link is for."""
        path = self._opened("GET", token)
        document = self._home.payloads.get(path)
        if document is None:
            raise NotFound(f"No external payload found at: {path}")
        return document.decode()

    def write(self, token: str, document: str) -> None:
        """Keep a payload where a link says; it must be a JSON object."""
        path = self._opened("PUT", token)
        content = document.encode()
        if len(content) > MOST:
            raise PayloadTooLarge(
                f"{len(content)} bytes are over the limit of {MOST} of a payload"
            )
        try:
            msgspec.json.decode(content, type=dict[str, Any])
        except msgspec.DecodeError as broken:
            raise InvalidInput(f"body: expected a JSON object: {broken}") from broken
        self._home.payloads.put(path, content)

    def _opened(self, method: str, token: str) -> str:
        path = self._home.payload_links.opened(method, token)
        if path is None:
            raise Unauthenticated.invalid("The link is not valid, or no longer")
        return path

    # --- answers ---------------------------------------------------------------

    def lay_aside_workflow(self, shown: dict[str, Any]) -> dict[str, Any]:
        """Return a workflow with what is too large for its answer as a path."""
        return self._lay_aside(shown, _WORKFLOW, WORKFLOW_THRESHOLD)

    def lay_aside_task(self, shown: dict[str, Any]) -> dict[str, Any]:
        """Return a task with what is too large for its answer as a path."""
        return self._lay_aside(shown, _TASK, TASK_THRESHOLD)

    def _lay_aside(
        self, shown: dict[str, Any], sides: _Sides, threshold: int
    ) -> dict[str, Any]:
        for field, place, kind in sides:
            document = msgspec.json.encode(shown[field])
            if len(document) > threshold:
                shown = {**shown, field: {}, place: self._keep(document, kind)}
        return shown

    def _keep(self, document: bytes, kind: PayloadType) -> str:
        """Keep a document under a name that it alone has; again is once."""
        digest = hashlib.sha256(document).digest()[: _UUID_BITS // 8]
        day = _folder_of(self._home.clock.now())
        path = f"{day}{_FOLDERS[kind]}/{uuid.UUID(bytes=digest, version=5)}.json"
        self._home.payloads.put(path, document)
        return path


def _folder_of(now: int, days_ago: int = 0) -> str:
    day = datetime.fromtimestamp(now / 1000, UTC) - timedelta(days=days_ago)
    return f"{ANSWERS}{day.date().isoformat()}/"


def outdated(now: int) -> tuple[str, str]:
    """Return between which paths the copies lie that no answer needs any more."""
    return ANSWERS, _folder_of(now, DAYS_KEPT)


def lasting_path(payloads: Payloads, path: str | None, field: str) -> str | None:
    """Return what to remember of a path that a client names in a field, if it does.

    A copy that was made for an answer is stored once more where it stays.
    InvalidInput where the path is not one that a payload can have, or the copy is gone.
    """
    given = (path or "").strip()
    if not given:
        return None
    found = _PATH.fullmatch(given)
    if found is None:
        raise InvalidInput(f"{field}: {path!r} is not the path of an external payload")
    lasting = found["lasting"]
    if found["day"]:
        document = payloads.get(given)
        if document is None:
            raise InvalidInput(f"{field}: there is no payload at {path!r} any more")
        payloads.put(lasting, document)
    return lasting
