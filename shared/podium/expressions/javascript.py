"""Scripts of a definition, run in a cage (reference 3.3, 3.4, 3.6, 5.1).

Every script gets a QuickJS engine of its own, made for it and thrown away after it: a
memory limit, a stack limit and a time limit around it, nothing of the host inside it,
and nothing of the script before it.  The engine lets other threads run meanwhile.

A script goes in together with its input as one JSON text, and its value comes out as
one: so a string survives whatever is in it, and the input is a copy by nature.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any

import msgspec

from podium.errors import ExpressionFailed, ExpressionTimeout
from podium.nested import is_too_deep

TIME_LIMIT = 4
"""Seconds of its own thread's processor time that a script may take."""
MEMORY_LIMIT = 64 * 1024 * 1024
STACK_LIMIT = 1024 * 1024

# Builds the function that runs a script, from what parses its input.  It keeps what it
# needs of the globals, since the script may change them.  ``show`` is Conductor's
# conversion of results where JSON has another opinion: undefined members are null,
# functions are empty maps.
_RUNNER = """(parse => {
const {stringify} = JSON, {fromEntries} = Object, {from} = Array;
const evaluate = eval, {isView} = ArrayBuffer;
const show = (key, value) => {
  switch (typeof value) {
    case 'object':
      if (value instanceof Map) return fromEntries(value);
      return value instanceof Set || isView(value) ? from(value) : value;
    case 'undefined': return null;
    case 'string': return value.toWellFormed();
    case 'bigint': return Number(value);
    case 'function': case 'symbol': return {};
    default: return value;
  }
};
return text => {
  const [script, input] = parse(text);
  globalThis.$ = input;
  return stringify(evaluate(script), show);
};
})"""

# These methods visit every index up to ``length`` without asking whether time is up,
# and an empty array's length costs no memory: four billion steps of nothing.
_GUARD = """(() => {
const methods = ['concat', 'copyWithin', 'flat', 'join', 'reverse', 'shift', 'slice',
  'sort', 'splice', 'toLocaleString', 'unshift'];
const {apply} = Reflect, array = Array.prototype;
for (const name of methods) {
  const method = array[name];
  Object.defineProperty(array, name, {value(...given) {
    if (this.length > 8388608) throw new RangeError('invalid array length');
    for (const one of given)
      if (one?.length > 8388608) throw new RangeError('invalid array length');
    return apply(method, this, given);
  }});
}
})()"""
_MAY_MAKE_LONG_ARRAYS = re.compile(r"Array|constructor|length['\"\]]*\s*(?:=(?!=)|:)")

# To Conductor's engine the maps and lists of ``$`` are Java's, and some scripts read
# them so.  The maps get a prototype of their own, because property descriptors inherit
# from the one of all objects.
_JAVA = """(() => {
const {parse} = JSON, {create, hasOwn, keys, values, setPrototypeOf} = Object;
const {isArray} = Array;
const hidden = methods => Object.fromEntries(
  Object.entries(methods).map(([name, value]) => [name, {value, writable: true}]));
const map = create(Object.prototype, hidden({
  get(key) { return hasOwn(this, key) ? this[key] : null; },
  getOrDefault(key, other) { return hasOwn(this, key) ? this[key] : other; },
  containsKey(key) { return hasOwn(this, key); },
  isEmpty() { return keys(this).length === 0; },
  keySet() { return keys(this); },
  size() { return keys(this).length; },
  values() { return values(this); },
}));
Object.defineProperties(Array.prototype, hidden({
  contains(one) { return this.includes(one); },
  get(index) { return this[index]; },
  isEmpty() { return this.length === 0; },
  size() { return this.length; },
}));
const plain = value => value === null || typeof value !== 'object' || isArray(value);
return text => parse(text, (key, value) =>
  plain(value) ? value : setPrototypeOf(value, map));
})()"""
_MAY_CALL_JAVA = re.compile(
    r"\.\s*(?:contains(?:Key)?|get(?:OrDefault)?|isEmpty|keySet|size|values)\s*\("
)

_TOO_DEEP = "The value of a script is nested too deeply"
_SAYS = "Error evaluating the script "
_LINE = re.compile(r"^ +at (?!value \().*<input>:(\d+)", re.MULTILINE)
_WIDE_NUMBER = re.compile(r"\d{19}")
_LONG = range(-(2**63), 2**63)
_OUT_OF_MEMORY = frozenset({"null", "InternalError: out of memory", "[uninitialized]"})


