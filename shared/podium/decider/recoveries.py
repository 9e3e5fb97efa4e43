"""Which rule obeys which of the commands that steer a workflow back (reference 4.8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from podium.decider import commands as cmd
from podium.decider.recovery import child_revived, restart, retry, revive
from podium.decider.rerunning import rerun
from podium.decider.skipping import reset_callbacks, skip_task
from podium.decider.turn import Turn

RECOVERIES: dict[type, Callable[[Turn, Any], None]] = {
    cmd.Restart: restart,
    cmd.Retry: retry,
    cmd.Rerun: rerun,
    cmd.ChildRevived: child_revived,
    cmd.Revive: revive,
    cmd.SkipTask: skip_task,
    cmd.ResetCallbacks: reset_callbacks,
}
"""The workflow is run once a command of these is obeyed."""
