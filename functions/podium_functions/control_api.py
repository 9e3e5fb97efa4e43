"""The API's function: every route of Conductor's."""

from __future__ import annotations

from podium_functions.api import Api
from podium_functions.callers import identify_by
from podium_functions.limits import within_limits
from podium_functions.runtime import Entrypoint, Handle, Runtime


def open_control_api(runtime: Runtime) -> Handle:
    """Return the handler of events of API Gateway and of the Function URL."""
    podium = runtime.build()
    identify = identify_by(runtime.settings, podium)
    return within_limits(Api(podium, identify=identify).handle)


handler = Entrypoint(open_control_api)
