"""``/api/workflow/{id}/messages`` (reference 1.1 #27)."""

from __future__ import annotations

from podium.bootstrap import Podium
from podium.errors import Conflict, LimitReached, NotFound
from podium.model.conductor_json import JsonMap
from podium_functions.endpoint import TEXT, Answer, Routes

routes = Routes("Workflow", "/api/workflow")


@routes.post("/<workflow_id>/messages")
def push_message(podium: Podium, workflow_id: str, body: JsonMap) -> Answer:
    """Push a message to a running workflow; the answer is its id.

    What is refused is told in plain text here, and here alone.
    """
    try:
        message_id = podium.messages.push(workflow_id, body)
    except (NotFound, Conflict, LimitReached) as refused:
        return Answer(refused.status, refused.message, TEXT)
    return Answer(200, message_id, TEXT)
