"""Messages that clients push to running workflows (reference 1.1 #27, 8.2)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from podium.decider.commands import PushMessage
from podium.errors import NotFound
from podium.ports import Home
from podium.service.engine import Engine
from podium.service.reports import encode

_UUID_BITS = 128


class WorkflowMessages:
    """The way into a workflow's messages; its tasks take them out."""

    def __init__(self, home: Home, engine: Engine) -> None:
        self._home = home
        self._engine = engine

    def push(self, workflow_id: str, payload: Mapping[str, Any]) -> str:
        """Give a running workflow a message, and return the message's id.

        It is not left to the decider's queue where others keep coming: whether there
        is room for it has to be known.
        """
        message_id = str(uuid.UUID(int=self._home.draw(_UUID_BITS), version=4))
        command = PushMessage(id=message_id, payload=encode(payload))
        try:
            self._engine.run(workflow_id, command)
        except NotFound:
            raise NotFound(f"Workflow not found: {workflow_id}") from None
        return message_id
