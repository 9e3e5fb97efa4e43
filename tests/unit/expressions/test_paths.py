"""JSONPath: what is walked here, what the library answers, what is no path."""

import sys

import pytest

from podium.expressions.paths import Path, compile_path, walk

DOCUMENT = {
    "list": [{"n": 1, "t": [1, 2], "s": "abc"}, {"n": 2, "t": []}, {"m": 3}],
    "map": {"a": 1, "b": 2, "c.d": 3, "it's": 4},
    "text": "abc",
}


def _read(text, document=DOCUMENT):
    path = compile_path(text)
    value = walk(document, path.steps)
    return value if path.tail is None else path.tail(value)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("a.b.c", ("a", "b", "c")),
        ("$.a.b", ("a", "b")),
        ("$['a']['b c']", ("a", "b c")),
        (" a[0][-1].b ", ("a", 0, -1, "b")),
        ("a.['b']", ("a", "b")),
        ('a["b.c"]', ("a", "b.c")),
        (r"a['it\'s']", ("a", "it's")),
        ("a.0", ("a", "0")),
        ("$", ()),
    ],
)
def test_properties_and_indices_are_plain_steps(text, steps):
    assert Path(steps) == compile_path(text)


@pytest.mark.parametrize(
    "text",
    ["a b", "a.", "a..", ".", "$a", "a[", "a[']", "a(b)", "a.nope()", "a.length().b"],
)
def test_a_text_that_is_no_path_is_none(text):
    assert None is compile_path(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("list[1].n", 2),
        ("list[-1].m", 3),
        ("list[9]", None),
        ("list[-9]", None),
        ("list.n", None),
        ("map[0]", None),
        ("text[0]", None),
        ("map['c.d']", 3),
        (r"map['it\'s']", 4),
    ],
)
def test_a_definite_path_gives_a_value_or_null(text, expected):
    assert expected == _read(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("list[*].n", [1, 2]),
        ("map.*", [1, 2, 3, 4]),
        ("list[0:1].n", [1]),
        ("list[-2:].n", [2]),
        ("list[0, 1].n", [1, 2]),
        ("$..n", [1, 2]),
        ("$..t[0]", [1]),
        ("list[?(@.n > 1)].n", [2]),
        ("list[?(@.n == 1 && @.s == 'abc')].n", [1]),
        ("list[?(@.t.length() > 1)].n", [1]),
        ("list[?(@.s =~ /A.*/i)].n", [1]),
        ("list[?(@.m)].m", [3]),
        ("list[?(@.s == ']')].n", []),
        ("list[*]['n', 'm']", [1, 2, 3]),
        ("nothing[*]", []),
        ("text..n", []),
    ],
)
def test_an_indefinite_path_gives_a_list(text, expected):
    assert expected == _read(text)


@pytest.mark.parametrize(
    ("condition", "texts"),
    [
        ("@ =~ /b.*/", ["bcd"]),
        ("@ =~ /b[.c]./s", ["bcd"]),
        ("@ =~ /b\\n.\\n/s", ["b\nc\n"]),
        ("@ =~ /B.*/", []),
        ("@ =~ /B.*/i", ["bcd"]),
        ("@ =~ /b.*/s", ["b\nc\n", "bcd"]),
        ("@ =~ /b|bcd/", ["bcd"]),
        ("@ =~ /(/", None),
        ("@ == 1e400", None),
        (f"{'(' * 5_000}@{')' * 5_000}", None),
        ("match(@, 'bc.')", ["bcd"]),
        ("match(@, 'bc')", []),
        ("match(@, '(')", []),
        ("search(@, 'c')", ["b\nc\n", "bcd"]),
        ("search(@, 7)", []),
    ],
)
def test_a_pattern_fits_a_whole_text_or_a_part_of_it(condition, texts):
    assert texts == _read(f"$[?({condition})]", ["b\nc\n", "bcd", 7])


@pytest.mark.parametrize("condition", ["@ =~ /(a+)+/", "search(@, '^(a+)+$')"])
def test_a_pattern_comes_to_an_end_on_any_text(condition):
    """Python's engine takes twice as long for each letter more."""
    assert ["aa"] == _read(f"$[?({condition})]", ["aa", "a" * 1_000 + "!"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("map['a', 'b', 'x']", {"a": 1, "b": 2}),
        ("text['a', 'b']", None),
        ("list['a', 'b']", None),
    ],
)
def test_several_keys_at_the_end_of_a_path_make_a_map(text, expected):
    assert expected == _read(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("list.length()", 3),
        ("map.size()", 4),
        ("text.length()", None),
        ("nothing.length()", None),
        ("map.keys()", ["a", "b", "c.d", "it's"]),
        ("list.first()", {"n": 1, "t": [1, 2], "s": "abc"}),
        ("list[0].t.last()", 2),
        ("list[1].t.last()", None),
        ("list[*].n.sum()", 3.0),
        ("list[*].n.avg()", 1.5),
        ("list[*].n.min()", 1.0),
        ("list[*].n.max()", 2.0),
        ("list[*].n.stddev()", 0.5),
        ("list[*].x.sum()", None),
        ("text.sum()", None),
    ],
)
def test_a_path_may_end_in_a_function(text, expected):
    assert expected == _read(text)


def test_an_operator_that_the_library_does_not_know_makes_the_path_null():
    assert None is _read("list[?(@.n nin [1])]")


def test_plain_paths_do_not_load_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "jsonpath", None)

    assert 2 == _read("list[1].n")
