"""Which role may call which route.

The first rule that fits decides; an admin may call all.  A route without a rule is an
admin's alone, and a test says that there is none.  A GET that changes something, or
hands out the means to, stands before the rule for those that read.

==================  =================================================================
admin               everything
metadata-manager    defines workflows, tasks and event handlers; reads
workflow-manager    starts and steers workflows, schedules them; reads
worker              polls, reports and logs
read-only           reads
==================  =================================================================
"""

from __future__ import annotations

from dataclasses import dataclass

from podium.access.roles import Role

_ADMINS = frozenset({Role.ADMIN})
_EVERYONE = frozenset(Role)
_DEFINERS = frozenset({Role.METADATA_MANAGER})
_OPERATORS = frozenset({Role.WORKFLOW_MANAGER})
_WORKERS = frozenset({Role.WORKER})
_READERS = frozenset({Role.READ_ONLY}) | _DEFINERS | _OPERATORS

PUBLIC = frozenset({("POST", "/api/token")})
"""What is answered before anybody has a token."""
BY_LINK = frozenset(
    {
        ("GET", "/api/external-payloads/<token>"),
        ("PUT", "/api/external-payloads/<token>"),
    }
)
"""What is answered to whoever has a link: that is what opens it, and nothing else."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A method (or ``*``) and a path, in which ``*`` is any step and ``**`` any end."""

    method: str
    path: str
    roles: frozenset[Role]

    def fits(self, method: str, path: str) -> bool:
        """Tell whether this is a rule for the route."""
        if self.method not in {"*", method}:
            return False
        wanted, steps = self.path.split("/"), path.split("/")
        if wanted[-1] == "**":
            wanted.pop()
            steps = steps[: len(wanted)]
        return len(wanted) == len(steps) and all(
            one in {"*", step} for one, step in zip(wanted, steps, strict=True)
        )


RULES = (
    # --- the service itself
    Rule("GET", "/", _EVERYONE),
    Rule("GET", "/health", _EVERYONE),
    Rule("GET", "/api/health", _EVERYONE),
    Rule("GET", "/api/version", _EVERYONE),
    Rule("GET", "/api-docs", _EVERYONE),
    Rule("GET", "/context.js", _EVERYONE),
    Rule("GET", "/swagger-ui/**", _EVERYONE),
    Rule("POST", "/api/token", _EVERYONE),
    # --- tasks
    Rule("GET", "/api/tasks/poll/**", _WORKERS),
    Rule("GET", "/api/tasks/search", _READERS),
    Rule("GET", "/api/tasks/search-v2", _READERS),
    Rule("GET", "/api/tasks/externalstoragelocation", _WORKERS | _OPERATORS),
    Rule("GET", "/api/tasks/external-storage-location", _WORKERS | _OPERATORS),
    Rule("GET", "/api/tasks/**", _READERS | _WORKERS),
    Rule("POST", "/api/tasks/queue/requeue/*", _OPERATORS),
    Rule("POST", "/api/tasks/**", _WORKERS | _OPERATORS),
    Rule("*", "/api/external-payloads/*", _WORKERS | _OPERATORS),
    # --- workflows
    Rule("GET", "/api/workflow/externalstoragelocation", _OPERATORS),
    Rule("GET", "/api/workflow/external-storage-location", _OPERATORS),
    Rule("GET", "/api/workflow/execute/*", _OPERATORS),
    Rule("GET", "/api/workflow/**", _READERS),
    Rule("POST", "/api/workflow/*/correlated", _READERS),
    Rule("POST", "/api/workflow/correlated/batch", _READERS),
    Rule("POST", "/api/workflow/bulk/search", _READERS),
    Rule("POST", "/api/workflow/test", _DEFINERS | _OPERATORS),
    Rule("*", "/api/workflow/**", _OPERATORS),
    # --- definitions
    Rule("GET", "/api/metadata/taskdefs/**", _EVERYONE),
    Rule("GET", "/api/metadata/**", _READERS),
    Rule("*", "/api/metadata/**", _DEFINERS),
    Rule("GET", "/api/event/**", _READERS),
    Rule("*", "/api/event/**", _DEFINERS),
    # --- schedules
    Rule("*", "/api/scheduler/admin/**", _ADMINS),
    Rule("GET", "/api/scheduler/schedules/*/pause", _OPERATORS),
    Rule("GET", "/api/scheduler/schedules/*/resume", _OPERATORS),
    Rule("GET", "/api/scheduler/**", _READERS),
    Rule("*", "/api/scheduler/**", _OPERATORS),
    # --- files
    Rule("GET", "/api/files/*/*", _READERS | _WORKERS),
    Rule("GET", "/api/files/content/*/*", _READERS | _WORKERS),
    Rule("GET", "/api/files/*/*/download-url", _READERS | _WORKERS),
    Rule("*", "/api/files/**", _WORKERS | _OPERATORS),
    # --- the deployment
    Rule("GET", "/api/queue/**", _READERS),
    Rule("*", "/api/queue/**", _OPERATORS),
    Rule("GET", "/api/environment/**", _DEFINERS),
    Rule("GET", "/api/secrets", _DEFINERS),
    Rule("*", "/api/admin/**", _ADMINS),
)


def find_rule(method: str, path: str) -> Rule | None:
    """Return the rule that decides about a route."""
    return next((rule for rule in RULES if rule.fits(method, path)), None)


def roles_of(method: str, path: str) -> frozenset[Role]:
    """Return the roles that open a route."""
    rule = find_rule(method, path)
    return rule.roles if rule else _ADMINS
