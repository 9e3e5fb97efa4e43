"""What scripts read of their input, found by looking at their text."""

import re

_KEYED = r"""\[\s*(?:'[^']*'|"[^"]*"|[\w.]+(?:\s*[-+]\s*\d+)?)\s*\]"""
_STEPS = rf"(?:\s*\??\.\s*[A-Za-z_]\w*|(?:\?\.)?{_KEYED})+"
_STEP = re.compile(rf"\??\.\s*([A-Za-z_]\w*)|({_KEYED})")
_LITERAL = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false"""
_COMPARED = re.compile(rf"\s*\)?\s*(===?|!==?|<=?|>=?)\s*({_LITERAL})(?![\w.])")
_ORDERED = re.compile(r"\s*[<>]=?\s*$")
_CALCULATED = re.compile(r"\s*(?:[-*/%]\s*[\w($]|[<>]=?\s*[\w($])")
_GOT = re.compile(r"""\(\s*['"](\w+)['"]\s*\)""")
_OR_ELSE = re.compile(r"\s*\|\|\s*(\[\]|\{\}|''|\"\"|0|false)")

_OF_LISTS = frozenset(
    {
        *("length", "map", "filter", "forEach", "reduce", "push", "some", "every"),
        *("find", "findIndex", "join", "sort", "flatMap", "concat", "reverse", "get"),
    }
)
_OF_TEXTS = frozenset(
    {
        *("split", "trim", "toLowerCase", "toUpperCase", "replace", "match", "charAt"),
        *(
            "substring",
            "substr",
            "startsWith",
            "endsWith",
            "replaceAll",
            "localeCompare",
        ),
    }
)
_OF_EITHER = frozenset({"includes", "indexOf", "slice", "toString", "hasOwnProperty"})
_OF_NUMBERS = frozenset({"toFixed"})
BY_DEFAULT = {
    "[]": "list",
    "{}": "map",
    "''": "text",
    '""': "text",
    "0": "number",
    "false": "boolean",
}


def literal(text):
    if text in ("true", "false"):
        return text == "true"
    if text[0] in "'\"":
        return text[1:-1]
    return float(text) if "." in text else int(text)


def read_javascript(script, shape):
    """Note in ``shape``, that of ``$``, what a script does with its parts."""
    known = {"$": shape}
    for _ in range(3):
        for name in list(known):
            _read_name(script, name, known)


def _read_name(script, name, known):
    begin = r"(?<![\w.$'\"])" + re.escape(name)
    for found in re.finditer(rf"{begin}(?P<steps>{_STEPS})", script):
        _read_chain(script, found, known[name], known)
    if name == "$":
        return
    for found in re.finditer(rf"{begin}(?![\w])", script):
        _note_use(script, found.start(), found.end(), known[name])


def _read_chain(script, found, shape, known):
    at = found.start("steps")
    for step in _STEP.finditer(script, at, found.end()):
        name, keyed = step[1], step[2]
        if keyed:
            inner = keyed[1:-1].strip()
            quoted = inner[0] in "'\""
            shape = shape.key(inner[1:-1]) if quoted else shape.element()
        elif name in _OF_LISTS | _OF_TEXTS | _OF_EITHER | _OF_NUMBERS:
            _note_method(script, step, name, shape, known)
            return
        else:
            shape = shape.key(name)
    _note_use(script, found.start(), found.end(), shape)
    _note_names(script, found, shape, known)


def _note_method(script, step, name, shape, known):
    got = _GOT.match(script, step.end()) if name == "get" else None
    if got:
        _note_use(script, step.start(), got.end(), shape.key(got[1]))
    elif name in _OF_TEXTS:
        shape.kind = shape.kind or "text"
    elif name in _OF_NUMBERS:
        shape.kind = shape.kind or "number"
    elif name in _OF_LISTS:
        shape.kind = shape.kind if shape.kind == "text" else "list"
        parameter = re.match(
            r"\s*\(\s*(?:function\s*\w*\s*\(\s*(\w+)|\(?\s*(\w+)\s*(?:,\s*\w+\s*)?\)?\s*=>)",
            script[step.end() :],
        )
        if parameter and name not in ("reduce", "sort"):
            known[parameter[1] or parameter[2]] = shape.element()


def _note_use(script, start, end, shape):
    compared = _COMPARED.match(script, end)
    if compared:
        _note_comparison(shape, compared[1], literal(compared[2]))
    elif _ORDERED.search(script, max(0, start - 4), start) or _CALCULATED.match(
        script, end
    ):
        shape.kind = shape.kind or "number"
    default = _OR_ELSE.match(script, end)
    if default:
        shape.kind = shape.kind or BY_DEFAULT[default[1]]
    if script[:start].rstrip().endswith("JSON.parse("):
        shape.kind = "json"


def _note_comparison(shape, operator, value):
    if isinstance(value, bool):
        shape.compare(True, False)
    elif isinstance(value, str):
        shape.compare(value, f"not {value}")
    elif operator[0] in "<>":
        shape.compare(value + 1, value, value - 1)
    else:
        shape.compare(value, value + 1)


def _note_names(script, found, shape, known):
    before = script[: found.start()]
    alias = re.search(r"(?:var|let|const|,)\s*(\w+)\s*=\s*\(?\s*$", before)
    after = script[found.end() :].lstrip()
    if alias and (after[:1] in ";,)" or after.startswith("||") or not after):
        known.setdefault(alias[1], shape)
    each = re.search(r"for\s*\(\s*(?:var|let|const)\s+(\w+)\s+of\s*$", before)
    if each:
        known.setdefault(each[1], shape.element())
