"""``/api/environment`` and ``/api/secrets`` (reference 1.5)."""

from __future__ import annotations

from podium.bootstrap import Podium
from podium.service.execution_view import JsonObject
from podium_functions.endpoint import Routes

routes = Routes("Environment", "/api")


@routes.get("/environment")
def list_variables(podium: Podium) -> list[JsonObject]:
    """List what ``${workflow.env.NAME}`` reads."""
    return podium.environment.variables()


@routes.get("/environment/<key>")
def get_variable(podium: Podium, key: str) -> str:
    """Get a variable; the answer is empty where there is none."""
    return podium.environment.variable(key)


@routes.get("/secrets")
def list_secrets(podium: Podium) -> list[str]:
    """List the names of the secrets; their values are never told."""
    return podium.environment.secret_names()
