"""The table of roles: no route without a rule, and what the rules come to."""

import pytest

from podium.access.roles import Caller, Role
from podium_functions.route_roles import PUBLIC, Rule, find_rule, roles_of
from podium_functions.routes import ENDPOINTS

ADMIN, DEFINER, OPERATOR, WORKER, READER = Role


def test_every_endpoint_has_a_rule():
    bare = [
        (one.method, one.path)
        for one in ENDPOINTS
        if find_rule(one.method, one.path) is None
    ]

    assert [] == bare


def test_only_what_gives_out_tokens_is_public():
    assert {("POST", "/api/token")} == PUBLIC


def test_a_route_without_a_rule_is_an_admins_alone():
    assert {ADMIN} == roles_of("GET", "/api/new")
    assert {ADMIN} == roles_of("PATCH", "/health")


@pytest.mark.parametrize(
    "endpoint", ENDPOINTS, ids=lambda one: f"{one.method} {one.path}"
)
def test_an_admin_may_call_every_route(endpoint):
    admin = Caller("root", frozenset({ADMIN}))

    assert admin.may_call(roles_of(endpoint.method, endpoint.path))


def test_nobody_without_a_role_may_call_any():
    nobody = Caller("nobody", frozenset())

    assert not any(nobody.may_call(roles_of(one.method, one.path)) for one in ENDPOINTS)


@pytest.mark.parametrize(
    ("route", "who"),
    [
        ("GET /health", {DEFINER, OPERATOR, WORKER, READER}),
        ("GET /api/tasks/poll/<tasktype>", {WORKER}),
        ("GET /api/tasks/poll/batch/<tasktype>", {WORKER}),
        ("POST /api/tasks", {WORKER, OPERATOR}),
        ("POST /api/tasks/update-v2", {WORKER, OPERATOR}),
        ("POST /api/tasks/<task_id>/log", {WORKER, OPERATOR}),
        ("POST /api/tasks/<workflow_id>/<ref>/<status>", {WORKER, OPERATOR}),
        ("GET /api/tasks/<task_id>", {WORKER, OPERATOR, DEFINER, READER}),
        ("GET /api/tasks/queue/all", {WORKER, OPERATOR, DEFINER, READER}),
        ("GET /api/tasks/search", {OPERATOR, DEFINER, READER}),
        ("POST /api/tasks/queue/requeue/<p1>", {OPERATOR}),
        ("GET /api/tasks/externalstoragelocation", {WORKER, OPERATOR}),
        ("GET /api/workflow/externalstoragelocation", {OPERATOR}),
        ("POST /api/workflow", {OPERATOR}),
        ("POST /api/workflow/<name>", {OPERATOR}),
        ("POST /api/workflow/execute/<name>/<version>", {OPERATOR}),
        ("DELETE /api/workflow/<workflow_id>/remove", {OPERATOR}),
        ("PUT /api/workflow/bulk/pause", {OPERATOR}),
        ("POST /api/workflow/bulk/search", {OPERATOR, DEFINER, READER}),
        ("GET /api/workflow/<workflow_id>", {OPERATOR, DEFINER, READER}),
        ("GET /api/workflow/execute/<name>", {OPERATOR}),
        ("GET /api/workflow/search", {OPERATOR, DEFINER, READER}),
        ("POST /api/workflow/<name>/correlated", {OPERATOR, DEFINER, READER}),
        ("POST /api/workflow/test", {OPERATOR, DEFINER}),
        ("POST /api/workflow/correlated/batch", {OPERATOR, DEFINER, READER}),
        ("POST /api/workflow/execute/<name>", {OPERATOR}),
        ("POST /api/workflow/<workflow_id>/variables", {OPERATOR}),
        ("POST /api/workflow/<workflow_id>/state", {OPERATOR}),
        ("DELETE /api/workflow/bulk/remove", {OPERATOR}),
        ("GET /context.js", {DEFINER, OPERATOR, WORKER, READER}),
        ("PUT /api/metadata/workflow", {DEFINER}),
        ("DELETE /api/metadata/workflow/<name>/<version>", {DEFINER}),
        ("POST /api/metadata/workflow/validate", {DEFINER}),
        ("GET /api/metadata/workflow/<name>", {OPERATOR, DEFINER, READER}),
        ("GET /api/metadata/taskdefs", {WORKER, OPERATOR, DEFINER, READER}),
        ("POST /api/metadata/taskdefs", {DEFINER}),
        ("POST /api/event", {DEFINER}),
        ("GET /api/event/<event>", {OPERATOR, DEFINER, READER}),
        ("GET /api/scheduler/schedules", {OPERATOR, DEFINER, READER}),
        ("POST /api/scheduler/schedules", {OPERATOR}),
        ("GET /api/scheduler/schedules/<name>/pause", {OPERATOR}),
        ("GET /api/scheduler/admin/requeue", set()),
        ("GET /api/files/<p1>/<p2>/upload-url", {WORKER, OPERATOR}),
        ("GET /api/files/<p1>/<p2>/download-url", {WORKER, OPERATOR, DEFINER, READER}),
        ("GET /api/environment", {DEFINER}),
        ("GET /api/secrets", {DEFINER}),
        ("GET /api/admin/config", set()),
        ("POST /api/admin/sweep/requeue/<p1>", set()),
    ],
)
def test_who_may_call_what(route, who):
    method, path = route.split(" ")
    allowed = {
        role
        for role in Role
        if Caller("one", frozenset({role})).may_call(roles_of(method, path))
    }

    assert who | {ADMIN} == allowed


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/a", "/a", True),
        ("/a", "/a/b", False),
        ("/a/*", "/a/b", True),
        ("/a/*", "/a", False),
        ("/a/*", "/a/b/c", False),
        ("/a/*/c", "/a/b/c", True),
        ("/a/**", "/a", True),
        ("/a/**", "/a/b/c", True),
        ("/a/**", "/ab", False),
        ("/a/**", "/b/a", False),
        ("/", "/", True),
        ("/", "/a", False),
    ],
)
def test_a_pattern_fits_whole_steps(pattern, path, fits):
    assert fits == Rule("GET", pattern, frozenset()).fits("GET", path)
    assert fits == Rule("*", pattern, frozenset()).fits("PUT", path)
    assert not Rule("GET", pattern, frozenset()).fits("PUT", path)
