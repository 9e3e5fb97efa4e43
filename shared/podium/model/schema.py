"""SchemaDef: a schema that inputs or outputs are checked against (reference 2.5)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from podium.model.conductor_json import Auditable, JsonMap


class SchemaType(StrEnum):
    """The language a schema is written in."""

    JSON = "JSON"
    AVRO = "AVRO"
    PROTOBUF = "PROTOBUF"


class SchemaDef(Auditable):
    """A named schema, held in ``data`` or pointed to by ``external_ref``."""

    name: str = ""
    version: int = 1
    type: SchemaType | None = None
    data: JsonMap | None = Field(default=None)
    external_ref: str | None = None
