"""The command ``podium``."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from importlib.metadata import version

from podium.errors import InvalidInput, PodiumError
from podium_local.access import add_access
from podium_local.doctor import add_doctor
from podium_local.lint import add_lint

_LONGEST_RETENTION = 36_500
_INTERRUPTED = 130
"""The exit status of what Ctrl-C ended, as shells have it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = build_parser()
    given = parser.parse_args(arguments)
    try:
        return int(given.run(given))
    except PodiumError as failure:
        print(f"podium: {failure.message}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    except ModuleNotFoundError as missing:
        # The SDK does without what `podium dev` and the others need.
        if (missing.name or "podium").startswith("podium"):
            raise
        said = f"there is no {missing.name} here; podium's extra `local` installs it"
        print(f"podium: {said}", file=sys.stderr)
        return 1


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="podium", description="Conductor without the server."
    )
    parser.add_argument(
        "--version", action="version", version=f"podium {version('podium')}"
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    dev = commands.add_parser(
        "dev",
        help="run the whole service in this process",
        description="Run API, system tasks and timers in one process, on SQLite, or "
        "with --aws on an emulator of AWS.",
    )
    dev.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (%(default)s)"
    )
    dev.add_argument(
        "--port",
        type=_port,
        default=8080,
        help="port to listen on, 0 for any that is free (%(default)s)",
    )
    _add_home(dev)
    dev.add_argument(
        "--demo",
        action="store_true",
        help="also run an order through a workflow with workers of its own",
    )
    dev.add_argument(
        "--auth",
        choices=("open", "keys"),
        default="open",
        help="keys: ask for the tokens of access keys (%(default)s)",
    )
    dev.add_argument(
        "--retention-days",
        type=_days,
        default=0,
        metavar="N",
        help="archive workflows N days after their end, 0 for never (%(default)s)",
    )
    _add_listeners(dev)
    dev.set_defaults(run=_dev)
    add_access(commands)
    add_doctor(commands)
    add_lint(commands)
    return parser


def _add_home(dev: argparse.ArgumentParser) -> None:
    """Add where the data is."""
    home = dev.add_mutually_exclusive_group()
    home.add_argument(
        "--db",
        default=".podium/podium.sqlite3",
        metavar="PATH",
        help="database file, or :memory: (%(default)s)",
    )
    home.add_argument(
        "--aws",
        metavar="URL",
        help="an emulator of AWS, such as http://localhost:4566; AWS itself is never "
        "asked, for the credentials are made up",
    )
    dev.add_argument(
        "--prefix",
        type=_prefix,
        default="podium-dev",
        metavar="NAME",
        help="with --aws: the stack of tables, queues and bucket, which is made where "
        "it is not there, and what their names begin with (%(default)s)",
    )
    dev.add_argument(
        "--full-sync",
        action="store_true",
        help="with --db: survive power cuts too, at the price of a disk sync per "
        "decision",
    )


def _prefix(text: str) -> str:
    if not re.fullmatch("[a-z][a-z0-9-]{0,19}", text):
        raise argparse.ArgumentTypeError(
            f"expected a letter, then up to 19 of a-z0-9-, got {text!r}"
        )
    return text


def _add_listeners(dev: argparse.ArgumentParser) -> None:
    """Add who is told of status changes (reference 5.2)."""
    listeners = dev.add_argument_group("listeners, told of status changes")
    listeners.add_argument(
        "--workflow-webhook",
        type=_url,
        default=os.environ.get("PODIUM_WORKFLOW_WEBHOOK") or None,
        metavar="URL",
        help="post changes of workflows here",
    )
    listeners.add_argument(
        "--task-webhook",
        type=_url,
        default=os.environ.get("PODIUM_TASK_WEBHOOK") or None,
        metavar="URL",
        help="post changes of tasks here",
    )
    listeners.add_argument(
        "--status-queue",
        type=_sink,
        default=os.environ.get("PODIUM_STATUS_QUEUE") or None,
        metavar="SINK",
        help="publish workflows that ended: conductor, or sqs:<queue>",
    )


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"expected http(s)://..., got {text!r}")
    return text


def _sink(text: str) -> str:
    if not re.fullmatch("conductor|(sqs|sns|eventbridge|kafka):.+", text):
        raise argparse.ArgumentTypeError(
            f"expected conductor, or such as sqs:<queue>, got {text!r}"
        )
    return text


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"expected 0 to 65535, got {text!r}")
    return int(text)


def _days(text: str) -> int:
    if not text.isdigit() or int(text) > _LONGEST_RETENTION:
        raise argparse.ArgumentTypeError(f"expected a number of days, got {text!r}")
    return int(text)


def _dev(given: argparse.Namespace) -> int:
    # Imported here so that --help and --version answer at once.
    from podium_local.dev import run
    from podium_local.ending import leave_behind
    from podium_local.logs import set_up_logs
    from podium_local.options import Options

    set_up_logs()
    options = Options(
        given.host,
        given.port,
        given.db,
        given.full_sync,
        given.auth == "keys",
        given.retention_days,
        given.workflow_webhook,
        given.task_webhook,
        given.status_queue,
        given.aws,
        given.prefix,
    )
    if options.full_sync and options.aws is not None:
        raise InvalidInput("--full-sync: is for --db, an emulator syncs as it likes")
    if given.demo:
        if options.asks_for_keys:
            raise InvalidInput("--demo: its workers have no keys, so --auth is open")
        from podium_local.demo.run import demo

        run(options, demo)
    else:
        run(options)
    leave_behind(0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
