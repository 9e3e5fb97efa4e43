"""The API's resources: one file each, functions whose signatures are their contract."""

from __future__ import annotations

from podium_functions.endpoint import Endpoint
from podium_functions.routes import (
    documentation,
    events,
    metadata,
    service,
    tasks,
    token,
    unbuilt,
    workflow,
)

ENDPOINTS: tuple[Endpoint, ...] = tuple(
    endpoint
    for resource in (
        documentation,
        service,
        token,
        metadata,
        unbuilt,
        tasks,
        events,
        workflow,
    )
    for endpoint in resource.routes.endpoints
)
"""Every endpoint; where two paths match the first of them is called.

The workflow resource comes last, because ``/api/workflow/<name>`` matches so much.
"""
