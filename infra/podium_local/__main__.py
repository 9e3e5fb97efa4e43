"""The command ``podium``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version

from podium.errors import PodiumError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = build_parser()
    given = parser.parse_args(arguments)
    try:
        return int(given.run(given))
    except PodiumError as failure:
        print(f"podium: {failure.message}", file=sys.stderr)
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
        description="Run API, system tasks and timers in one process, on SQLite.",
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
    dev.add_argument(
        "--db",
        default=".podium/podium.sqlite3",
        metavar="PATH",
        help="database file, or :memory: (%(default)s)",
    )
    dev.add_argument(
        "--full-sync",
        action="store_true",
        help="survive power cuts too, at the price of a disk sync per decision",
    )
    dev.add_argument(
        "--demo",
        action="store_true",
        help="also run an order through a workflow with workers of its own",
    )
    dev.set_defaults(run=_dev)
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"expected 0 to 65535, got {text!r}")
    return int(text)


def _dev(given: argparse.Namespace) -> int:
    # Imported here so that --help and --version answer at once.
    from podium_local.dev import Options, run
    from podium_local.logs import set_up_logs

    set_up_logs()
    options = Options(given.host, given.port, given.db, given.full_sync)
    if given.demo:
        from podium_local.demo.run import demo

        run(options, demo)
    else:
        run(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
