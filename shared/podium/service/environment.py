"""Variables and secrets: shown by name, revealed where handed on (4.7, 4.12)."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from podium.decider.definition import Node
from podium.expressions.secret_references import names_in, reveal
from podium.ports import Home
from podium.service.execution_view import JsonObject

logger = logging.getLogger(__name__)


class Environment:
    """The API nouns ``environment`` and ``secrets``."""

    def __init__(self, home: Home, variables: Mapping[str, str] | None = None) -> None:
        self._home = home
        self._variables = dict(variables or {})

    def variables(self) -> list[JsonObject]:
        """Return all variables by name."""
        found = sorted(self._variables.items())
        return [{"name": name, "value": value} for name, value in found]

    def variable(self, name: str) -> str:
        """Return a variable, the empty text where there is none (reference 1.5)."""
        return self._variables.get(name, "")

    def secret_names(self) -> list[str]:
        """Return the names of all secrets; their values nobody is told."""
        return self._home.secrets.names()

    # --- handing on ------------------------------------------------------------

    def secrets_in(self, inputs: Mapping[str, Any]) -> Mapping[str, str]:
        """Return the secrets that an input refers to, as far as they are there."""
        names = names_in(inputs)
        return self._home.secrets.find(names) if names else {}

    def complete(
        self, shown: JsonObject, node: Node | None, root: str | None = None
    ) -> JsonObject:
        """Return a task as its worker gets it: with secrets, and what it declares.

        ``root`` is the dynamic task that it lies in.
        """
        inputs = shown["inputData"]
        secrets = names_in(inputs)
        declared = self._declared(shown["taskDefName"], node, root)
        if not secrets and not declared:
            return shown
        found = self._home.secrets.find(secrets.union(declared))
        made = {**shown, "inputData": reveal(inputs, found)}
        metadata = self._metadata(declared, found)
        return {**made, "runtimeMetadata": metadata} if metadata else made

    def _declared(
        self, name: str, node: Node | None, root: str | None
    ) -> Collection[str]:
        """Return the names that a task's definition declares.

        The snapshot has those of static tasks; what is named at run time is looked up.
        """
        if node is None:
            return ()
        definition = node.task.task_definition
        if definition is None and (root is not None or node.task.type == "DYNAMIC"):
            definition = self._home.metadata.find_task(name)
        return () if definition is None else definition.runtime_metadata

    def _metadata(
        self, names: Iterable[str], secrets: Mapping[str, str]
    ) -> dict[str, str]:
        """Return secrets and, where there is no such, variables of these names."""
        found = {}
        for name in names:
            value = secrets.get(name, self._variables.get(name))
            if value is None:
                logger.warning("declared_name_unknown", extra={"declared": name})
            else:
                found[name] = value
        return found
