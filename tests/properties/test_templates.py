"""Laws of templates."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from documents import Document
from podium.expressions.paths import compile_path
from podium.expressions.template import compile_template, java_string

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,8}", fullmatch=True)
anything = st.text(st.sampled_from("$${}{}.[]'ab*?@() \\\n"), max_size=40)


@given(values.filter(lambda value: "${" not in json.dumps(value)))
def test_a_value_without_expressions_resolves_to_itself(value):
    assert value is compile_template(value).resolve(Document({}))


@given(names, names, names, values)
def test_a_whole_expression_resolves_to_the_very_value(name, field, key, value):
    document = Document({name: {field: {key: value}}})

    resolved = compile_template(f"${{{name}.{field}.{key}}}").resolve(document)

    assert value is resolved or value == resolved


@given(names, names, values, st.text("ab {}"), st.text("ab {}"))
def test_an_expression_in_a_text_becomes_text(name, field, value, before, after):
    before, after = before.replace("{", ""), f" {after.replace('}', '')}"
    document = Document({name: {field: value}})

    resolved = compile_template(f"{before}${{{name}.{field}}}{after}").resolve(document)

    assert f"{before}{java_string(value)}{after}" == resolved


def _in_brackets(step):
    if isinstance(step, int):
        return f"[{step}]"
    escaped = re.sub(r"(['\\])", r"\\\1", step)
    return f"['{escaped}']"


@given(st.lists(st.text(min_size=1) | st.integers(0, 3), max_size=5))
def test_every_key_can_be_written_in_brackets(steps):
    path = compile_path("$" + "".join(map(_in_brackets, steps)))

    assert path is not None
    assert tuple(steps) == path.steps


@given(anything)
def test_no_text_makes_a_template_fail(text):
    compile_template(text).resolve(Document({"a": {"b": [1]}, "b": "x"}))


@given(anything)
def test_no_path_makes_reading_fail(text):
    document = Document({"a": {"b": [{"a": 1}], "a": {"b": "x"}}})

    compile_template(f"${{a.b{text}}}").resolve(document)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_written_as_java_does_reads_back_as_itself(value):
    assert value == float(java_string(value))
