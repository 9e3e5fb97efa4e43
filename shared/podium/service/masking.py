"""``maskedFields``: what of an execution is shown to nobody (reference 2.2, 4.11).

The engine, its workers and the archive have everything as it is: it is hidden where it
is shown, and from the search rows, which are for nothing else.  A field is masked by
its name, wherever in an input, an output or the variables it stands.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from podium.nested import changed

MASK = "***"


def mask(value: Any, names: Collection[str]) -> Any:
    """Return a JSON value with the values of these fields hidden."""
    if not names:
        return value
    hidden = frozenset(names)
    return changed(value, lambda name, one: MASK if name in hidden else one)
