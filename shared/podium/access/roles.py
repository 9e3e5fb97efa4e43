"""Roles, and callers who have them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an application is for; which routes that opens is a table of the API's."""

    ADMIN = "admin"
    METADATA_MANAGER = "metadata-manager"
    WORKFLOW_MANAGER = "workflow-manager"
    WORKER = "worker"
    READ_ONLY = "read-only"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request, once it is known who that is."""

    name: str
    roles: frozenset[Role]

    def may_call(self, route: frozenset[Role]) -> bool:
        """Tell whether one of the route's roles is his; an admin may call all."""
        return Role.ADMIN in self.roles or not self.roles.isdisjoint(route)
