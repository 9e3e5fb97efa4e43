"""The search language: what a query means, whoever answers it (reference 6).

``expression`` has the values that a query is, ``parsing`` makes them from text, and
``matching`` says what they mean.
"""

from podium.search.expression import (
    EVERYTHING,
    TASK_FIELDS,
    WORKFLOW_FIELDS,
    And,
    Comparison,
    Everything,
    Expression,
    Fields,
    Kind,
    Operator,
    Or,
    SortKey,
    number_of,
)
from podium.search.matching import matches, matches_wildcards
from podium.search.parsing import parse_query, parse_sort

__all__ = [
    "EVERYTHING",
    "TASK_FIELDS",
    "WORKFLOW_FIELDS",
    "And",
    "Comparison",
    "Everything",
    "Expression",
    "Fields",
    "Kind",
    "Operator",
    "Or",
    "SortKey",
    "matches",
    "matches_wildcards",
    "number_of",
    "parse_query",
    "parse_sort",
]
