"""``podium lint``: what is wrong with definitions in files, as a compiler says it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

_DESCRIPTION = """\
Check workflow and task definitions before they are registered.  A file has one of them,
or a list.  Each finding is a line such as

    order.json:12:17: error: pay cannot have run before reserve [never-before]

and the exit status is 1 where one of them is an error.  A reference to a task that
cannot have run before, a JOIN on a reference that does not exist, or a loop without an
end is an error; a branch that is never reached is a warning.
"""


def add_lint(commands: Any) -> None:
    """Add ``lint`` to the command line."""
    lint = commands.add_parser(
        "lint",
        help="check definitions in files",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    lint.add_argument("files", nargs="+", type=Path, metavar="FILE")
    lint.add_argument(
        "--self-contained",
        action="store_true",
        help="the files are all there is: warn of workflows that none of them defines",
    )
    lint.set_defaults(run=_lint)


def _lint(given: argparse.Namespace) -> int:
    # Imported here so that --help answers at once.
    from podium_local.lint.report import report

    return report(given.files, is_self_contained=given.self_contained)
