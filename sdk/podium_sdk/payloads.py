"""Inputs that a server keeps outside of its answers (reference 4.13)."""

from __future__ import annotations

import http.client
import json
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from podium.model.search_result import ExternalStorageLocation
from podium.model.task import Task
from podium_sdk.api import Api, one
from podium_sdk.errors import Unreachable, UnreadableAnswer

TIMEOUT = 30.0
"""Seconds of silence."""


def with_input(api: Api, task: Task) -> Task:
    """Return the task with its input, read from where the server has laid it aside."""
    path = task.external_input_payload_storage_path
    if not path or task.input_data:
        return task
    query = {"path": path, "operation": "READ", "payloadType": "TASK_INPUT"}
    answer = api.call("GET", "/tasks/externalstoragelocation", query=query)
    document = _read(one(ExternalStorageLocation, answer).uri)
    return task.model_copy(update={"input_data": document})


def _read(uri: str) -> dict[str, Any]:
    """Return a document; its URL is not told: it opens it for whoever reads it."""
    host = urlsplit(uri).netloc
    if urlsplit(uri).scheme not in {"http", "https"}:
        raise UnreadableAnswer("not the http or https URL of a payload")
    try:
        with urllib.request.urlopen(uri, timeout=TIMEOUT) as answer:  # noqa: S310 - http or https, as looked at above
            document = json.loads(answer.read())
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"GET of a payload from {host}: {error}") from error
    except ValueError as error:
        raise UnreadableAnswer(f"not JSON: a payload from {host}") from error
    if not isinstance(document, dict):
        raise UnreadableAnswer(f"not a JSON object: a payload from {host}")
    return document
