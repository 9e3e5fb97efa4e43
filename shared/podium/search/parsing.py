"""From the text of a query to the value that it is (reference 6).

Conductor has two dialects, one for Elasticsearch and one for its SQL stores.  This is
the union of both::

    query       any { OR any }              AND binds closer than OR
    any         one { AND one }
    one         "(" query ")" | comparison
    comparison  field ( = | != | < | > | <= | >= ) value
                field [NOT] IN "(" value { "," value } ")"
                field BETWEEN value AND value
                field STARTS_WITH value
                field IS [NOT] NULL
    value       quoted by ' or ", a backslash escaping the next character, or bare

Keywords may be written in any case.  Conductor's Elasticsearch dialect has no
precedence (``a AND b OR c`` is ``a AND (b OR c)`` there); here it is the usual one.  A
bare value goes on to the next AND, OR or parenthesis, so it may contain blanks.
A field that is not known is not compared: such a comparison holds for everything.
"""

from __future__ import annotations

import re

from podium.errors import InvalidInput
from podium.search.expression import (
    EVERYTHING,
    WORKFLOW_FIELDS,
    Comparison,
    Expression,
    Fields,
    Kind,
    Operator,
    SortKey,
    all_of,
    any_of,
    number_of,
)


def parse_sort(text: str, fields: Fields = WORKFLOW_FIELDS) -> tuple[SortKey, ...]:
    """Return the keys of ``field:ASC|field2:DESC``; without an order it is ascending.

    Keys of unknown fields are left out, as Conductor does.
    """
    keys = []
    for part in filter(None, (part.strip() for part in text.split("|"))):
        field, _, order = (piece.strip() for piece in part.partition(":"))
        if order.upper() not in ("", "ASC", "DESC"):
            raise InvalidInput(
                f"Cannot sort by '{part}': expected {field}:ASC or :DESC"
            )
        if field in fields:
            keys.append(SortKey(field, order.upper() == "DESC"))
    return tuple(keys)


def parse_query(text: str, fields: Fields = WORKFLOW_FIELDS) -> Expression:
    """Return what a query asks for; an empty one asks for everything.

    Raises :class:`InvalidInput` that names the position and what was expected there.
    """
    return _Parser(text, fields).query()


# --- reading -----------------------------------------------------------------------

_FIELD = re.compile(r"[^\s=<>!()'\",]+")
_SYMBOL = re.compile(r"!=|<=|>=|=|<|>")
_WORD = re.compile(r"[^\s()]+")
_LIST_WORD = re.compile(r"[^\s(),]+")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_BLANKS = re.compile(r"\s*")
_DEEPEST = 50
_SYMBOLS: dict[str, Operator] = {
    "=": "=",
    "!=": "!=",
    "<": "<",
    ">": ">",
    "<=": "<=",
    ">=": ">=",
}
_WORDS: dict[tuple[str, ...], Operator] = {
    ("IS", "NOT", "NULL"): "IS NOT NULL",
    ("IS", "NULL"): "IS NULL",
    ("NOT", "IN"): "NOT IN",
    ("IN",): "IN",
    ("BETWEEN",): "BETWEEN",
    ("STARTS_WITH",): "STARTS_WITH",
}
_EXPECTED = {
    Kind.NUMBER: "a number",
    Kind.TIME: "a time, in epoch milliseconds or as ISO 8601",
}
_OPERATORS = "=, !=, <, >, <=, >=, IN, NOT IN, BETWEEN, STARTS_WITH or IS [NOT] NULL"


