"""``podium access``: applications, keys and signing keys, from the command line.

On a deployment it runs with the operator's own AWS credentials; ``--stack`` names the
deployment, or else the variables that the functions have (``PODIUM_CATALOG_TABLE`` and
the like) do.  ``--db`` names an embedded home's file instead.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from podium.access.roles import Role
from podium.errors import InvalidInput

if TYPE_CHECKING:
    from podium.access.administration import Administration
    from podium.ports import Home
    from podium.settings import AwsSettings


def add_access(commands: Any) -> None:
    """Add ``access`` and its own commands to the command line."""
    access = commands.add_parser(
        "access",
        help="say who may call, and with which keys",
        description="Change who may call a deployment, or with --db an embedded home.",
    )
    home = access.add_mutually_exclusive_group()
    home.add_argument("--db", metavar="PATH", help="an embedded home's database file")
    home.add_argument("--stack", metavar="NAME", help="the stack of the deployment")
    asked = access.add_subparsers(required=True, metavar="command")

    create = asked.add_parser("create-application", help="make an application")
    create.add_argument("name")
    create.add_argument(
        "--role",
        action="append",
        required=True,
        choices=[role.value for role in Role],
        help="what it may do; may be given more than once",
    )
    create.set_defaults(run=_create_application)

    key = asked.add_parser("create-key", help="make a key and show its secret, once")
    key.add_argument("name", help="the application")
    key.set_defaults(run=_create_key)

    listed = asked.add_parser("list", help="list applications and keys")
    listed.set_defaults(run=_list)

    revoke = asked.add_parser("revoke", help="remove a key, or an application")
    revoke.add_argument("name", metavar="name-or-key", help="which one")
    revoke.set_defaults(run=_revoke)

    rotate = asked.add_parser("rotate-signing-key", help="sign with a new key soon")
    rotate.add_argument(
        "--at-once",
        action="store_true",
        help="for a key that leaked: every token given out so far ends now",
    )
    rotate.set_defaults(run=_rotate)


# --- commands ------------------------------------------------------------------------


def _create_application(given: argparse.Namespace) -> int:
    with _administration(given) as access:
        made = access.create_application(
            given.name, frozenset(Role(one) for one in given.role)
        )
    print(f"Application {made.name}: {_shown(made.roles)}")
    return 0


def _create_key(given: argparse.Namespace) -> int:
    """Print the variables that Conductor's clients read; only they go to stdout."""
    with _administration(given) as access:
        credentials = access.create_key(given.name)
    print(f"CONDUCTOR_AUTH_KEY={credentials.key_id}")
    print(f"CONDUCTOR_AUTH_SECRET={credentials.secret}")
    print("The secret is not kept: nobody can show it again.", file=sys.stderr)
    return 0


def _list(given: argparse.Namespace) -> int:
    with _administration(given) as access:
        applications, signing_keys = access.applications(), access.signing_keys()
    for application in applications:
        print(f"{application.name}  {_shown(application.roles)}")
        for key in application.keys:
            print(f"  {key.id}  since {_time(key.created_at)}")
    for one in signing_keys:
        print(f"signing key {one.kid}  from {_time(one.active_from)}")
    return 0


def _revoke(given: argparse.Namespace) -> int:
    with _administration(given) as access:
        access.revoke(given.name)
    print(f"Revoked {given.name}; its tokens end within half a minute")
    return 0


def _rotate(given: argparse.Namespace) -> int:
    with _administration(given) as access:
        made = access.rotate_signing_key(at_once=given.at_once)
    print(f"Tokens are signed with {made.kid} from {_time(made.active_from)}")
    return 0


def _shown(roles: frozenset[Role]) -> str:
    return ", ".join(sorted(roles))


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds // 1000, UTC).isoformat()


# --- homes ---------------------------------------------------------------------------


@contextmanager
def _administration(given: argparse.Namespace) -> Iterator[Administration]:
    # Imported here so that --help answers at once.
    from podium.access.administration import Administration

    with _home(given) as home:
        yield Administration(
            home.clock, home.draw, home.applications, home.signing_keys
        )


@contextmanager
def _home(given: argparse.Namespace) -> Iterator[Home]:
    from podium.clock import SystemClock

    if given.db is None:
        from podium.adapters.aws_home import open_aws_home

        settings = _settings(given.stack)
        yield open_aws_home(settings, clock=SystemClock(), draw=secrets.randbits).home
        return
    from podium.adapters.sqlite.home import open_home

    if not Path(given.db).exists():
        # A key in a file that nobody serves from would look as if it were made.
        raise InvalidInput(f"--db: there is no {given.db}; podium dev makes it")
    opened = open_home(given.db, clock=SystemClock(), draw=secrets.randbits)
    try:
        yield opened.home
    finally:
        opened.close()


def _settings(stack: str | None) -> AwsSettings:
    from podium_local.stack import outputs_of, settings_at_hand, settings_of

    if stack is None:
        return settings_at_hand(os.environ, "--stack NAME, or --db PATH")
    endpoint_url = os.environ.get("AWS_ENDPOINT_URL")
    return settings_of(outputs_of(stack), endpoint_url=endpoint_url)
