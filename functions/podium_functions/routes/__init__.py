"""The API's resources: one file each, functions whose signatures are their contract."""

from __future__ import annotations

from podium_functions.endpoint import Endpoint
from podium_functions.routes import (
    administration,
    bulk,
    context,
    documentation,
    environment,
    event_queues,
    events,
    external_payloads,
    metadata,
    recovery,
    scheduler,
    service,
    task_search,
    tasks,
    token,
    unbuilt,
    workflow,
    workflow_messages,
    workflow_state,
)

ENDPOINTS: tuple[Endpoint, ...] = tuple(
    endpoint
    for resource in (
        tasks,
        documentation,
        service,
        context,
        token,
        metadata,
        unbuilt,
        administration,
        environment,
        external_payloads,
        bulk,
        task_search,
        event_queues,
        events,
        scheduler,
        recovery,
        workflow_messages,
        workflow_state,
        workflow,
    )
    for endpoint in resource.routes.endpoints
)
"""Every endpoint; where two paths match the first of them is called.

They are tried one after the other: tasks come first, for workers ask the most, and
workflows last, because ``/api/workflow/<name>`` matches so much.
"""