class _Parser:
    """One pass over a query; each method reads what it is named after."""

    def __init__(self, text: str, fields: Fields) -> None:
        self._text = text
        self._fields = fields
        self._at = 0
        self._depth = 0
        self._skip_blanks()

    def query(self) -> Expression:
        if self._ended():
            return EVERYTHING
        expression = self._alternatives()
        if not self._ended():
            raise self._expected("AND, OR or the end of the query")
        return expression

    def _alternatives(self) -> Expression:
        parts = [self._conjunction()]
        while self._keyword("OR"):
            parts.append(self._conjunction())
        return any_of(parts)

    def _conjunction(self) -> Expression:
        parts = [self._one()]
        while self._keyword("AND"):
            parts.append(self._one())
        return all_of(parts)

    def _one(self) -> Expression:
        if not self._symbol("("):
            return self._comparison()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._expected(f"at most {_DEEPEST} parentheses in one another")
        expression = self._alternatives()
        if not self._symbol(")"):
            raise self._expected("AND, OR or ')'")
        self._depth -= 1
        return expression

    def _comparison(self) -> Expression:
        found = _FIELD.match(self._text, self._at)
        if found is None:
            raise self._expected("a field or '('")
        self._pass(found)
        kind = self._fields.get(found[0])
        operator = self._operator()
        values = self._values(operator, kind or Kind.TEXT)
        return EVERYTHING if kind is None else Comparison(found[0], operator, values)

    def _operator(self) -> Operator:
        found = _SYMBOL.match(self._text, self._at)
        if found is not None:
            self._pass(found)
            return _SYMBOLS[found[0]]
        for words, operator in _WORDS.items():
            if self._keyword(*words):
                return operator
        raise self._expected(f"an operator ({_OPERATORS})")

    def _values(self, operator: Operator, kind: Kind) -> tuple[str, ...]:
        match operator:
            case "IS NULL" | "IS NOT NULL":
                return ()
            case "IN" | "NOT IN":
                return self._list(kind)
            case "BETWEEN":
                low = self._value(kind)
                if not self._keyword("AND"):
                    raise self._expected("AND and the upper value of BETWEEN")
                return low, self._value(kind)
            case "STARTS_WITH":
                return (self._value(Kind.TEXT),)
        return (self._value(kind, wildcards=operator in ("=", "!=")),)

    def _list(self, kind: Kind) -> tuple[str, ...]:
        if not self._symbol("("):
            raise self._expected("'(' and the values, with ',' between them")
        values = [self._value(kind, _LIST_WORD)]
        while self._symbol(","):
            values.append(self._value(kind, _LIST_WORD))
        if not self._symbol(")"):
            raise self._expected("',' or ')'")
        return tuple(values)

    def _value(
        self,
        kind: Kind,
        word: re.Pattern[str] = _WORD,
        *,
        wildcards: bool = False,
    ) -> str:
        at = self._at
        text = self._quoted() if self._text[at : at + 1] in ("'", '"') else None
        if text is None:
            text = self._bare(word)
        if kind is Kind.TEXT or (wildcards and "*" in text):
            return text
        try:
            return str(number_of(kind, text))
        except ValueError as failure:
            self._at = at
            raise self._expected(_EXPECTED[kind]) from failure

    def _quoted(self) -> str:
        found = _QUOTED.match(self._text, self._at)
        if found is None:
            raise self._expected("a closing quote after this one")
        self._pass(found)
        return _ESCAPE.sub(r"\1", found[1] if found[2] is None else found[2])

    def _bare(self, word: re.Pattern[str]) -> str:
        """Read words to the next keyword; only the first may contain an operator."""
        start = end = self._at
        if _SYMBOL.match(self._text, start):
            raise self._expected("a value")
        while found := word.match(self._text, self._at):
            if found[0].upper() in ("AND", "OR"):
                break
            if end > start and _SYMBOL.search(found[0]):
                raise self._expected("AND, OR or the end of the query")
            end = found.end()
            self._pass(found)
        if end == start:
            raise self._expected("a value")
        return self._text[start:end]

    def _keyword(self, *words: str) -> bool:
        """Pass these words, if they are what comes next."""
        began = self._at
        for word in words:
            end = self._at + len(word)
            follows = self._text[end : end + 1]
            if self._text[self._at : end].upper() != word or _FIELD.match(follows):
                self._at = began
                return False
            self._at = end
            self._skip_blanks()
        return True

    def _symbol(self, symbol: str) -> bool:
        if not self._text.startswith(symbol, self._at):
            return False
        self._at += len(symbol)
        self._skip_blanks()
        return True

    def _pass(self, found: re.Match[str]) -> None:
        self._at = found.end()
        self._skip_blanks()

    def _skip_blanks(self) -> None:
        found = _BLANKS.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _ended(self) -> bool:
        return self._at >= len(self._text)

    def _expected(self, what: str) -> InvalidInput:
        rest = self._text[self._at : self._at + 20]
        found = f"'{rest}'" if rest else "the end"
        return InvalidInput(
            f"Invalid query at position {self._at + 1}: expected {what}, found {found}"
        )
