"""Conductor's routes that Podium has not built: they answer 501, never a fake success.

A route that Conductor does not have is a 404 (reference 12, #14).
"""

from __future__ import annotations

import re
from typing import NoReturn

from podium.bootstrap import Podium
from podium.errors import NotImplementedYet
from podium_functions.endpoint import Routes

routes = Routes("Not built yet", "/api")

_UNBUILT = (
    ("PUT", "/workflow/<p1>/skiptask/<p2>"),
    ("POST", "/workflow/<p1>/rerun"),
    ("POST", "/workflow/<p1>/restart"),
    ("POST", "/workflow/<p1>/retry"),
    ("POST", "/workflow/<p1>/resetcallbacks"),
    ("GET", "/workflow/search-by-tasks"),
    ("GET", "/workflow/search-by-tasks-v2"),
    ("GET", "/workflow/externalstoragelocation"),
    ("GET", "/workflow/external-storage-location"),
    ("POST", "/workflow/test"),
    ("POST", "/workflow/<p1>/messages"),
    ("PUT", "/workflow/bulk/pause"),
    ("PUT", "/workflow/bulk/resume"),
    ("POST", "/workflow/bulk/restart"),
    ("POST", "/workflow/bulk/retry"),
    ("POST", "/workflow/bulk/terminate"),
    ("DELETE", "/workflow/bulk/remove"),
    ("DELETE", "/workflow/bulk/terminate-remove"),
    ("POST", "/workflow/bulk/search"),
    ("GET", "/tasks/search"),
    ("GET", "/tasks/search-v2"),
    ("GET", "/tasks/externalstoragelocation"),
    ("GET", "/tasks/external-storage-location"),
    ("GET", "/tasks/queue/all/verbose"),
    ("POST", "/tasks/queue/requeue/<p1>"),
    ("GET", "/queue"),
    ("GET", "/queue/size"),
    ("POST", "/queue/update/<p1>/<p2>/<p3>"),
    ("POST", "/queue/update/<p1>/task/<p2>/<p3>"),
    ("GET", "/admin/config"),
    ("GET", "/admin/task/<p1>"),
    ("POST", "/admin/sweep/requeue/<p1>"),
    ("POST", "/admin/consistency/verifyAndRepair/<p1>"),
    ("GET", "/admin/queues"),
    ("GET", "/environment"),
    ("GET", "/environment/<p1>"),
    ("GET", "/secrets"),
    ("POST", "/files"),
    ("GET", "/files/<p1>/<p2>/upload-url"),
    ("PUT", "/files/content/<p1>/<p2>"),
    ("GET", "/files/content/<p1>/<p2>"),
    ("POST", "/files/<p1>/<p2>/upload-complete"),
    ("GET", "/files/<p1>/<p2>/download-url"),
    ("GET", "/files/<p1>/<p2>"),
    ("POST", "/files/<p1>/<p2>/multipart"),
    ("GET", "/files/<p1>/<p2>/multipart/<p3>/part/<p4>"),
    ("POST", "/files/<p1>/<p2>/multipart/<p3>/complete"),
    ("DELETE", "/files/<p1>/<p2>/multipart/<p3>"),
    ("POST", "/scheduler/schedules"),
    ("GET", "/scheduler/schedules"),
    ("GET", "/scheduler/schedules/search"),
    ("GET", "/scheduler/schedules/<p1>"),
    ("DELETE", "/scheduler/schedules/<p1>"),
    ("PUT", "/scheduler/schedules/<p1>/pause"),
    ("PUT", "/scheduler/schedules/<p1>/resume"),
    ("GET", "/scheduler/nextFewSchedules"),
    ("GET", "/scheduler/admin/requeue"),
    ("GET", "/scheduler/admin/pause"),
    ("GET", "/scheduler/admin/resume"),
    ("GET", "/scheduler/search/executions"),
    ("PUT", "/scheduler/bulk/pause"),
    ("PUT", "/scheduler/bulk/resume"),
)


def _refuse(method: str, path: str) -> None:
    shown = re.sub(r"<\w+>", "{}", path)

    @routes.route(method, path)
    def refuse(_podium: Podium) -> NoReturn:
        """Answer that the route is not there yet."""
        raise NotImplementedYet(f"Podium does not answer {method} /api{shown} yet")


for _method, _path in _UNBUILT:
    _refuse(_method, _path)
