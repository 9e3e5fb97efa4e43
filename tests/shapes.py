"""What is known of a value that a definition reads, and a value made to fit it."""

import re
import zlib

_BOOLEANS = re.compile(
    r"^(is|has|should|can|allow|enable|use|force|dry|include|skip|require)(?=_|[A-Z]|$)"
    r"|(ed|able|ready|success|done|ok|flag|active|complete)$"
)
_NUMBERS = re.compile(
    r"(count|num|number|size|limit|max|min|amount|price|total|qty|quantity|age|score"
    r"|iterations?|index|version|port|width|height|percent|rate|days|hours|minutes"
    r"|seconds|timeout|threshold|loop|passes|steps|waves|budget\w*|n|id)$",
    re.IGNORECASE,
)
_PLURALS = re.compile(r"(list|items|array|[^sui]s)$", re.IGNORECASE)


class Shape:
    """A value seen through its uses.

    ``values`` are what it is compared with, the strongest hint; then what is read
    inside it (``keys``, ``item``), then its ``kind``; at last its name is a hint.
    """

    def __init__(self):
        self.values = []
        self.keys = {}
        self.item = None
        self.kind = None

    def key(self, name):
        return self.keys.setdefault(name, Shape())

    def element(self):
        if self.item is None:
            self.item = Shape()
        return self.item

    def at(self, steps):
        shape = self
        for step in steps:
            shape = shape.element() if isinstance(step, int) else shape.key(step)
        return shape

    def compare(self, *values):
        self.values += [value for value in values if not self._has(value)]

    def _has(self, value):
        return any(type(one) is type(value) and one == value for one in self.values)

    def take(self, other):
        """Learn what is known of another shape that has the same value."""
        if other is self:
            return
        self.compare(*other.values)
        self.kind = self.kind or other.kind
        for name, inner in list(other.keys.items()):
            self.key(name).take(inner)
        if other.item is not None:
            self.element().take(other.item)

    # --- a value ---------------------------------------------------------------

    def make(self, name, salt, turn=0):
        """Return a value; another ``turn`` may give another one to choose from."""
        if self.values:
            draw = zlib.crc32(f"{name}/{salt}".encode())
            return self.values[(draw + turn) % len(self.values)]
        if self.item is not None or self.kind == "list":
            item = self.item or self.element()
            return [item.make(f"{name}{n}", salt, turn) for n in (1, 2)]
        if self.keys:
            return {key: one.make(key, salt, turn) for key, one in self.keys.items()}
        return _BY_KIND[self.kind](name) if self.kind else _by_name(name)


_BY_KIND = {
    "text": lambda name: f"some-{name}",
    "number": lambda _name: 3,
    "boolean": lambda _name: True,
    "map": lambda name: {"name": f"some-{name}"},
    "json": lambda name: f'{{"name": "some-{name}"}}',
}


def _by_name(name):
    if _BOOLEANS.search(name):
        return True
    if _NUMBERS.search(name):
        return 3
    if re.search(r"ur[li]|link|endpoint", name, re.IGNORECASE):
        return f"http://scripted.test/{name}"
    if _PLURALS.search(name):
        return [f"some-{name}-1", f"some-{name}-2"]
    return f"some-{name}"
