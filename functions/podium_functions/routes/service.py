"""Health and version (reference 1.5)."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version

from podium.bootstrap import Podium
from podium.service.execution_view import JsonObject
from podium_functions.endpoint import Routes

routes = Routes("Service", "")


@routes.get("/health")
@routes.get("/api/health")
def get_health(_podium: Podium) -> JsonObject:
    """Tell that the service answers."""
    return {"healthy": True, "healthResults": [], "suppressedHealthResults": []}


@routes.get("/api/version")
def get_version(_podium: Podium) -> str:
    """Tell Podium's version."""
    return _version()


@lru_cache(maxsize=1)
def _version() -> str:
    return version("podium")
