"""The OpenAPI document and a page to try it (reference 1.0)."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from importlib.resources import files

from podium.bootstrap import Podium
from podium.service.execution_view import JsonObject
from podium_functions.endpoint import Answer, Routes

routes = Routes("Documentation", "")

PAGE = "/swagger-ui/index.html"
_ASSETS = "aws_lambda_powertools.event_handler.openapi.swagger_ui"
_HTML = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Podium API</title>
<link rel="stylesheet" href="swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="swagger-ui-bundle.js"></script>
<script>
  SwaggerUIBundle({url: "../api-docs", dom_id: "#api", docExpansion: "none"});
</script>
</body>
</html>
"""


@routes.get("/api-docs")
def get_document(_podium: Podium) -> JsonObject:
    """Get this document."""
    from podium_functions.openapi import describe
    from podium_functions.routes import ENDPOINTS

    return describe(ENDPOINTS)


@routes.get(PAGE)
def get_page(_podium: Podium) -> Answer:
    """Get a page to try the API with."""
    return Answer(HTTPStatus.OK, _HTML, "text/html; charset=utf-8")


@routes.get("/swagger-ui/swagger-ui.css")
def get_style(_podium: Podium) -> Answer:
    """Get the page's style."""
    return Answer(HTTPStatus.OK, _asset("swagger-ui.min.css"), "text/css")


@routes.get("/swagger-ui/swagger-ui-bundle.js")
def get_script(_podium: Podium) -> Answer:
    """Get the page's script."""
    return Answer(HTTPStatus.OK, _asset("swagger-ui-bundle.min.js"), "text/javascript")


@lru_cache(maxsize=2)
def _asset(name: str) -> str:
    """Read what Powertools ships of Swagger UI."""
    return files(_ASSETS).joinpath(name).read_text()


@routes.get("/")
@routes.get("/swagger-ui")
def show_page(_podium: Podium) -> Answer:
    """Lead to the page."""
    return Answer(HTTPStatus.FOUND, headers={"Location": PAGE})
