"""The JSONPath library, with regular expressions that come to an end (reference 4.12).

Python's own may take days for forty letters, ``(a+)+$`` and a text that nearly fits,
and nobody else does anything meanwhile.  Those of JSON schemas take time in proportion
to the text, or give up.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import jsonpath
from jsonpath.function_extensions import Match, Search

_FLAGS = ((re.IGNORECASE, "i"), (re.MULTILINE, "m"))
_PART = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\.", re.DOTALL)
"""A part of a pattern in which a point is no point, or one that is."""
_ANY = r"[\s\S]"


def is_found(pattern: str, text: str) -> bool:
    """Tell whether a pattern matches somewhere in a text; one that is none does not."""
    fits = _compiled(pattern)
    return fits is not None and fits(text)


def is_match(pattern: str, text: str, flags: int = 0) -> bool:
    """Tell whether a pattern matches a whole text."""
    given = "".join(letter for flag, letter in _FLAGS if flags & flag)
    if flags & re.DOTALL:  # the engine knows no such flag
        pattern = _PART.sub(lambda one: _ANY if one[0] == "." else one[0], pattern)
    return is_found(f"^(?{given}:{pattern})$", text)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Callable[[str], bool] | None:
    import jsonschema_rs

    try:
        return jsonschema_rs.validator_for({"pattern": pattern}, offline=True).is_valid
    except ValueError:
        return None


class _Literal:
    """What ``=~`` compares with."""

    def __init__(self, written: re.Pattern[str]) -> None:
        self._written = written

    def fullmatch(self, text: str) -> bool:
        return is_match(self._written.pattern, text, self._written.flags)


class _Match(Match):
    """The function ``match``."""

    def __call__(self, value: object, pattern: object) -> bool:
        are_texts = isinstance(value, str) and isinstance(pattern, str)
        return are_texts and is_match(str(pattern), str(value))


class _Search(Search):
    """The function ``search``."""

    def __call__(self, value: object, pattern: object) -> bool:
        are_texts = isinstance(value, str) and isinstance(pattern, str)
        return are_texts and is_found(str(pattern), str(value))


class _Environment(jsonpath.JSONPathEnvironment):
    """The library's own, but for patterns."""

    def setup_function_extensions(self) -> None:
        super().setup_function_extensions()
        self.function_extensions |= {"match": _Match(), "search": _Search()}

    def compare(self, left: object, operator: str, right: object) -> bool:
        if isinstance(right, re.Pattern):
            right = _Literal(right)
        return super().compare(left, operator, right)


ENVIRONMENT = _Environment()
