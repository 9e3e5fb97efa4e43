"""The workers' function: polls, apart from the rest of the API.

A held poll occupies its function for as long as it is held.  With a function of their
own, and a cap on it, idle workers take nothing from those who start workflows.
"""

from __future__ import annotations

from podium_functions.api import Api
from podium_functions.callers import identify_by
from podium_functions.limits import within_limits
from podium_functions.routes import ENDPOINTS
from podium_functions.runtime import Entrypoint, Handle, Runtime

POLLS = "/api/tasks/poll/"


def open_worker_api(runtime: Runtime) -> Handle:
    """Return the handler of API Gateway's events."""
    podium = runtime.build()
    polls = [one for one in ENDPOINTS if one.path.startswith(POLLS)]
    identify = identify_by(runtime.settings, podium)
    return within_limits(Api(podium, polls, identify=identify).handle)


handler = Entrypoint(open_worker_api)
