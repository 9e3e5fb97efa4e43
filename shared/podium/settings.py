"""Where the AWS home lies: one frozen value, parsed once from the environment.

The names and addresses are the outputs of ``infra/data.yaml``; the rest has defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from podium.errors import InvalidInput

_FROM_AWS = {"region": "AWS_REGION", "endpoint_url": "AWS_ENDPOINT_URL"}

Name = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=1)]
Milliseconds = Annotated[int, Field(ge=0)]


class AwsSettings(BaseModel):
    """The resources of one deployment, and how they are used.

    ``index_shards`` and ``timer_shards`` may grow but not shrink: what was written
    under a higher shard number would no longer be found.  ``definitions_kept`` is how
    long a process answers from the definitions it read last, so how late it notices
    another process's change.  ``polls_every`` is how often a process writes down who
    polls a queue.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    workflows_table: Name
    catalog_table: Name
    timers_table: Name
    bucket: Name
    queue_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,24}$")]
    commands_queue_url: Name
    timers_queue_url: Name
    region: str | None = None
    endpoint_url: str | None = None
    index_shards: Count = 8
    timer_shards: Count = 8
    definitions_kept: Milliseconds = 5_000
    polls_every: Milliseconds = 2_000
    max_connections: Count = 32

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read ``PODIUM_WORKFLOWS_TABLE`` and the like; region and endpoint are AWS's.

        InvalidInput names every variable that is missing or wrong.
        """
        given = {
            field: environment[variable]
            for field in cls.model_fields
            if (variable := _variable(field)) in environment
        }
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            wrong = "; ".join(
                f"{_variable(str(one['loc'][0]))}: {one['msg']}"
                for one in error.errors(include_url=False)
            )
            raise InvalidInput(wrong) from error


def _variable(field: str) -> str:
    return _FROM_AWS.get(field, f"PODIUM_{field.upper()}")
