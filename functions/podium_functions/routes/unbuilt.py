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
)


def _refuse(method: str, path: str) -> None:
    shown = re.sub(r"<\w+>", "{}", path)

    @routes.route(method, path)
    def refuse(_podium: Podium) -> NoReturn:
        """Answer that the route is not there yet."""
        raise NotImplementedYet(f"Podium does not answer {method} /api{shown} yet")


for _method, _path in _UNBUILT:
    _refuse(_method, _path)
