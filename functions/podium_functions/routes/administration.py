"""``/api/admin`` and ``/api/queue``, events apart (reference 1.5)."""

from __future__ import annotations

from podium.bootstrap import Podium
from podium.service.execution_view import JsonObject
from podium_functions.endpoint import Routes

routes = Routes("Administration", "/api")


@routes.get("/admin/config")
def get_config(podium: Podium) -> JsonObject:
    """Get the settings and the version; no secret is among them."""
    return podium.administration.config()


@routes.get("/admin/task/<tasktype>")
def list_pending(
    podium: Podium, tasktype: str, *, start: int = 0, count: int = 100
) -> list[JsonObject]:
    """List the open tasks of a type."""
    return podium.administration.pending(tasktype, start, count)


@routes.post("/admin/sweep/requeue/<workflow_id>")
def requeue_sweep(podium: Podium, workflow_id: str) -> str:
    """Have the decider look at a workflow once more."""
    return podium.administration.requeue_sweep(workflow_id)


@routes.post("/admin/consistency/verifyAndRepair/<workflow_id>")
def verify_and_repair(podium: Podium, workflow_id: str) -> str:
    """Look at a workflow now; the answer is whether there was anything to do for it."""
    return str(podium.administration.repair(workflow_id)).lower()


@routes.get("/queue")
def list_update_queues(podium: Podium) -> dict[str, str]:
    """List the queues that take reports on tasks from outside."""
    return podium.administration.update_queues()


@routes.get("/queue/size")
def get_update_queue_sizes(podium: Podium) -> dict[str, int]:
    """Count what waits in these queues."""
    return podium.administration.update_queue_sizes()
