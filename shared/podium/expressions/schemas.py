"""JSON Schema: whether a value is what its author said it would be (2.5, SchemaDef).

A schema is compiled once per content.  It stands alone: a reference to another document
is never fetched, and a pattern that backtracks without end is stopped.  What is wrong
with a value is said without the value: reasons are shown, stored and searched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from podium.errors import Finding, ValidationFailed
from podium.model.schema import SchemaDef, SchemaType

if TYPE_CHECKING:
    import jsonschema_rs

    Validator: TypeAlias = jsonschema_rs.Validator

MOST = 20
"""How many misfits of one value are told."""
LONGEST = 450
"""Characters of all misfits of one value together."""
_PLAIN = re.compile(r"[A-Za-z_$][\w$-]*")


@dataclass(frozen=True, slots=True)
class Misfit:
    """Where a value is not as its schema says, and how; the path may be empty."""

    path: str
    message: str

    def under(self, name: str) -> str:
        """Return the path below what the value is called."""
        is_index = self.path.startswith("[")
        return (
            f"{name}{self.path}"
            if is_index or not self.path
            else (f"{name}.{self.path}")
        )


def is_enforced(schema: SchemaDef | None) -> bool:
    """Tell whether a schema is one that values can be held against here."""
    return (
        schema is not None
        and schema.data is not None
        and schema.type == SchemaType.JSON
    )


def misfits(schema: SchemaDef | None, value: Any) -> Sequence[Misfit]:
    """Return where a value breaks a schema; nothing where the schema is not enforced.

    A schema that is broken itself fits no value.
    """
    if schema is None or not is_enforced(schema):
        return ()
    compiled = _compile(msgspec.json.encode(schema.data))
    if isinstance(compiled, str):
        return (Misfit("", f"the schema {schema.name} cannot be used: {compiled}"),)
    return _find(compiled, value)


def hold_to(schema: SchemaDef | None, value: Any, name: str) -> None:
    """Raise ValidationFailed where a value breaks a schema; it is called ``name``."""
    found = misfits(schema, value)
    if found:
        raise ValidationFailed([Finding(one.under(name), one.message) for one in found])


def explain(name: str, found: Sequence[Misfit]) -> str:
    """Return misfits of a value as one sentence, as long as reasons may be."""
    said = "; ".join(f"{one.under(name)}: {one.message}" for one in found)
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 3]}..."


def what_is_wrong_with(schema: SchemaDef) -> str | None:
    """Return why a schema cannot be used, None where it can or need not be."""
    if not is_enforced(schema):
        return None
    compiled = _compile(msgspec.json.encode(schema.data))
    return compiled if isinstance(compiled, str) else None


@lru_cache(maxsize=512)
def _compile(data: bytes) -> Validator | str:
    """Return what validates by a schema, or why there can be no such thing.

    The library is imported on first use: most definitions have no schema.
    """
    import jsonschema_rs

    schema = msgspec.json.decode(data)
    try:
        return jsonschema_rs.validator_for(schema, mask="it", offline=True)
    except ValueError as failure:  # what the library's own errors are
        return str(failure).partition("\n")[0]


def _find(validator: Validator, value: Any) -> Sequence[Misfit]:
    found: list[Misfit] = []
    try:
        for error in validator.iter_errors(value):
            found.append(Misfit(_path(error.instance_path), error.message))
            if len(found) == MOST:
                break
    except ValueError as failure:
        found.append(Misfit("", f"it cannot be checked: {failure}"))
    return found


def _path(steps: Sequence[str | int]) -> str:
    written = ""
    for step in steps:
        if isinstance(step, int):
            written += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            written += f".{step}" if written else step
        else:
            written += f"['{step}']"
    return written
