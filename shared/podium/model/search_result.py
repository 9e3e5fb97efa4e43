"""The small answers: search pages, bulk outcomes, polls, payload places (2.8)."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import Field

from podium.model.conductor_json import ConductorModel

Found = TypeVar("Found")


class SearchResult(ConductorModel, Generic[Found]):
    """One page of hits, and how many there are in all."""

    total_hits: int = 0
    results: tuple[Found, ...] = ()


class BulkResponse(ConductorModel, Generic[Found]):
    """Which ids of a bulk request succeeded, and why the others did not."""

    bulk_error_results: dict[str, str] = Field(default_factory=dict)
    bulk_successful_results: tuple[Found, ...] = ()
    message: str = "Bulk Request has been processed."


class ExternalStorageLocation(ConductorModel):
    """Where a client may read or write a payload: a URL, and the path to report."""

    uri: str
    path: str


class WorkflowDefSummary(ConductorModel):
    """Name, version and times of a definition, without its body."""

    name: str = ""
    version: int = 1
    create_time: int | None = None
    update_time: int | None = None


class PollData(ConductorModel):
    """The last poll of a worker on a queue."""

    queue_name: str = ""
    domain: str | None = None
    worker_id: str | None = None
    last_poll_time: int = 0


class EnvironmentVariable(ConductorModel):
    """A name and its value, as ``GET /environment`` lists them."""

    name: str
    value: str | None = None
