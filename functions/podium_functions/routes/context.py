"""``/context.js``: what Conductor's user interfaces read first (reference 12, #16)."""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from podium.bootstrap import Podium
from podium_functions.endpoint import Answer, Routes

routes = Routes("Service", "")

_FLAGS = {
    "ACCESS_MANAGEMENT": False,
    "RBAC": False,
    "COPY_TOKEN": False,
    "SCHEDULER": True,
    "TASK_VISIBILITY": "READ",
    "CREATOR_ENABLE_CREATOR": True,
    "CREATOR_ENABLE_REAFLOW_DIAGRAM": True,
    "TASK_INDEXING": True,
    "SHOW_EVENT_MONITOR": True,
    "ENABLE_DARK_MODE_TOGGLE": True,
    "TAG_VISIBILITY": False,
    "WORKFLOW_INTROSPECTION": False,
    "WORKFLOW_SUMMARIZE": True,
    "HUMAN_TASK": False,
    "INTEGRATIONS": False,
    "SECRETS": False,
    "WEBHOOKS": False,
    "SERVICE_REGISTRY": False,
    "GATEWAY_ENABLED": False,
    "REMOTE_SERVICES": False,
    "SENDGRID_TASK_ENABLED": False,
    "SKU_ENABLED": False,
    "CONDUCTOR_INTEGRATIONS_AI_ENABLED": False,
    "PLAYGROUND": False,
    "ENABLE_METRICS_DASHBOARD": False,
    "METRICS_ORIGIN_URL": "",
    "CUSTOM_LOGO_URL": "",
    "MULTITENANCY_TYPE": "user_based",
    "DEFAULT_ROLES": "ADMIN",
}
"""Which pages there is something behind: those of Conductor's own server, less what
Podium has no routes for, and with what it has beyond them.
"""
_SCRIPT = (
    f"window.conductor = {msgspec.json.encode(_FLAGS).decode()};\n"
    "window.authConfig = undefined;\n"
    "window.auth0Identifiers = undefined;\n"
)


@routes.get("/context.js")
def get_context(_podium: Podium) -> Answer:
    """Get the settings of Conductor's user interfaces, as a script."""
    headers = {"Cache-Control": "no-cache"}
    kind = "application/javascript; charset=utf-8"
    return Answer(HTTPStatus.OK, _SCRIPT, kind, headers)
