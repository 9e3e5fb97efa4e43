"""What every model of Conductor's JSON has in common (reference 1.0).

Names are Conductor's camelCase on the wire and snake_case in Python; unknown fields are
ignored; an explicit null is the same as an absent field; null fields are left out when
written, while null entries of free-form maps are kept.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from podium.errors import InvalidInput

JsonMap = dict[str, Any]
"""A free-form JSON object, kept exactly as it came."""

_REASON_LIMIT = 500


def _cut(reason: str) -> str:
    return reason[:_REASON_LIMIT]


Integer = Annotated[int, Field(ge=-(2**31), lt=2**31)]
"""A number as large as Java's ``int``: what is larger is refused, as Jackson does."""

Long = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""A number as large as Java's ``long``."""

Reason = Annotated[str, AfterValidator(_cut)]
"""A reason for incompletion: cut to 500 characters, as Conductor's setters do."""


class ConductorModel(BaseModel):
    """The base of every model: frozen, camelCase on the wire, lenient as Conductor."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        coerce_numbers_to_str=True,
    )

    nullable: ClassVar[frozenset[str]] = frozenset()
    """Fields whose explicit null is not the same as their absence."""

    @model_validator(mode="before")
    @classmethod
    def _take_null_for_absent(cls, data: Any) -> Any:
        if isinstance(data, dict) and None in data.values():
            keep = cls.nullable
            return {k: v for k, v in data.items() if v is not None or k in keep}
        return data

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Read decoded JSON; InvalidInput names the first field that does not fit."""
        try:
            return cls.model_validate(data, by_alias=True, by_name=False)
        except ValidationError as error:
            raise InvalidInput(_explain(cls.__name__, error)) from error

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object as Conductor's mapper writes it (NON_NULL)."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class Auditable(ConductorModel):
    """Who made a thing and when; times are epoch milliseconds (reference 2.1)."""

    owner_app: str | None = None
    create_time: int = 0
    update_time: int = 0
    created_by: str | None = None
    updated_by: str | None = None


def _explain(name: str, error: ValidationError) -> str:
    """Say where the first misfit is, in the words of a JSON path."""
    first = error.errors(include_url=False)[0]
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    path = name
    for step in first["loc"]:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return f"{path}: {first['msg']}"
