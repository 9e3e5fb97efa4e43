"""Shares of what takes long, as options ask for them: ``all``, or ``2/4``."""

import pytest


def share_of(option, asked):
    """Return (2, 4) of ``2/4``, the second quarter, and (1, 1) of ``all``."""
    if asked == "all":
        return 1, 1
    part, _, parts = asked.partition("/")
    is_share = part.isdigit() and parts.isdigit() and 0 < int(part) <= int(parts)
    if not is_share:
        raise pytest.UsageError(f"{option}: expected all or such as 2/4, got {asked}")
    return int(part), int(parts)
