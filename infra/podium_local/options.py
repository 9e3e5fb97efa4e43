"""What the command line says to ``podium dev``."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from podium.eventing import Listeners


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says.

    With ``aws`` the home is an emulator at that address, where all names begin with
    ``prefix``; ``database`` and ``full_sync`` are the embedded home's.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    database: str = ".podium/podium.sqlite3"
    full_sync: bool = False
    asks_for_keys: bool = False
    retention_days: int = 0
    workflow_webhook: str | None = None
    task_webhook: str | None = None
    status_queue: str | None = None
    aws: str | None = None
    prefix: str = "podium-dev"

    @property
    def shown(self) -> dict[str, object]:
        """What administrators are shown: a webhook's address may hold a secret."""
        hidden = {"workflow_webhook", "task_webhook"}
        return {key: one for key, one in asdict(self).items() if key not in hidden}

    @property
    def listeners(self) -> Listeners:
        """Who is told of status changes."""
        return Listeners(self.workflow_webhook, self.task_webhook, self.status_queue)