def evaluate(script: str, inputs: Any) -> Any:
    """Return the value of a script, whose ``$`` is a copy of ``inputs``.

    That is the value of its last statement: a ``return`` outside a function is an
    error.  Raises :class:`ExpressionFailed`, or :class:`ExpressionTimeout` where the
    script ran out of time or memory.
    """
    try:
        document = msgspec.json.encode((script, inputs)).decode()
    except (RecursionError, UnicodeEncodeError) as failure:
        raise ExpressionFailed(
            f"The input of a script cannot be JSON: {failure}"
        ) from failure
    parse = _JAVA if _MAY_CALL_JAVA.search(script) else "JSON.parse"
    guarded = _MAY_MAKE_LONG_ARRAYS.search(script) is not None
    return _decode(_run(document, parse, guarded=guarded))


def evaluate_function_body(script: str, inputs: Any) -> Any:
    """Return what a function with this body returns (LAMBDA, reference 3.3)."""
    return evaluate(f"function scriptFun(){{{script}\n}} scriptFun();", inputs)


def is_truthy(value: Any) -> bool:
    """Tell whether a condition holds: ``true``, or a number above 0 (reference 3.6)."""
    return isinstance(value, bool | int | float) and value > 0


def is_syntax_valid(script: str) -> str | None:
    """Return what is wrong with a script's syntax, None where it is well formed.

    The script does not run: it is read as a whole before its first statement, and a
    first statement that leaves is put before it.
    """
    try:
        _run(msgspec.json.encode((f"throw 'read'; {script}", None)).decode())
    except ExpressionTimeout:
        return None
    except ExpressionFailed as failure:
        said = failure.message.removeprefix(_SAYS)
        return said if said.startswith("`SyntaxError") else None
    return None


def _run(
    document: str, parse: str = "JSON.parse", *, guarded: bool = False
) -> str | None:
    """Run a script until it has had its time.

    The engine counts the time of the whole process, so among busy threads it stops a
    script early.  Such a script starts again, with more: it has had no effect.
    """
    # The package around this module starts a thread when it is imported.
    from _quickjs import JSException  # type: ignore[import-not-found]

    allowance: float = TIME_LIMIT
    while True:
        began = time.thread_time()
        try:
            return _run_once(document, parse, allowance, guarded=guarded)
        except JSException as failure:
            said = _message(str(failure))
            if said != "InternalError: interrupted":
                raise _failure(said, str(failure)) from None
        if time.thread_time() - began > TIME_LIMIT * 0.9:
            raise ExpressionTimeout(
                f"Script not evaluated within {TIME_LIMIT} seconds, interrupted."
            )
        allowance *= 2


def _run_once(
    document: str, parse: str, allowance: float, *, guarded: bool
) -> str | None:
    from _quickjs import Context

    context = Context()
    context.set_memory_limit(MEMORY_LIMIT)
    context.set_max_stack_size(STACK_LIMIT)
    context.set_time_limit(allowance)
    run = context.eval(f"{_RUNNER}({parse})")
    if guarded:
        context.eval(_GUARD)
    result: str | None = run(document)
    return result


def _message(said: str) -> str:
    """Return the first line of the engine's message and stack."""
    return said.partition("\n")[0]


def _failure(said: str, trace: str) -> ExpressionFailed:
    """Return the error for a script that threw, in Conductor's words."""
    if said in _OUT_OF_MEMORY:
        return ExpressionTimeout(
            f"Script used more than {MEMORY_LIMIT >> 20} MB of memory, interrupted."
        )
    inside, found, _ = trace.partition("at eval (native)")
    line = _LINE.search(inside) if found else None
    where = f" at line {line[1]}" if line else ""
    return ExpressionFailed(f"{_SAYS}`{said}`{where}")


def _decode(text: str | None) -> Any:
    if text is None:
        return None
    try:
        if _WIDE_NUMBER.search(text):
            value = json.loads(text, parse_int=_int_or_double)
        else:
            value = msgspec.json.decode(text)
    except RecursionError as failure:
        raise ExpressionFailed(_TOO_DEEP) from failure
    if is_too_deep(text, value):
        raise ExpressionFailed(_TOO_DEEP)
    return value


def _int_or_double(digits: str) -> int | float:
    """Return a whole number as Conductor does: a long if it fits, else a double."""
    number = int(digits)
    return number if number in _LONG else float(number)
