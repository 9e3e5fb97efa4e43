"""What jq programs read of their document, found by looking at their text."""

import re

from script_reading import BY_DEFAULT
from shapes import Shape

_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\.)*")|\bas\s+\$(?P<bound>\w+)"""
    r"""|(?P<chain>(?:\$\w+|(?<![\w\])}]))"""
    r"""(?:\.(?:\["\w+"\]|"\w+"|\w+)|\.?\[\s*\d*\s*\]|\?)+)"""
    r"""|(?P<whole>(?<![\w.])\.(?![\w."\[]))|(?P<variable>\$\w+)"""
    r"""|(?P<call>\b\w+\s*\()|(?P<word>\w+)"""
    r"""|(?P<default>//\s*(?:\[\]|\{\}|""|\d+|false))|(?P<sign>[|,;:(){}\[\]])"""
)
_CHAIN = re.compile(r"(\$\w+)?(.*)", re.DOTALL)
_STEP = re.compile(r"""\.(?:\[?")?(\w+)(?:"\]?)?|\[\s*(\d*)\s*\]""")
_KINDS = {
    **dict.fromkeys(("split", "test", "ascii_downcase", "ascii_upcase"), "text"),
    **dict.fromkeys(("ltrimstr", "startswith", "endswith", "sub", "gsub"), "text"),
    **dict.fromkeys(("capture", "match"), "text"),
    **dict.fromkeys(("join", "unique", "sort", "add", "last", "index"), "list"),
    **dict.fromkeys(("floor", "round", "tostring"), "number"),
    "fromjson": "json",
}
_MAKES_ANOTHER = ("from_entries", "length", "keys", "add", "tostring", "fromjson")
_OVER_ITEMS = ("map", "sort_by", "group_by", "unique_by", "min_by", "max_by")


class _Frame:
    """One level of brackets: what ``.`` is at its begin and now, what was read last."""

    def __init__(self, begin):
        self.begin = begin
        self.present = begin
        self.last = None


def read_jq(program, shape):
    """Note in ``shape``, that of the document, what a program does with its parts."""
    reading = _Reading(shape)
    for token in _TOKEN.finditer(program):
        reading.take(token)


class _Reading:
    """One pass over a program; what cannot be followed is not noted."""

    def __init__(self, shape):
        self._frames = [_Frame(shape)]
        self._bound = {}
        self._by_group = {
            "bound": self._bind,
            "chain": self._chain,
            "whole": self._whole,
            "variable": self._variable,
            "call": self._call,
            "word": self._word,
            "default": self._default,
            "sign": self._sign,
        }

    @property
    def _frame(self):
        return self._frames[-1]

    def take(self, token):
        read = self._by_group.get(token.lastgroup)
        if read is not None:
            read(token[token.lastgroup])

    def _bind(self, name):
        self._bound[f"${name}"] = self._frame.last
        self._frame.last = self._frame.begin

    def _chain(self, text):
        name, steps = _CHAIN.match(text).groups()
        shape = self._bound.get(name) if name else self._frame.present
        for step in _STEP.finditer(steps) if shape is not None else ():
            shape = shape.key(step[1]) if step[1] else shape.element()
        self._frame.last = shape

    def _whole(self, _text):
        self._frame.last = self._frame.present

    def _variable(self, name):
        self._frame.last = self._bound.get(name)

    def _call(self, text):
        name = text.rstrip("( \n")
        self._word(name)
        inner = self._frame.present
        if name in _OVER_ITEMS and inner is not None:
            inner = inner.element()
        self._frames.append(_Frame(inner))

    def _word(self, name):
        piped = self._frame.present
        if piped is None:
            return
        if name in _KINDS:
            piped.kind = piped.kind or _KINDS[name]
        if name == "to_entries":
            self._frame.last = Shape()
            self._frame.last.element().keys["value"] = piped.element()
        elif name in _MAKES_ANOTHER:
            self._frame.last = None

    def _default(self, text):
        if self._frame.last is not None:
            kind = BY_DEFAULT.get(text[2:].strip(), "number")
            self._frame.last.kind = self._frame.last.kind or kind

    def _sign(self, sign):
        frame = self._frame
        if sign in "|;":
            frame.present = frame.last
        elif sign in ",:":
            frame.present, frame.last = frame.begin, None
        elif sign in "({[":
            self._frames.append(_Frame(frame.present))
        elif len(self._frames) > 1:
            last = self._frames.pop().last
            self._frame.last = last if sign == ")" else None
